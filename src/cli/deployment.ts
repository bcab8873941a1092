import type { DeploymentInfo, ECSTarget } from '@aws-sdk/client-codedeploy'
import type { Command } from 'commander'
import type { DeploymentRecord } from '../domain/deployment-record.ts'
import type { Looked } from '../domain/preflight/facts.ts'
import { afterRollback } from '../view/after-rollback.ts'
import type { DeploymentView, Diagnosis } from '../view/deployment-view.ts'
import { awsCommand, awsHelp, forAwsUser, type AwsOptions } from './aws-access.ts'
import { awsClients, look, type AwsClients } from './aws-clients.ts'
import { CodeDeployReading } from './code-deploy-reading.ts'
import { deploymentText } from './deployment-text.ts'
import { deploymentTargetOf } from './deployment-target.ts'
import { CliError } from './exit-code.ts'
import { signedUrl } from './signed-url.ts'
import { readServiceDeployment, serviceDeploymentId, serviceDeploymentText } from './service-deployment.ts'

type DeploymentOptions = AwsOptions & { readonly json: boolean }

export function deploymentCommand(): Command {
  return awsCommand('deployment')
    .summary('show a deployment: stages, reasons, requests')
    .description(
      'Shows a deployment: its stages, its task sets, what was decided and why, what became of requests meanwhile, its ' +
        'hooks, its result, and what to type next. Stages and task sets come through the AWS API; steps and requests, ' +
        'which AWS does not tell, from the record Teal keeps at /deployments/ID.json of its endpoint. A deployment that ECS ' +
        "itself did is shown from AWS's answers where there is no record.",
    )
    .argument('<deployment-id>', 'the deployment: d-…, or the ARN of a service deployment or its end')
    .option('--json', 'print all of it as JSON: deployment, target, record', false)
    .addHelpText('after', help)
    .action(deployment)
}

const help = `
Examples:
  $ teal deployment d-ABCDEF123
  $ teal deployment d-ABCDEF123 --json | jq .record.traffic.totals
  $ teal deployment arn:aws:ecs:…:service-deployment/prod/web/NCWGC2ZR-taawPAY…
${awsHelp}`

async function deployment(deploymentId: string, { json, ...options }: DeploymentOptions): Promise<void> {
  if (serviceDeploymentId(deploymentId) !== undefined) {
    const shown = await readServiceDeployment(deploymentId, options)
    console.log(json ? JSON.stringify(shown, undefined, 2) : serviceDeploymentText(shown))
    return
  }
  const clients = await awsClients(options)
  try {
    const shown = await everythingOf(clients, deploymentId, options)
    console.log(json ? JSON.stringify(shown, undefined, 2) : deploymentText(shown))
  } catch (error) {
    throw forAwsUser(error, clients)
  }
}

/**
 * Everything there is to show. `target` is absent until the deployment has started, `record` where none is offered, and
 * `diagnosis` where nothing went wrong.
 */
export type ShownDeployment = {
  readonly endpoint: string
  readonly region: string
  readonly deployment: DeploymentInfo
  readonly target?: ECSTarget
  readonly record?: DeploymentRecord
  readonly diagnosis?: Looked<Diagnosis>
}

async function everythingOf(clients: AwsClients, deploymentId: string, options: AwsOptions): Promise<ShownDeployment> {
  const { GetDeploymentCommand } = await import('@aws-sdk/client-codedeploy')
  const { deploymentInfo } = await clients.codeDeploy.send(new GetDeploymentCommand({ deploymentId }))
  if (deploymentInfo === undefined) throw new CliError(`${clients.endpoint()} answers nothing about ${deploymentId}.`)
  const [target, record, diagnosis] = await Promise.all([
    deploymentTargetOf(clients, deploymentId),
    readRecord(clients.endpoint(), deploymentId, options),
    diagnosisOf(clients, deploymentInfo),
  ])
  return {
    endpoint: clients.endpoint(),
    region: await clients.region(),
    deployment: deploymentInfo,
    ...(target === undefined ? {} : { target }),
    ...(record === undefined ? {} : { record }),
    ...(diagnosis === undefined ? {} : { diagnosis }),
  }
}

/** What is around it may be gone since, or not for everybody's eyes: the rest is shown all the same. */
async function diagnosisOf(
  clients: AwsClients,
  { deploymentId = '', status, rollbackInfo }: DeploymentInfo,
): Promise<Looked<Diagnosis> | undefined> {
  if (status !== 'Failed' && status !== 'Stopped') return undefined
  const view = (id: string): Promise<DeploymentView> => new CodeDeployReading(clients, id).view()
  return look(clients, async () => {
    const back = rollbackInfo?.rollbackDeploymentId
    const original = await view(deploymentId)
    const { diagnosis } = back === undefined ? original : afterRollback(original, await view(back))
    return diagnosis && withoutItself(diagnosis, deploymentId)
  })
}

/** What tells to look at the deployment is nothing to somebody who does. */
function withoutItself(diagnosis: Diagnosis, deploymentId: string): Diagnosis {
  return { ...diagnosis, next: diagnosis.next.filter(({ command }) => command !== `teal deployment ${deploymentId}`) }
}

const recordPatienceMilliseconds = 10_000

/** AWS itself is not asked for what only Teal has. */
async function readRecord(
  endpoint: string,
  deploymentId: string,
  options: AwsOptions,
): Promise<DeploymentRecord | undefined> {
  if (/\.amazonaws\.com(\.cn)?$/.test(new URL(endpoint).hostname)) return undefined
  const signal = AbortSignal.timeout(recordPatienceMilliseconds)
  try {
    const url = await signedUrl(`${endpoint}/deployments/${deploymentId}.json`, options)
    const answer = await fetch(url, { signal })
    const isRecord = answer.ok && answer.headers.get('content-type') === 'application/json'
    return isRecord ? ((await answer.json()) as DeploymentRecord) : undefined
  } catch {
    return undefined
  }
}
