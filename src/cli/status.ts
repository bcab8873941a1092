import type { Service } from '@aws-sdk/client-ecs'
import type { Command } from 'commander'
import { serviceStatusLines } from '../view/service-status-lines.ts'
import { serviceStatus, type ServiceStatus } from '../view/service-status.ts'
import { awsCommand, awsHelp, forAwsUser, type AwsOptions } from './aws-access.ts'
import { awsClients, type AwsClients } from './aws-clients.ts'
import { forwardsTo } from './forwards.ts'
import { isColoured, painted } from './screen.ts'
import { allServices } from './own-services.ts'
import { describeService, serviceNamed } from './service-access.ts'
import { SurroundingsReading } from './surroundings-reading.ts'

type StatusOptions = AwsOptions & { readonly cluster?: string; readonly json: boolean }

export function statusCommand(): Command {
  return awsCommand('status')
    .summary('show services: what is live, weights, health')
    .description(
      'Shows services as they are now: what runs, which target group is live behind which listener and with what share, ' +
        'the health of its targets, requests a second, and the last event.',
    )
    .argument('[service]', 'CLUSTER/SERVICE (default: all)')
    .option('--cluster <name>', 'the services of this cluster')
    .option('--json', 'print it as JSON', false)
    .addHelpText('after', help)
    .action(status)
}

const help = `
Examples:
  $ teal status
  $ teal status prod/web
  $ teal status --json | jq '.[] | select(.running < .desired)'
${awsHelp}`

async function status(text: string | undefined, { cluster, json, ...options }: StatusOptions): Promise<void> {
  const clients = await awsClients(options)
  try {
    const services =
      text === undefined ? await allServices(clients, cluster) : [await describeService(clients, serviceNamed(text))]
    const all: ServiceStatus[] = []
    for (const service of services) all.push(await statusOf(clients, service))
    if (json) console.log(JSON.stringify(all, undefined, 2))
    else if (all.length === 0)
      console.log(`There are no services in ${await clients.region()} at ${clients.endpoint()}.`)
    else print(all)
  } catch (error) {
    throw forAwsUser(error, clients)
  }
}

function print(all: readonly ServiceStatus[]): void {
  const width = process.stdout.isTTY ? Math.max(40, process.stdout.columns || 80) : Number.POSITIVE_INFINITY
  for (const line of serviceStatusLines(all, width, Date.now())) console.log(painted(line, isColoured(process.stdout)))
}

async function statusOf(clients: AwsClients, service: Service): Promise<ServiceStatus> {
  const arns = targetGroupsOf(service)
  const { minuteMilliseconds } = await clients.about()
  const reading = new SurroundingsReading(clients, Date.now() - 10 * minuteMilliseconds)
  const { groups, protectedTasks } = await reading.read({
    cluster: service.clusterArn ?? '',
    service: service.serviceName ?? '',
    targetGroups: arns,
    alarmNames: [],
  })
  return serviceStatus({
    service,
    groups: arns.map((arn) => ({ arn, seen: groups[arn.split('/').at(-2) ?? ''] ?? { targets: [] } })),
    forwards: await forwardsTo(clients, arns),
    protectedTasks,
  })
}

/** Also those of task sets: under CodeDeploy the service itself names only the first one. */
export function targetGroupsOf({ loadBalancers = [], taskSets = [] }: Service): readonly string[] {
  const all = [...loadBalancers, ...taskSets.flatMap((taskSet) => taskSet.loadBalancers ?? [])]
  const arns = all.flatMap(({ targetGroupArn, advancedConfiguration }) => [
    targetGroupArn,
    advancedConfiguration?.alternateTargetGroupArn,
  ])
  return [...new Set(arns.filter((arn) => arn !== undefined))]
}
