import type { RouterReport } from '../domain/router-report.ts'
import type { RoutingTable } from '../domain/routing-table.ts'
import type { TaskEndpoint } from '../domain/task.ts'

/** Time as a value: everything in the engine that waits or dates goes through here. */
export interface Clock {
  /** Epoch milliseconds. */
  now(): number
  /** Rejects with the signal's reason when it is aborted first. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>
}

/** Chance as a value: ids of every kind come from here. */
export interface Chance {
  /** In [0, 1). */
  random(): number
  uuid(): string
  hex(digits: number): string
  /** Decimal digits, the first not zero. */
  digits(count: number): string
}

/** Where the engine's state is kept. `write` is all or nothing, and durable when it returns. */
export interface Persistence {
  load(): Iterable<StoredRow>
  write(rows: readonly RowChange[]): void
}
export type StoredRow = { readonly kind: string; readonly key: string; readonly value: string }
/** `value` undefined deletes the row. */
export type RowChange = { readonly kind: string; readonly key: string; readonly value: string | undefined }

/** The routers, seen as one. */
export interface Router {
  /** Resolves once every request that begins from now on is served by this table (or a later one). */
  apply(table: RoutingTable): Promise<AppliedTable>
  /** The latest report; undefined until a router has answered. */
  report(): RouterReport | undefined
  /** Called after each new report. */
  onReport(listener: () => void): void
}
export type AppliedTable = Pick<RouterReport, 'refusedListeners'>

/** Runs tasks: as processes, or in Docker. Every call may be made twice for one task and has its effect once. */
export interface TaskRuntime {
  readonly name: 'process' | 'docker'
  /** Starts all containers; answers where their ports are reached. Rejects with `TaskStartError` where it cannot. */
  start(task: TaskLaunch): Promise<readonly TaskEndpoint[]>
  /** What is known of each container; an empty list for a task never started. */
  inspect(taskId: string): Promise<readonly ContainerObservation[]>
  /** SIGTERM to every container, SIGKILL after its stop time-out; resolves when all have ended. */
  stop(taskId: string): Promise<void>
  /** The last lines a container wrote, oldest first. */
  logTail(taskId: string, containerName: string, lines: number): Promise<readonly string[]>
  /** Forgets a stopped task; its logs may go. */
  remove(taskId: string): Promise<void>
  /** Called with a task's id when one of its containers has ended. */
  onExit(listener: (taskId: string) => void): void
}

export type TaskLaunch = {
  readonly taskId: string
  readonly taskArn: string
  readonly containers: readonly ContainerLaunch[]
}

export type ContainerLaunch = {
  readonly name: string
  readonly image: string
  readonly entryPoint?: readonly string[]
  readonly command?: readonly string[]
  readonly workingDirectory?: string
  readonly environment: Readonly<Record<string, string>>
  readonly containerPorts: readonly number[]
  readonly stopTimeoutSeconds: number
}

export type ContainerObservation = {
  readonly name: string
  readonly runtimeId?: string
  readonly state: { readonly kind: 'running' } | { readonly kind: 'exited'; readonly exitCode: number }
}

/** Why a task could not start, in ECS's words: `CannotPullContainerError: …`, `CannotStartContainerError: …`. */
export class TaskStartError extends Error {
  constructor(stoppedReason: string) {
    super(stoppedReason)
    this.name = 'TaskStartError'
  }
}

/** Lines for the people who run the engine; never the only place where something is said. */
export interface Log {
  info(message: string): void
  warn(message: string): void
}

export type EngineSettings = {
  readonly accountId: string
  /** What one configured minute lasts; 60,000 unless `--minute` says otherwise. */
  readonly minuteMilliseconds: number
  /** Where listeners are bound. */
  readonly listenHost: string
  /** The engine's own endpoint, told to tasks as AWS_ENDPOINT_URL. */
  readonly endpointUrl: string
}
