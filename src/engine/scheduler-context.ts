import type { Changes } from './changes.ts'
import type { LoadBalancing } from './engine.ts'
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
}
