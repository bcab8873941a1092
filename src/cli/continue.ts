import { Option } from 'commander'
import type { Command } from 'commander'
import { awsCommand, awsHelp, forAwsUser } from './aws-access.ts'
import type { AwsOptions } from './aws-access.ts'
import { awsClients, type AwsClients } from './aws-clients.ts'
import { wholeDeploymentId } from './deployment-finding.ts'
import { isServiceDeployment } from './deployment-id.ts'
import { CliError } from './exit-code.ts'

type ContinueOptions = AwsOptions & { readonly waitType?: WaitType; readonly json: boolean }
type WaitType = 'READY_WAIT' | 'TERMINATION_WAIT'

export function continueCommand(): Command {
  return awsCommand('continue')
    .summary('end the wait a deployment is in')
    .description(
      'Ends the wait that a deployment is in, as ContinueDeployment does: the one before production traffic is shifted ' +
        '(READY_WAIT), or the one before the original task set is terminated (TERMINATION_WAIT). Of a deployment of ECS ' +
        'itself, the pause of a hook.',
    )
    .argument('<deployment-id>', 'the deployment: d-…, or the ARN of a service deployment or its end')
    .addOption(
      new Option('--wait-type <type>', 'which wait (default: the one it is in)').choices([
        'READY_WAIT',
        'TERMINATION_WAIT',
      ]),
    )
    .option('--json', 'print it as JSON', false)
    .addHelpText('after', help)
    .action(continueDeployment)
}

const help = `
Examples:
  $ teal continue d-ABCDEF123
  $ teal continue d-ABCDEF123 --wait-type TERMINATION_WAIT
${awsHelp}`

async function continueDeployment(text: string, { waitType, json, ...options }: ContinueOptions): Promise<void> {
  const clients = await awsClients(options)
  try {
    const id = await wholeDeploymentId(clients, text)
    const ended = isServiceDeployment(id) ? await endPause(clients, id) : await endWait(clients, id, waitType)
    console.log(json ? JSON.stringify({ deploymentId: id, ended }) : `Deployment ${text} goes on: ${sentences[ended]}.`)
  } catch (error) {
    throw forAwsUser(error, clients)
  }
}

const sentences = {
  READY_WAIT: 'production traffic is shifted now',
  TERMINATION_WAIT: 'the original task set is terminated now',
  PAUSE: 'its pause is over',
} as const

async function endWait(clients: AwsClients, deploymentId: string, given: WaitType | undefined): Promise<WaitType> {
  const { ContinueDeploymentCommand } = await import('@aws-sdk/client-codedeploy')
  const waitType = given ?? (await currentWait(clients, deploymentId))
  await clients.codeDeploy.send(new ContinueDeploymentCommand({ deploymentId, deploymentWaitType: waitType }))
  return waitType
}

/** Of ECS's own deployments: all hooks that somebody has to continue. */
async function endPause({ ecs }: AwsClients, serviceDeploymentArn: string): Promise<'PAUSE'> {
  const { ContinueServiceDeploymentCommand, DescribeServiceDeploymentsCommand } = await import('@aws-sdk/client-ecs')
  const input = { serviceDeploymentArns: [serviceDeploymentArn] }
  const { serviceDeployments: [deployment] = [] } = await ecs.send(new DescribeServiceDeploymentsCommand(input))
  const waiting = (deployment?.lifecycleHookDetails ?? []).filter(({ status }) => status === 'AWAITING_ACTION')
  if (waiting.length === 0) {
    throw new CliError(`deployment ${serviceDeploymentArn.split('/').at(-1)} is ${deployment?.status} and in no pause.`)
  }
  for (const { hookId } of waiting) {
    await ecs.send(new ContinueServiceDeploymentCommand({ serviceDeploymentArn, hookId }))
  }
  return 'PAUSE'
}

async function currentWait({ codeDeploy }: AwsClients, deploymentId: string): Promise<WaitType> {
  const { GetDeploymentCommand } = await import('@aws-sdk/client-codedeploy')
  const { deploymentInfo } = await codeDeploy.send(new GetDeploymentCommand({ deploymentId }))
  if (deploymentInfo?.status === 'Ready') return 'READY_WAIT'
  const isOver = deploymentInfo?.completeTime !== undefined
  if (!isOver && deploymentInfo?.instanceTerminationWaitTimeStarted === true) return 'TERMINATION_WAIT'
  throw new CliError(
    `deployment ${deploymentId} is ${deploymentInfo?.status} and in no wait that could be ended. See \`teal deployment ${deploymentId}\`.`,
  )
}
