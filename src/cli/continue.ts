import { Option } from 'commander'
import type { Command } from 'commander'
import { awsCommand, awsHelp, codeDeployAccess, forAwsUser } from './aws-access.ts'
import type { AwsOptions, CodeDeployAccess } from './aws-access.ts'
import { CliError } from './exit-code.ts'

type ContinueOptions = AwsOptions & { readonly waitType?: WaitType }
type WaitType = 'READY_WAIT' | 'TERMINATION_WAIT'

export function continueCommand(): Command {
  return awsCommand('continue')
    .summary('end the wait a deployment is in')
    .description(
      'Ends the wait that a deployment is in, as ContinueDeployment does: the one before production traffic is shifted ' +
        '(READY_WAIT), or the one before the original task set is terminated (TERMINATION_WAIT).',
    )
    .argument('<deployment-id>', 'the deployment, d-…')
    .addOption(
      new Option('--wait-type <type>', 'which wait (default: the one it is in)').choices([
        'READY_WAIT',
        'TERMINATION_WAIT',
      ]),
    )
    .addHelpText('after', help)
    .action(continueDeployment)
}

const help = `
Examples:
  $ teal continue d-ABCDEF123
  $ teal continue d-ABCDEF123 --wait-type TERMINATION_WAIT
${awsHelp}`

async function continueDeployment(deploymentId: string, options: ContinueOptions): Promise<void> {
  const access = await codeDeployAccess(options)
  try {
    const { ContinueDeploymentCommand } = await import('@aws-sdk/client-codedeploy')
    const waitType = options.waitType ?? (await currentWait(access, deploymentId))
    await access.codeDeploy.send(new ContinueDeploymentCommand({ deploymentId, deploymentWaitType: waitType }))
    console.log(
      waitType === 'READY_WAIT'
        ? `Deployment ${deploymentId} goes on: production traffic is shifted now.`
        : `Deployment ${deploymentId} goes on: the original task set is terminated now.`,
    )
  } catch (error) {
    throw forAwsUser(error, access)
  }
}

async function currentWait({ codeDeploy }: CodeDeployAccess, deploymentId: string): Promise<WaitType> {
  const { GetDeploymentCommand } = await import('@aws-sdk/client-codedeploy')
  const { deploymentInfo } = await codeDeploy.send(new GetDeploymentCommand({ deploymentId }))
  if (deploymentInfo?.status === 'Ready') return 'READY_WAIT'
  const isOver = deploymentInfo?.completeTime !== undefined
  if (!isOver && deploymentInfo?.instanceTerminationWaitTimeStarted === true) return 'TERMINATION_WAIT'
  throw new CliError(
    `deployment ${deploymentId} is ${deploymentInfo?.status} and in no wait that could be ended. See \`teal deployment ${deploymentId}\`.`,
  )
}
