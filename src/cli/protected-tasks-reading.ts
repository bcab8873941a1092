import type { SeenProtectedTask } from '../view/surroundings.ts'
import type { AwsClients } from './aws-clients.ts'

/** The tasks that are protected from scale-in, of task sets or deployments by whose ids ECS has started them. */
export async function protectedTasksOf(
  clients: AwsClients,
  cluster: string,
  startedBy: readonly string[],
): Promise<readonly SeenProtectedTask[]> {
  const found = await Promise.all(startedBy.map((id) => ofOne(clients, cluster, id)))
  return found.flat()
}

/** AWS looks at a hundred tasks with one call; who may not ask is told less, and the rest all the same. */
async function ofOne({ ecs }: AwsClients, cluster: string, startedBy: string): Promise<readonly SeenProtectedTask[]> {
  const { AccessDeniedException, GetTaskProtectionCommand, ListTasksCommand } = await import('@aws-sdk/client-ecs')
  const { taskArns = [] } = await ecs.send(new ListTasksCommand({ cluster, startedBy, maxResults: 100 }))
  if (taskArns.length === 0) return []
  try {
    const { protectedTasks = [] } = await ecs.send(new GetTaskProtectionCommand({ cluster, tasks: taskArns }))
    return protectedTasks.flatMap(({ taskArn, protectionEnabled, expirationDate }) => {
      if (protectionEnabled !== true || taskArn === undefined || expirationDate === undefined) return []
      return [{ taskId: taskArn.slice(taskArn.lastIndexOf('/') + 1), until: expirationDate.getTime(), startedBy }]
    })
  } catch (error) {
    if (error instanceof AccessDeniedException) return []
    throw error
  }
}
