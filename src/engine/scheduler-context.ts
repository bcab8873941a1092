import type { TaskDefinition } from '../domain/task-definition.ts'
import type { Task } from '../domain/task.ts'
import type { Changes } from './changes.ts'
import type { LoadBalancing } from './engine.ts'
import type { ObjectReader } from './objects.ts'
import type { Chance, Clock, EngineSettings, Log, TaskRuntime } from './ports.ts'
import type { Store } from './store.ts'

/** What the service scheduler works with. */
export type SchedulerContext = {
  readonly store: Store
  readonly clock: Clock
  readonly chance: Chance
  readonly runtime: TaskRuntime
  readonly loadBalancing: LoadBalancing
  readonly changes: Changes
  readonly settings: EngineSettings
  readonly log: Log
  /** Where environment files are read; without it there are none. */
  readonly objects?: ObjectReader
  /** Where containers' output goes; without it, nowhere. */
  readonly logs?: ContainerLogs
}

/** Sends the output of containers where their log configuration says. */
export interface ContainerLogs {
  /**
   * Makes sure that there is a place for the task's output before its containers start. Throws TaskStartError where there
   * is none and none may be made.
   */
  prepare(task: Task, definition: TaskDefinition): void
  /** Follows those containers of the task that run; cheap where it already does. */
  follow(task: Task): void
  /** The task is gone for good. */
  forget(task: Task): void
}
