import type { MetricAlarm } from '@aws-sdk/client-cloudwatch'
import type { Service, Task } from '@aws-sdk/client-ecs'
import type { TargetGroup } from '@aws-sdk/client-elastic-load-balancing-v2'
import { heldByProtection, type SeenGroup, type Surroundings } from '../view/surroundings.ts'
import type { AwsClients } from './aws-clients.ts'
import { protectedTasksOf } from './protected-tasks-reading.ts'
import { TrafficReading } from './traffic-reading.ts'

/** Where to look. Target groups are named as whoever deploys names them: by name or by ARN. */
export type Place = {
  readonly cluster: string
  readonly service: string
  readonly targetGroups: readonly string[]
  readonly alarmNames: readonly string[]
  /** When what happens there was over. */
  readonly until?: number | undefined
}

/** Reads, again and again, what is around a deployment: service, targets, requests, alarms. */
export class SurroundingsReading {
  readonly #clients: AwsClients
  readonly #traffic: TrafficReading
  #groups: readonly TargetGroup[] = []

  constructor(clients: AwsClients, since: number) {
    this.#clients = clients
    this.#traffic = new TrafficReading(clients, since)
  }

  async read({ cluster, service, targetGroups, alarmNames, until }: Place): Promise<Surroundings> {
    const at = Date.now()
    const [{ minuteMilliseconds }, found, groups, alarms] = await Promise.all([
      this.#clients.about(),
      this.#service(cluster, service),
      this.#targetGroups(targetGroups),
      this.#alarms(alarmNames),
    ])
    const [measured, targets, protectedTasks] = await Promise.all([
      this.#traffic.read(at, groups, { alarms, until }),
      Promise.all(groups.map((group) => this.#targets(group))),
      protectedTasksOf(this.#clients, cluster, heldByProtection(found)),
    ])
    const seen = groups.map((group, place): readonly [string, SeenGroup] => {
      const name = group.TargetGroupName ?? ''
      return [name, { targets: targets[place] ?? [], traffic: measured.traffic[name] }]
    })
    return {
      at,
      minuteMilliseconds,
      service: found,
      groups: Object.fromEntries(seen),
      alarms: alarms.map((alarm) => ({ alarm, value: measured.alarmValues[alarm.AlarmName ?? ''] })),
      alarmNames,
      stoppedTasks: [],
      logLines: [],
      protectedTasks,
    }
  }

  async #service(cluster: string, service: string): Promise<Service | undefined> {
    const { DescribeServicesCommand } = await import('@aws-sdk/client-ecs')
    const { services = [] } = await this.#clients.ecs.send(
      new DescribeServicesCommand({ cluster, services: [service] }),
    )
    return services[0]
  }

  async #targetGroups(namesOrArns: readonly string[]): Promise<readonly TargetGroup[]> {
    const known = this.#groups.map(({ TargetGroupName, TargetGroupArn }) => [TargetGroupName, TargetGroupArn]).flat()
    const isComplete = this.#groups.every(({ LoadBalancerArns = [] }) => LoadBalancerArns.length > 0)
    if (namesOrArns.every((each) => known.includes(each)) && isComplete) return this.#groups
    this.#groups = await describeTargetGroups(this.#clients, namesOrArns)
    return this.#groups
  }

  async #targets({ TargetGroupArn }: TargetGroup): Promise<SeenGroup['targets']> {
    const { DescribeTargetHealthCommand } = await import('@aws-sdk/client-elastic-load-balancing-v2')
    const answer = await this.#clients.elb.send(new DescribeTargetHealthCommand({ TargetGroupArn }))
    return answer.TargetHealthDescriptions ?? []
  }

  async #alarms(names: readonly string[]): Promise<readonly MetricAlarm[]> {
    if (names.length === 0) return []
    const { DescribeAlarmsCommand } = await import('@aws-sdk/client-cloudwatch')
    const { MetricAlarms = [] } = await this.#clients.cloudWatch.send(
      new DescribeAlarmsCommand({ AlarmNames: [...names] }),
    )
    return MetricAlarms
  }
}

/** Those that are gone are left out. */
async function describeTargetGroups(
  { elb }: AwsClients,
  namesOrArns: readonly string[],
): Promise<readonly TargetGroup[]> {
  const { DescribeTargetGroupsCommand, TargetGroupNotFoundException } =
    await import('@aws-sdk/client-elastic-load-balancing-v2')
  const found = await Promise.all(
    namesOrArns.map(async (each) => {
      const input = each.startsWith('arn:') ? { TargetGroupArns: [each] } : { Names: [each] }
      try {
        return (await elb.send(new DescribeTargetGroupsCommand(input))).TargetGroups ?? []
      } catch (error) {
        if (error instanceof TargetGroupNotFoundException) return []
        throw error
      }
    }),
  )
  const groups = found.flat()
  // A group that is behind no listener yet is counted with the load balancer that the other one is behind.
  const behind = groups.find(({ LoadBalancerArns = [] }) => LoadBalancerArns.length > 0)?.LoadBalancerArns
  return groups.map((group) =>
    (group.LoadBalancerArns ?? []).length > 0 || behind === undefined ? group : { ...group, LoadBalancerArns: behind },
  )
}

/** A service's tasks that have ended; AWS keeps them for an hour. */
export async function stoppedTasksOf(
  { ecs }: AwsClients,
  { cluster, service }: { readonly cluster: string; readonly service: string },
): Promise<readonly Task[]> {
  const { DescribeTasksCommand, ListTasksCommand } = await import('@aws-sdk/client-ecs')
  const { taskArns = [] } = await ecs.send(
    new ListTasksCommand({ cluster, serviceName: service, desiredStatus: 'STOPPED' }),
  )
  if (taskArns.length === 0) return []
  const { tasks = [] } = await ecs.send(new DescribeTasksCommand({ cluster, tasks: taskArns.slice(0, 100) }))
  return tasks
}
