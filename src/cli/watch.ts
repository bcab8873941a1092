import { Option, type Command } from 'commander'
import { awsCommand, awsHelp, forAwsUser, type AwsOptions } from './aws-access.ts'
import { awsClients, type AwsClients } from './aws-clients.ts'
import { CodeDeployReading } from './code-deploy-reading.ts'
import { stopDeployment } from './deployment-actions.ts'
import { CliError } from './exit-code.ts'
import { watch, type WatchSettings } from './watching.ts'
import { parseWaitUntil } from './wait-until.ts'

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

function waitUntilOption(): Option {
  return new Option('--wait-until <what>', 'watch until: done, traffic (all on green), or a stage, as AfterInstall')
    .argParser(parseWaitUntil)
    .default({ kind: 'done' }, 'done')
}

const help = `
Examples:
  $ teal watch
  $ teal watch d-ABCDEF123
  $ teal watch d-ABCDEF123 --wait-until traffic
  $ teal watch d-ABCDEF123 --json | jq -r .text

Exit codes: 0 it succeeded, or what was waited for is there · 1 it could not be
watched · 3 it failed or was stopped · 130 Ctrl-C; the deployment goes on
${awsHelp}`

async function watchDeployment(id: string | undefined, { json, waitUntil, ...options }: WatchOptions): Promise<number> {
  const clients = await awsClients(options)
  const deployment = id ?? (await newestRunning(clients))
  return watch(deployment, watchSettings(clients, { json, until: waitUntil }))
}

function watchSettings(clients: AwsClients, { json, until }: Pick<WatchSettings, 'json' | 'until'>): WatchSettings {
  return {
    clients,
    json,
    until,
    watchable: (id) => new CodeDeployReading(clients, id),
    stop: (id, rollback) => stopDeployment(clients, id, rollback),
  }
}

async function newestRunning(clients: AwsClients): Promise<string> {
  const { BatchGetDeploymentsCommand, ListDeploymentsCommand } = await import('@aws-sdk/client-codedeploy')
  try {
    const { deployments = [] } = await clients.codeDeploy.send(
      new ListDeploymentsCommand({ includeOnlyStatuses: ['Created', 'Queued', 'InProgress', 'Ready'] }),
    )
    if (deployments.length === 0) {
      throw new CliError(
        `no deployment is running at ${clients.endpoint()}. \`teal deployments\` lists those that have ended.`,
      )
    }
    const { deploymentsInfo = [] } = await clients.codeDeploy.send(
      new BatchGetDeploymentsCommand({ deploymentIds: deployments.slice(0, 25) }),
    )
    const times = deploymentsInfo.toSorted((one, other) => Number(other.createTime) - Number(one.createTime))
    return times[0]?.deploymentId ?? deployments[0] ?? ''
  } catch (error) {
    throw forAwsUser(error, clients)
  }
}
