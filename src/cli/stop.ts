import type { Command } from 'commander'
import { awsCommand, awsHelp, forAwsUser } from './aws-access.ts'
import type { AwsOptions } from './aws-access.ts'
import { awsClients } from './aws-clients.ts'
import { stopDeployment } from './deployment-actions.ts'
import { wholeDeploymentId } from './deployment-finding.ts'

/** `rollback` is undefined when neither option was given: then the deployment's own configuration decides. */
type StopOptions = AwsOptions & { readonly rollback?: boolean; readonly json: boolean }

export function stopCommand(): Command {
  return awsCommand('stop')
    .summary('stop a deployment')
    .description(
      'Stops a deployment where it is, as StopDeployment does. Whether traffic then goes back to the original task set ' +
        'is what the deployment is configured to do (auto rollback on DEPLOYMENT_STOP_ON_REQUEST), unless it is said here.',
    )
    .argument('<deployment-id>', 'the deployment: d-…, or the ARN of a service deployment or its end')
    .option('--rollback', 'bring all traffic back to the original task set')
    .option('--no-rollback', 'leave everything as it is')
    .option('--json', 'print it as JSON', false)
    .addHelpText('after', help)
    .action(stop)
}

const help = `
Examples:
  $ teal stop d-ABCDEF123
  $ teal stop d-ABCDEF123 --rollback
${awsHelp}`

async function stop(text: string, { rollback, json, ...options }: StopOptions): Promise<void> {
  const clients = await awsClients(options)
  try {
    const id = await wholeDeploymentId(clients, text)
    const told = await stopDeployment(clients, id, rollback)
    if (json) console.log(JSON.stringify({ deploymentId: id, told }))
    else console.log(`${told}\nSee \`teal deployment ${text}\`, or \`teal watch ${text}\`.`)
  } catch (error) {
    throw forAwsUser(error, clients)
  }
}
