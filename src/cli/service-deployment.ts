import type { ServiceDeployment } from '@aws-sdk/client-ecs'
import { linesOfFunction } from '../domain/lambda-function.ts'
import type { ServiceDeploymentRecord } from '../domain/service-deployment-record.ts'
import { isWayBack, type DeploymentView, type Suggestion } from '../view/deployment-view.ts'
import { diagnosisLines } from '../view/diagnosis-lines.ts'
import { screenLines } from '../view/screen-lines.ts'
import { serviceDeploymentView } from '../view/service-deployment-view.ts'
import { textOf } from '../view/styled.ts'
import { counted } from '../view/words.ts'
import { clientConfiguration, forAwsUser, type AwsOptions } from './aws-access.ts'
import { awsClients } from './aws-clients.ts'
import { wholeDeploymentId } from './deployment-finding.ts'
import { alarms, requests, section, targets } from './deployment-text.ts'
import { ServiceDeploymentReading } from './service-deployment-reading.ts'
import { signedUrl } from './signed-url.ts'
import { columns, spanOf, timeOfDay, wrapped } from './text.ts'

/** A deployment that ECS itself did: the API's answers, and Teal's record of it where there is one. */
export type ShownServiceDeployment = {
  readonly deployment: ServiceDeployment
  readonly view: DeploymentView
  readonly record?: ServiceDeploymentRecord
}

/** The id at the end of a service deployment's ARN, or the id itself; undefined where it is neither. */
export function serviceDeploymentId(text: string): string | undefined {
  return /^(?:arn:[^:]+:ecs:[^:]+:[^:]+:service-deployment\/\S+\/)?([0-9a-zA-Z_-]{21,})$/.exec(text)?.[1]
}

/** By its ARN, or by the end of it. */
export async function readServiceDeployment(text: string, options: AwsOptions): Promise<ShownServiceDeployment> {
  const clients = await awsClients(options)
  try {
    const record = await readRecord(serviceDeploymentId(text) ?? text, options)
    const arn = record?.serviceDeploymentArn ?? (await wholeDeploymentId(clients, text))
    const { deployment, ...seen } = await new ServiceDeploymentReading(clients, arn).seen()
    const view = withoutItself(serviceDeploymentView({ deployment, ...seen }))
    return { deployment, view, ...(record === undefined ? {} : { record }) }
  } catch (error) {
    throw forAwsUser(error, clients)
  }
}

/** What tells to look at the deployment is nothing to somebody who does. */
function withoutItself(view: DeploymentView): DeploymentView {
  const { commands, diagnosis } = view
  return {
    ...view,
    commands: commands.filter(isOther),
    diagnosis: diagnosis && { ...diagnosis, next: diagnosis.next.filter(isOther) },
  }
}

function isOther({ command }: Suggestion): boolean {
  return !command.startsWith('teal deployment ')
}

const recordPatienceMilliseconds = 10_000

/** AWS itself is not asked for what only Teal has; wherever else there is none, AWS's answers have to do. */
async function readRecord(id: string, options: AwsOptions): Promise<ServiceDeploymentRecord | undefined> {
  const { endpoint } = clientConfiguration(options)
  if (endpoint === undefined || /\.amazonaws\.com(\.cn)?$/.test(new URL(endpoint).hostname)) return undefined
  try {
    const url = await signedUrl(`${endpoint.replace(/\/$/, '')}/deployments/${id}.json`, options)
    const answer = await fetch(url, { signal: AbortSignal.timeout(recordPatienceMilliseconds) })
    const isRecord = answer.ok && answer.headers.get('content-type') === 'application/json'
    return isRecord ? ((await answer.json()) as ServiceDeploymentRecord) : undefined
  } catch {
    return undefined
  }
}

/** For people, at most 80 columns wide. */
export function serviceDeploymentText({ deployment, view, record }: ShownServiceDeployment): string {
  if (record === undefined) return textWithoutRecord(view)
  const sections = [
    header(record),
    section('Revisions', revisions(deployment)),
    section('What was decided and done, and why', steps(record)),
    section('Requests while it ran', requests(record)),
    section('Targets', targets(record)),
    section('Alarms', alarms(record)),
    section('Hooks', hooks(record)),
    ...(view.diagnosis === undefined
      ? [section('Result', result(deployment, record)), section('Next', next(record, view))]
      : [diagnosisLines(view.diagnosis, 80).map(textOf)]),
  ]
  return sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')
}

/** What AWS answers: stages that were not watched have no times, and what was decided has no words. */
function textWithoutRecord(view: DeploymentView): string {
  const lines = screenLines({ ...view, tidings: [] }, { width: 80, height: Number.POSITIVE_INFINITY }, Date.now())
  const told = view.tidings.map(({ at, text }) => [timeOfDay(new Date(at)), text])
  return [
    lines.map(textOf).join('\n'),
    section('What the service told', columns(told)).join('\n'),
    wrapped('Steps and single requests: no record of them is kept here (AWS keeps none; Teal does).', 2),
  ]
    .filter((text) => text !== '')
    .join('\n\n')
}

/** Of one that is under way, the reason is what it waits for. */
function result(
  { statusReason }: ServiceDeployment,
  { status, finishedAt }: ServiceDeploymentRecord,
): readonly string[] {
  const waits = finishedAt === undefined && statusReason !== undefined ? [statusReason] : []
  return [status, ...waits].map((text) => wrapped(`  ${text}`, 2))
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
      `${revision.runningTaskCount ?? 0} of ${counted(revision.requestedTaskCount ?? 0, 'task')} running`,
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
    ...linesOfFunction(logLines).map((line) => wrapped(`    | ${line}`, 6)),
  ])
}

function next(
  { deploymentId: id, finishedAt, hooks: all }: ServiceDeploymentRecord,
  { commands }: DeploymentView,
): readonly string[] {
  if (finishedAt !== undefined) return []
  const isWaiting = all.some(({ status }) => status === 'AWAITING_ACTION')
  return columns([
    ...(isWaiting ? [[`teal continue ${id}`, 'end the pause']] : []),
    [`teal watch ${id}`, 'how it goes'],
    ...(commands.some(isWayBack) ? [[`teal stop ${id} --rollback`, 'all traffic back to the earlier revision']] : []),
  ])
}
