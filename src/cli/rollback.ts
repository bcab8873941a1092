import type { DeploymentInfo, RevisionLocation } from '@aws-sdk/client-codedeploy'
import type { Command } from 'commander'
import { createHash } from 'node:crypto'
import { registeredAppSpec } from '../console/app-spec-text.ts'
import { awsHelp, forAwsUser, type AwsOptions } from './aws-access.ts'
import { awsClients, type AwsClients } from './aws-clients.ts'
import { isConfirmed } from './confirmation.ts'
import { stopDeployment } from './deployment-actions.ts'
import { newestOf } from './deployment-finding.ts'
import { deploymentTargetOf, isTerminatingBlue } from './deployment-target.ts'
import { findGroupName, groupCommand, type GroupName, type GroupOptions } from './deployment-group-access.ts'
import { readDeploymentFiles } from './deployment-files.ts'
import { CliError, exitCode } from './exit-code.ts'
import { ecsServiceNamed } from './own-services.ts'
import type { ServiceName } from './service-access.ts'
import { serviceRollback } from './service-rollback.ts'
import { dateAndTime } from './text.ts'
import { requireReachable } from './wait-until.ts'
import { waitUntilOption, watchSettings } from './watch-settings.ts'
import { watch, type WaitUntil } from './watching.ts'

type RollbackOptions = AwsOptions &
  GroupOptions & {
    readonly yes: boolean
    readonly dryRun: boolean
    readonly wait: boolean
    readonly json: boolean
    readonly waitUntil: WaitUntil
  }

/** What a rollback would do: said before it is done. `perform` answers the id of the deployment to watch. */
export type RollbackPlan = { readonly preview: readonly string[]; readonly perform: () => Promise<string> }

export function rollbackCommand(exitWith: (code: number) => void): Command {
  return groupCommand('rollback')
    .summary('go back to the last good revision')
    .description(
      'Goes back: a deployment that runs is stopped and rolled back; otherwise the last revision that was deployed with success ' +
        'before the one that is live is deployed again. Says what it will do, and asks first.',
    )
    .option('--yes', 'do not ask', false)
    .option('--dry-run', 'say what it would do, and do nothing', false)
    .addOption(waitUntilOption())
    .option('--no-wait', 'begin, print the id of the deployment, and end')
    .option('--json', 'print what happens, or would happen, as JSON, a line each', false)
    .addHelpText('after', help)
    .action(async (options: RollbackOptions) => {
      exitWith(await rollback(options))
    })
}

const help = `
Examples:
  $ teal rollback
  $ teal rollback --dry-run
  $ teal rollback --service prod/web --yes

Exit codes: 0 it went back · 1 it did not begin, or the answer was no · 2 wrong
usage · 3 the deployment that goes back failed
${awsHelp}`

async function rollback(options: RollbackOptions): Promise<number> {
  const clients = await awsClients(options)
  try {
    const service = await ecsServiceNamed(clients, options.service)
    requireReachable(options.waitUntil, service === undefined ? 'CodeDeploy' : 'ECS')
    const plan = await planOf(clients, service, options)
    for (const line of plan.preview) console.error(line)
    if (options.dryRun) {
      if (options.json) console.log(JSON.stringify({ plan: plan.preview }))
      return exitCode.ok
    }
    if (!options.yes && !(await isConfirmed('Go back?'))) {
      console.error('Nothing was changed.')
      return exitCode.failed
    }
    const id = await plan.perform()
    if (options.wait) return await watchBack(clients, id, options)
    console.log(options.json ? JSON.stringify({ deploymentId: id }) : id)
    return exitCode.ok
  } catch (error) {
    throw forAwsUser(error, clients)
  }
}

/** One that is stopped ends without success, and that is what was wanted here. */
async function watchBack(clients: AwsClients, id: string, { json, waitUntil }: RollbackOptions): Promise<number> {
  return watch(id, { ...watchSettings(clients, { json, until: waitUntil }), isGoingBack: true })
}

async function planOf(
  clients: AwsClients,
  service: ServiceName | undefined,
  options: RollbackOptions,
): Promise<RollbackPlan> {
  if (service !== undefined) return serviceRollback(clients, service)
  const group = await findGroupName(clients, options, readDeploymentFiles({}).group)
  const [running] = await newestOf(clients, ['Created', 'Queued', 'InProgress', 'Ready'], group)
  if (running !== undefined) return planForRunning(clients, running)
  return redeployPlan(clients, group)
}

async function planForRunning(clients: AwsClients, running: DeploymentInfo): Promise<RollbackPlan> {
  const { deploymentId = '', status, creator } = running
  // One that is stopped on its way back would leave the traffic where it just is.
  if (creator === 'codeDeployRollback') {
    return {
      preview: [`Deployment ${deploymentId} brings all traffic back to blue already: nothing more is done.`],
      perform: () => Promise.resolve(deploymentId),
    }
  }
  const target = await deploymentTargetOf(clients, deploymentId)
  if (isTerminatingBlue(target)) {
    throw new CliError(
      `deployment ${deploymentId} cannot be taken back any more: all traffic is on green, and blue is being terminated. ` +
        `Once it is over (teal watch ${deploymentId}), teal rollback deploys the revision before it again.`,
    )
  }
  return {
    preview: [
      `Deployment ${deploymentId} is ${status}.`,
      'It will be stopped. Another deployment then gives all traffic back to blue and takes green away.',
    ],
    perform: async () => {
      console.error(await stopDeployment(clients, deploymentId, true))
      return deploymentId
    },
  }
}

/** Of a revision that CodeDeploy was given as text, it is known by the digest of that text. */
async function redeployPlan(clients: AwsClients, group: GroupName): Promise<RollbackPlan> {
  const good = (await newestOf(clients, ['Succeeded'], group)).filter(({ creator }) => creator !== 'codeDeployRollback')
  const [live] = good
  const before = good.find(({ revision }) => keyOf(revision) !== keyOf(live?.revision))
  if (live === undefined || before?.revision === undefined) {
    throw new CliError(
      `${group.applicationName}/${group.deploymentGroupName} has no earlier revision that was deployed with success. ` +
        'Deploy the one you want: teal deploy --task-definition FAMILY:REVISION',
    )
  }
  const revision = await wholeRevision(clients, group, before.revision)
  const definition = /TaskDefinition"?\s*:\s*"?([^\s",]+)/.exec(revision.appSpecContent?.content ?? '')?.[1]
  const when = before.completeTime === undefined ? '' : `, of ${dateAndTime(before.completeTime)}`
  return {
    preview: [
      `Live is the revision of deployment ${live.deploymentId}.`,
      `The revision of deployment ${before.deploymentId}${when}, will be deployed again` +
        `${definition === undefined ? '' : `: ${definition.split('/').at(-1)}`}.`,
      `It goes as every deployment of ${group.applicationName}/${group.deploymentGroupName}: with its hooks, shifts and waits.`,
    ],
    perform: async () => {
      const { CreateDeploymentCommand } = await import('@aws-sdk/client-codedeploy')
      const description = `teal rollback: the revision of ${before.deploymentId} again`
      const { deploymentId } = await clients.codeDeploy.send(
        new CreateDeploymentCommand({ ...group, revision, description }),
      )
      return deploymentId ?? ''
    },
  }
}

function keyOf(revision: RevisionLocation | undefined): string {
  const { appSpecContent, string, s3Location } = revision ?? {}
  return appSpecContent?.sha256 ?? string?.sha256 ?? JSON.stringify(s3Location ?? {})
}

/** GetDeployment leaves an AppSpec's text out; the registered revision has it. */
async function wholeRevision(
  { codeDeploy }: AwsClients,
  { applicationName }: GroupName,
  revision: RevisionLocation,
): Promise<RevisionLocation> {
  if (revision.s3Location !== undefined) return revision
  const content = await registeredAppSpec(codeDeploy, applicationName, revision)
  if (content === undefined) {
    throw new CliError(
      'the AppSpec of the last good revision is not answered any more. Deploy the one you want: teal deploy --task-definition FAMILY:REVISION',
    )
  }
  const sha256 = createHash('sha256').update(content).digest('hex')
  return { revisionType: 'AppSpecContent', appSpecContent: { content, sha256 } }
}
