import type { Task } from '@aws-sdk/client-ecs'
import type { AwsClients } from './aws-clients.ts'
import { allClusters } from './own-services.ts'
import { describeService, type ServiceName } from './service-access.ts'

type Which = { readonly cluster?: string | undefined; readonly stopped?: boolean }

/** The tasks of a service, or all, those that RunTask started too; with `stopped` only those that have ended. */
export async function allTasks(
  clients: AwsClients,
  named: ServiceName | undefined,
  { cluster, stopped = false }: Which = {},
): Promise<readonly Task[]> {
  if (named !== undefined) {
    const { clusterArn, serviceName } = await describeService(clients, named)
    return tasksOf(clients, { cluster: clusterArn, serviceName }, stopped)
  }
  const clusters = await allClusters(clients, cluster)
  return (await Promise.all(clusters.map(async (each) => tasksOf(clients, { cluster: each }, stopped)))).flat()
}

/** What DescribeTasks takes at once. */
const mostPerCall = 100

/** The newest last, those that have ended first. */
async function tasksOf(
  { ecs }: AwsClients,
  { cluster, serviceName }: { readonly cluster: string | undefined; readonly serviceName?: string | undefined },
  stopped: boolean,
): Promise<readonly Task[]> {
  const { DescribeTasksCommand, paginateListTasks } = await import('@aws-sdk/client-ecs')
  const arns: string[] = []
  for (const desiredStatus of stopped ? (['STOPPED'] as const) : (['STOPPED', 'RUNNING'] as const)) {
    const input = { cluster, serviceName, desiredStatus }
    for await (const page of paginateListTasks({ client: ecs }, input)) arns.push(...(page.taskArns ?? []))
  }
  const all: Task[] = []
  for (let at = 0; at < arns.length; at += mostPerCall) {
    const tasks = arns.slice(at, at + mostPerCall)
    all.push(...((await ecs.send(new DescribeTasksCommand({ cluster, tasks }))).tasks ?? []))
  }
  return all.toSorted((one, other) => rankOf(one) - rankOf(other) || Number(one.createdAt) - Number(other.createdAt))
}

function rankOf({ lastStatus }: Task): number {
  return lastStatus === 'STOPPED' ? 0 : 1
}
