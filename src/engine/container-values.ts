import type { TaskDefinition } from '../domain/task-definition.ts'
import type { Task } from '../domain/task.ts'
import type { SchedulerContext } from './scheduler-context.ts'

/** By container name, the variables whose values are kept elsewhere. */
export type ContainerValues = Readonly<Record<string, Readonly<Record<string, string>>>>

/** Reads environment files and secrets. Rejects with TaskStartError in ECS's words where one cannot be read. */
export async function containerValues(
  _context: SchedulerContext,
  _task: Task,
  _definition: TaskDefinition,
): Promise<ContainerValues> {
  return {}
}
