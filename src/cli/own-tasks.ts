import type { Service, Task } from '@aws-sdk/client-ecs'
import type { AwsClients } from './aws-clients.ts'
import { allServices } from './own-services.ts'
import { describeService, type ServiceName } from './service-access.ts'

type Which = { readonly cluster?: string | undefined; readonly stopped?: boolean }

/** The tasks of a service, or of all; with `stopped` only those that have ended. */
export async function allTasks(
  clients: AwsClients,
  named: ServiceName | undefined,
  { cluster, stopped = false }: Which = {},
): Promise<readonly Task[]> {
  const services = named === undefined ? await allServices(clients, cluster) : [await describeService(clients, named)]
  return (await Promise.all(services.map(async (service) => tasksOf(clients, service, stopped)))).flat()
}

/** What DescribeTasks takes at once. */
const mostPerCall = 100

/** The newest last, those that have ended first. */
async function tasksOf(
  { ecs }: AwsClients,
  { clusterArn, serviceName }: Service,
  stopped: boolean,
): Promise<readonly Task[]> {
  const { DescribeTasksCommand, paginateListTasks } = await import('@aws-sdk/client-ecs')
  const arns: string[] = []
  for (const desiredStatus of stopped ? (['STOPPED'] as const) : (['STOPPED', 'RUNNING'] as const)) {
    const input = { cluster: clusterArn, serviceName, desiredStatus }
    for await (const page of paginateListTasks({ client: ecs }, input)) arns.push(...(page.taskArns ?? []))
  }
  const all: Task[] = []
  for (let at = 0; at < arns.length; at += mostPerCall) {
    const tasks = arns.slice(at, at + mostPerCall)
    all.push(...((await ecs.send(new DescribeTasksCommand({ cluster: clusterArn, tasks }))).tasks ?? []))
  }
  return all.toSorted((one, other) => rankOf(one) - rankOf(other) || Number(one.createdAt) - Number(other.createdAt))
}

function rankOf({ lastStatus }: Task): number {
  return lastStatus === 'STOPPED' ? 0 : 1
}
