import type { Command } from 'commander'
import type { DeploymentView, SideView } from '../view/deployment-view.ts'
import { figure } from '../view/words.ts'
import { awsCommand, awsHelp, forAwsUser, type AwsOptions } from './aws-access.ts'
import { awsClients, type AwsClients } from './aws-clients.ts'
import { newestOf, wholeDeploymentId } from './deployment-finding.ts'
import { CliError } from './exit-code.ts'
import { table } from './text.ts'
import { watchableOf } from './watch-settings.ts'

type RequestsOptions = AwsOptions & { readonly json: boolean }

export function requestsCommand(): Command {
  return awsCommand('requests')
    .summary('the account of requests by revision')
    .description(
      'Shows what became of the requests since a deployment began, by the revision that got them: how many, how many failed, ' +
        'how long they took. The numbers are those of CloudWatch, to the minute. `teal deployment` tells, with Teal, each outcome.',
    )
    .argument('[deployment-id]', 'the deployment (default: the newest of CodeDeploy)')
    .option('--json', 'print it as JSON', false)
    .addHelpText('after', help)
    .action(requests)
}

const help = `
Examples:
  $ teal requests
  $ teal requests d-ABCDEF123 --json |
      jq '.[] | {colour, requests: .traffic.requests}'
${awsHelp}`

async function requests(id: string | undefined, { json, ...options }: RequestsOptions): Promise<void> {
  const clients = await awsClients(options)
  try {
    const view = await watchableOf(clients, await idOf(clients, id)).view()
    if (json) console.log(JSON.stringify(view.sides, undefined, 2))
    else console.log(requestsText(view))
  } catch (error) {
    throw forAwsUser(error, clients)
  }
}

async function idOf(clients: AwsClients, id: string | undefined): Promise<string> {
  if (id !== undefined) return wholeDeploymentId(clients, id)
  const [newest] = await newestOf(clients, [])
  if (newest?.deploymentId !== undefined) return newest.deploymentId
  throw new CliError(`there are no deployments of CodeDeploy at ${clients.endpoint()}.`)
}

function requestsText({ id, status, sides }: DeploymentView): string {
  const rows = sides.map(({ colour, targetGroup, runs, traffic }) => [
    colour,
    targetGroup,
    runs ?? '',
    traffic === undefined ? 'not known' : figure(traffic.requests),
    traffic === undefined ? '' : figure(traffic.errors),
    timeIn(traffic?.p50Milliseconds),
    timeIn(traffic?.p99Milliseconds),
  ])
  const heading = ['', 'TARGET GROUP', 'RUNS', 'REQUESTS', 'FAILED', 'P50 NOW', 'P99 NOW']
  return [`Requests since ${id} began (${status})`, ...table([heading, ...rows]), `  ${sum(sides)}`].join('\n')
}

function sum(sides: readonly SideView[]): string {
  const [requestCount, failed] = (['requests', 'errors'] as const).map((name) =>
    sides.reduce((total, { traffic }) => total + (traffic?.[name] ?? 0), 0),
  )
  return `${figure(failed ?? 0)} failed of ${figure(requestCount ?? 0)}`
}

function timeIn(milliseconds: number | undefined): string {
  return milliseconds === undefined ? '' : `${figure(Math.round(milliseconds * 10) / 10)} ms`
}
