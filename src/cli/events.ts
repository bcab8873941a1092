import { InvalidArgumentError, type Command } from 'commander'
import type { Tiding } from '../view/deployment-view.ts'
import { shortenedArns } from '../view/surroundings.ts'
import { awsCommand, awsHelp, forAwsUser, type AwsOptions } from './aws-access.ts'
import { awsClients, type AwsClients } from './aws-clients.ts'
import { newestOf } from './deployment-finding.ts'
import { deploymentTargetOf } from './deployment-target.ts'
import { followOn } from './following.ts'
import { endWithOutput } from './output.ts'
import { allServices } from './own-services.ts'
import { describeService, serviceNamed } from './service-access.ts'
import { dateAndTime } from './text.ts'

type EventsOptions = AwsOptions & { readonly follow: boolean; readonly last: number; readonly json: boolean }

/** Something that was told: of which service or deployment. */
type Told = Tiding & { readonly of: string }

export function eventsCommand(): Command {
  return awsCommand('events')
    .summary('what services and deployments tell')
    .description(
      "Shows services' own events and what the stages of CodeDeploy's newest deployments came to, by time, the newest last.",
    )
    .argument('[service]', 'CLUSTER/SERVICE (default: all)')
    .option('--follow', 'go on with what comes, until Ctrl-C', false)
    .option('--last <number>', 'how many of what was before, at most', parseLast, 40)
    .option('--json', 'print a JSON object a line', false)
    .addHelpText('after', help)
    .action(events)
}

const help = `
Examples:
  $ teal events
  $ teal events prod/web --follow
  $ teal events --json | jq -r 'select(.of == "prod/web") | .text'
${awsHelp}`

const pauseMilliseconds = { teal: 1_000, aws: 10_000 }

async function events(text: string | undefined, { follow, last, json, ...options }: EventsOptions): Promise<void> {
  const clients = await awsClients(options)
  endWithOutput()
  const shown = new Set<string>()
  const show = (all: readonly Told[]): void => {
    for (const told of all) {
      const key = `${told.at} ${told.of} ${told.text}`
      if (!shown.has(key))
        console.log(json ? JSON.stringify({ ...told, at: new Date(told.at).toISOString() }) : line(told))
      shown.add(key)
    }
  }
  try {
    const first = await read(clients, text)
    for (const told of first.slice(0, Math.max(0, first.length - last))) shown.add(`${told.at} ${told.of} ${told.text}`)
    show(first.slice(-last || first.length))
  } catch (error) {
    throw forAwsUser(error, clients)
  }
  if (!follow) return
  const { isTeal } = await clients.about()
  const pause = isTeal ? pauseMilliseconds.teal : pauseMilliseconds.aws
  await followOn(
    async () => show(await read(clients, text)),
    () => pause,
    clients,
  )
}

function parseLast(text: string): number {
  if (!/^\d{1,6}$/.test(text)) throw new InvalidArgumentError('It is a whole number: 0 for none of what was before.')
  return Number(text)
}

function line({ at, of, text }: Told): string {
  return `${dateAndTime(new Date(at))}  ${of}  ${text}`
}

/** So many deployments are looked at; older ones have their record. */
const mostDeployments = 5

async function read(clients: AwsClients, text: string | undefined): Promise<readonly Told[]> {
  const services =
    text === undefined ? await allServices(clients) : [await describeService(clients, serviceNamed(text))]
  const names = services.map(({ clusterArn, serviceName }) => `${clusterArn?.split('/').at(-1)}/${serviceName}`)
  const ofServices = services.flatMap(({ events: all = [] }, place) =>
    all.map(({ createdAt, message = '' }): Told => {
      return { at: createdAt?.getTime() ?? 0, of: names[place] ?? '', text: shortenedArns(message) }
    }),
  )
  const newest = (await newestOf(clients, [])).slice(0, mostDeployments)
  const ofDeployments = await Promise.all(
    newest.map(async ({ deploymentId = '' }) =>
      stagesOf(clients, deploymentId, text === undefined ? undefined : names),
    ),
  )
  return [...ofServices, ...ofDeployments.flat()].toSorted((one, other) => one.at - other.at)
}

async function stagesOf(
  clients: AwsClients,
  id: string,
  names: readonly string[] | undefined,
): Promise<readonly Told[]> {
  const target = await deploymentTargetOf(clients, id)
  if (names !== undefined && !names.includes(target?.targetId?.replace(':', '/') ?? '')) return []
  return (target?.lifecycleEvents ?? []).flatMap((event) => {
    const { lifecycleEventName, status, startTime, endTime, diagnostics } = event
    const begun =
      startTime === undefined ? [] : [{ at: startTime.getTime(), of: id, text: `${lifecycleEventName} begins.` }]
    if (endTime === undefined) return begun
    const more = diagnostics?.message === undefined ? '' : ` ${diagnostics.message}`
    return [...begun, { at: endTime.getTime(), of: id, text: `${lifecycleEventName}: ${status}.${more}` }]
  })
}
