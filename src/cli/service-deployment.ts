import type { ServiceDeployment } from '@aws-sdk/client-ecs'
import type { ServiceDeploymentRecord } from '../domain/service-deployment-record.ts'
import { isWrittenByFunction } from '../domain/lambda-function.ts'
import { clientConfiguration, forAwsUser } from './aws-access.ts'
import type { AwsOptions } from './aws-access.ts'
import { alarms, requests, section, targets } from './deployment-text.ts'
import { CliError } from './exit-code.ts'
import { signedUrl } from './signed-url.ts'
import { columns, spanOf, timeOfDay, wrapped } from './text.ts'

/** A deployment that ECS itself did: the API's answer, and Teal's record of it. */
export type ShownServiceDeployment = {
  readonly deployment: ServiceDeployment
  readonly record: ServiceDeploymentRecord
}

/** The id at the end of a service deployment's ARN, or the id itself; undefined where it is neither. */
export function serviceDeploymentId(text: string): string | undefined {
  return /^(?:arn:[^:]+:ecs:[^:]+:[^:]+:service-deployment\/\S+\/)?([0-9a-f]{21})$/.exec(text)?.[1]
}

/** Only Teal finds one by its id alone: the record says whose it is, and the API the rest. */
export async function readServiceDeployment(id: string, options: AwsOptions): Promise<ShownServiceDeployment> {
  const configuration = clientConfiguration(options)
  const endpoint = configuration.endpoint
  if (endpoint === undefined) {
    throw new CliError(
      'AWS keeps no record of service deployments. Set AWS_ENDPOINT_URL (or --endpoint-url) to where Teal is.',
    )
  }
  try {
    const record = await readRecord(endpoint, id, options)
    const { ECSClient, DescribeServiceDeploymentsCommand } = await import('@aws-sdk/client-ecs')
    const region = record.serviceDeploymentArn.split(':')[3] ?? ''
    const ecs = new ECSClient({ ...configuration, region, maxAttempts: 2 })
    const input = { serviceDeploymentArns: [record.serviceDeploymentArn] }
    const { serviceDeployments = [] } = await ecs.send(new DescribeServiceDeploymentsCommand(input))
    return { deployment: serviceDeployments[0] ?? {}, record }
  } catch (error) {
    const cause = error instanceof TypeError ? error.cause : error
    throw forAwsUser(cause, { endpoint: () => endpoint })
  }
}

async function readRecord(endpoint: string, id: string, options: AwsOptions): Promise<ServiceDeploymentRecord> {
  const url = await signedUrl(`${endpoint.replace(/\/$/, '')}/deployments/${id}.json`, options)
  const answer = await fetch(url, { signal: AbortSignal.timeout(10_000) })
  if (answer.status === 403) throw new CliError(refusedText(endpoint, await answer.text()))
  if (!answer.ok) {
    throw new CliError(
      `there is no service deployment ${id} at ${endpoint}. \`aws ecs list-service-deployments --service NAME\` lists a service's.`,
    )
  }
  return (await answer.json()) as ServiceDeploymentRecord
}

/** Teal says why: no signature, another key. */
function refusedText(endpoint: string, answer: string): string {
  const why = /"message":\s*"([^"]+)"/i.exec(answer)?.[1] ?? /<Message>([^<]+)/.exec(answer)?.[1] ?? answer.trim()
  return `${endpoint} refuses to tell: ${why}`
}

/** For people, at most 80 columns wide. */
export function serviceDeploymentText({ deployment, record }: ShownServiceDeployment): string {
  const sections = [
    header(record),
    section('Revisions', revisions(deployment)),
    section('What was decided and done, and why', steps(record)),
    section('Requests while it ran', requests(record)),
    section('Targets', targets(record)),
    section('Alarms', alarms(record)),
    section('Hooks', hooks(record)),
    section('Result', [
      wrapped(`  ${record.status}${record.statusReason === undefined ? '' : `, ${record.statusReason}`}`, 2),
    ]),
    section('Next', next(record)),
  ]
  return sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')
}

function header({
  deploymentId,
  serviceDeploymentArn,
  strategy,
  status,
  createdAt,
  finishedAt,
}: ServiceDeploymentRecord) {
  const [cluster = '', service = ''] = serviceDeploymentArn.split('/').slice(-3)
  const took = finishedAt === undefined ? '' : `, took ${spanOf(Date.parse(finishedAt) - Date.parse(createdAt))}`
  return [
    `Service deployment ${deploymentId}: ${status}`,
    wrapped(`  service ${service}, cluster ${cluster}, ${strategy}`, 4),
    `  created ${createdAt}${took}`,
  ]
}

function revisions({ sourceServiceRevisions = [], targetServiceRevision }: ServiceDeployment): readonly string[] {
  const all = [
    ...sourceServiceRevisions.map((revision) => ['source', revision] as const),
    ...(targetServiceRevision === undefined ? [] : [['target', targetServiceRevision] as const]),
  ]
  return columns(
    all.map(([label, revision]) => [
      label,
      revision.arn?.split('/').at(-1) ?? '',
      `${revision.runningTaskCount ?? 0} of ${revision.requestedTaskCount ?? 0} tasks running`,
      revision.requestedProductionTrafficWeight === undefined
        ? ''
        : `${revision.requestedProductionTrafficWeight}% of traffic`,
    ]),
  )
}

/** A stage has its line where it begins. */
function steps({ steps: all }: ServiceDeploymentRecord): readonly string[] {
  return columns(
    all.map(({ begunAt, endedAt, sentence }) => {
      const span = endedAt === undefined ? '…' : spanOf(Date.parse(endedAt) - Date.parse(begunAt))
      return [timeOfDay(new Date(begunAt)), span.padStart(8), sentence]
    }),
  )
}

function hooks({ hooks: all }: ServiceDeploymentRecord): readonly string[] {
  return all.flatMap(({ lifecycleStage, targetType, targetArn, hookId, status, because, logLines = [] }) => [
    wrapped(
      `  ${lifecycleStage}: ${targetType === 'PAUSE' ? hookId : targetArn}, ${status}${because === undefined ? '' : `; ${because}`}`,
      4,
    ),
    ...logLines.filter(isWrittenByFunction).map((line) => wrapped(`    | ${line.replaceAll('\t', ' ')}`, 6)),
  ])
}

function next({ deploymentId, serviceDeploymentArn, finishedAt, hooks: all }: ServiceDeploymentRecord) {
  if (finishedAt !== undefined) return []
  const waiting = all.filter(({ status }) => status === 'AWAITING_ACTION')
  const arn = `--service-deployment-arn ${serviceDeploymentArn}`
  return [
    `  teal deployment ${deploymentId}`,
    ...waiting.map(({ hookId }) => `  aws ecs continue-service-deployment ${arn} --hook-id ${hookId}`),
    `  aws ecs stop-service-deployment ${arn}`,
  ]
}
