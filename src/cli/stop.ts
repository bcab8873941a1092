import type { Command } from 'commander'
import { awsCommand, awsHelp, codeDeployAccess, forAwsUser } from './aws-access.ts'
import type { AwsOptions } from './aws-access.ts'

/** `rollback` is undefined when neither option was given: then the deployment's own configuration decides. */
type StopOptions = AwsOptions & { readonly rollback?: boolean }

export function stopCommand(): Command {
  return awsCommand('stop')
    .summary('stop a deployment')
    .description(
      'Stops a deployment where it is, as StopDeployment does. Whether traffic then goes back to the original task set ' +
        'is what the deployment is configured to do (auto rollback on DEPLOYMENT_STOP_ON_REQUEST), unless it is said here.',
    )
    .argument('<deployment-id>', 'the deployment, d-…')
    .option('--rollback', 'bring all traffic back to the original task set')
    .option('--no-rollback', 'leave everything as it is')
    .addHelpText('after', help)
    .action(stopDeployment)
}

const help = `
Examples:
  $ teal stop d-ABCDEF123
  $ teal stop d-ABCDEF123 --rollback
${awsHelp}`

async function stopDeployment(deploymentId: string, { rollback, ...options }: StopOptions): Promise<void> {
  const access = await codeDeployAccess(options)
  try {
    const { StopDeploymentCommand } = await import('@aws-sdk/client-codedeploy')
    const { status, statusMessage } = await access.codeDeploy.send(
      new StopDeploymentCommand({
        deploymentId,
        ...(rollback === undefined ? {} : { autoRollbackEnabled: rollback }),
      }),
    )
    const message = statusMessage === undefined ? '' : `: ${statusMessage}`
    console.log(`Stopping deployment ${deploymentId} is ${status}${message}`)
    console.log(`See \`teal deployment ${deploymentId}\`.`)
  } catch (error) {
    throw forAwsUser(error, access)
  }
}
