import type { Command } from 'commander'
import { awsCommand, awsHelp, forAwsUser, type AwsOptions } from './aws-access.ts'
import { awsClients, type AwsClients } from './aws-clients.ts'
import { newestRunning, wholeDeploymentId } from './deployment-finding.ts'
import { isServiceDeployment } from './deployment-id.ts'
import { requireReachable } from './wait-until.ts'
import { watch, type WatchSettings } from './watching.ts'
import { waitUntilOption, watchSettings } from './watch-settings.ts'

type WatchOptions = AwsOptions & { readonly json: boolean; readonly waitUntil: WatchSettings['until'] }

export function watchCommand(exitWith: (code: number) => void): Command {
  return awsCommand('watch')
    .summary('watch a deployment')
    .description(
      'Shows a deployment while it runs, and what rolls it back: stages, what happens next and when, blue beside green, what ' +
        'would stop it. In a terminal the screen is drawn again in place; anywhere else each thing that happens is a line.',
    )
    .argument('[deployment-id]', 'the deployment, d-… (default: the newest that runs)')
    .addOption(waitUntilOption())
    .option('--json', 'print what happens as JSON, a line each; the last one has all of it', false)
    .addHelpText('after', help)
    .action(async (id: string | undefined, options: WatchOptions) => exitWith(await watchDeployment(id, options)))
}

const help = `
Examples:
  $ teal watch
  $ teal watch d-ABCDEF123
  $ teal watch d-ABCDEF123 --wait-until traffic
  $ teal watch d-ABCDEF123 --json | jq -r '.text // empty'

Exit codes: 0 it succeeded, or what was waited for is there · 1 it could not be
watched · 3 it failed or was stopped · 130 Ctrl-C; the deployment goes on
${awsHelp}`

async function watchDeployment(id: string | undefined, { json, waitUntil, ...options }: WatchOptions): Promise<number> {
  const clients = await awsClients(options)
  const deployment = await whole(clients, id)
  requireReachable(waitUntil, isServiceDeployment(deployment) ? 'ECS' : 'CodeDeploy')
  return watch(deployment, watchSettings(clients, { json, until: waitUntil }))
}

async function whole(clients: AwsClients, id: string | undefined): Promise<string> {
  try {
    return id === undefined ? await newestRunning(clients) : await wholeDeploymentId(clients, id)
  } catch (error) {
    throw forAwsUser(error, clients)
  }
}
