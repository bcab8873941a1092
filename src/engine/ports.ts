import type { TaskUsage } from '../domain/metric-of-ecs.ts'
import type { RouterReport } from '../domain/router-report.ts'
import type { RoutingTable } from '../domain/routing-table.ts'
import type { ImageDigests } from '../domain/service.ts'
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

/** What is not held in memory, because it grows with everything that ever happened. */
export const kindsOnDisk = ['deploymentObservations', 'journal', 'metricMinutes'] as const

/** Where the engine's state is kept. */
export interface Persistence {
  /** All rows but those of `kindsOnDisk`, in the order they were first written. */
  load(): Iterable<StoredRow>
  /** The value of one row. */
  read(kind: string, key: string): string | undefined
  /** All values of one of `kindsOnDisk`, in the order of their keys. */
  readAll(kind: string): Iterable<string>
  /**
   * All or nothing. What is `kept` is on disk when it returns; what is `noted` outlives the engine, and a failure of the
   * machine only once something after it is kept: then as much as was written until some moment is there.
   */
  write(rows: readonly RowChange[], durability: Durability): void
}
export type Durability = 'kept' | 'noted'
export type StoredRow = { readonly kind: string; readonly key: string; readonly value: string }
/** `value` is kept as JSON text; undefined deletes the row. It is never changed in place. */
export type RowChange = { readonly kind: string; readonly key: string; readonly value: unknown }

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

/**
 * Runs tasks: as processes, or in Docker. Every call may be made twice for one task, also by a later engine, and has its
 * effect once. What is started when, and stopped in which order, is the engine's to decide; a runtime only carries it out.
 */
export interface TaskRuntime {
  readonly name: 'process' | 'docker'
  /**
   * Everything that comes before the first container: images, addresses and ports, volumes, labels. Nothing runs after it.
   * Rejects with `TaskStartError` where it cannot; what it had made until then may stay until `remove`.
   */
  prepare(task: TaskLaunch): Promise<PreparedTask>
  /**
   * Starts one container of a prepared task; resolves when its process exists. One that has ever been started, or was
   * stopped before it could be, is not started (again). Rejects with `TaskStartError` where it cannot.
   */
  startContainer(task: TaskLaunch, containerName: string): Promise<void>
  /** What is known of each container that was ever started; an empty list for a task never started. */
  inspect(taskId: string): Promise<readonly ContainerObservation[]>
  /**
   * The image's STOPSIGNAL, or SIGTERM, to one container, SIGKILL after its stop time-out; resolves when it has ended. One
   * that was not started will not be any more.
   */
  stopContainer(taskId: string, containerName: string): Promise<void>
  /** The same for all containers at once, and the task's addresses and ports are free again. */
  stop(taskId: string): Promise<void>
  /** The last lines a container wrote, oldest first. */
  logTail(taskId: string, containerName: string, lines: number): Promise<readonly string[]>
  /**
   * Hands on what the container writes, in order and from the beginning, or from after the batch whose `position` is given.
   * The next batch comes when the sink has taken the last one. Resolves when the container has ended and everything is
   * handed on; rejects with the signal's reason when that is aborted, and with an Error where the output is lost.
   */
  followLog(
    source: { readonly taskId: string; readonly containerName: string; readonly position?: string },
    sink: (batch: OutputBatch) => Promise<void>,
    signal: AbortSignal,
  ): Promise<void>
  /**
   * Runs a command in a running container, with its environment, user, files and network; ends it (SIGKILL) after its
   * time-out, when the signal is aborted, and with the container. Rejects with an Error where there is no such running
   * container; a command that cannot be started ends with 126 or 127 and says why in its output.
   */
  exec(taskId: string, containerName: string, command: ExecCommand, signal?: AbortSignal): Promise<ExecResult>
  /** Forgets a stopped task and whatever is left of it; stops it first where it still runs. Its logs may go. */
  remove(taskId: string): Promise<void>
  /** The ids of all tasks that this data directory's engines have left anything of: running, stopped, or half made. */
  list(): Promise<readonly string[]>
  /** Called with a task's id when one of its containers has ended. */
  onExit(listener: (taskId: string) => void): void
  /**
   * What the task's containers have used until now; undefined for a task of which nothing runs, or that cannot be
   * measured. Absent where the runtime measures nothing.
   */
  usage?(taskId: string): Promise<TaskUsage | undefined>
  /**
   * What Docker's engine answers to `GET /containers/ID/stats`, by container name, of those that run; a member that cannot be
   * known is left out. Absent where the runtime measures nothing.
   */
  stats?(taskId: string): Promise<Readonly<Record<string, object>>>
  /** The engine's endpoint as containers reach it; absent where they reach it as everybody does. */
  endpointUrlFor?(endpointUrl: string): string
  /**
   * The endpoint as AWS's SDKs in a container take a role's credentials from it; undefined where they would not. Absent
   * where it is the endpoint as everybody reaches it.
   */
  roleEndpointUrlFor?(endpointUrl: string): string | undefined
}

export type PreparedTask = {
  /** Where the task's container ports are reached. */
  readonly endpoints: readonly TaskEndpoint[]
  /** The task's own address, where it has one. */
  readonly address?: string
  /** Of the images that its containers are started from. */
  readonly imageDigests?: ImageDigests
  /** What the definition asks for and this runtime does not do, a sentence each. */
  readonly notes: readonly string[]
}

export type TaskLaunch = {
  readonly taskId: string
  readonly taskArn: string
  /** In the order of the definition. */
  readonly containers: readonly ContainerLaunch[]
  readonly networkMode?: 'awsvpc' | 'bridge' | 'host' | 'none'
  /** What of the machine its containers are to share: asked for, and not done. */
  readonly namespaces?: { readonly pidMode?: string; readonly ipcMode?: string }
  /** The task's own limits, which bound its containers together. */
  readonly limits?: ResourceLimits
  readonly volumes?: readonly TaskVolume[]
  /** For people and tools that look at the machine: ARN, family, cluster, service, tags. */
  readonly labels?: Readonly<Record<string, string>>
}

export type ContainerLaunch = {
  readonly name: string
  readonly image: string
  /** `sha256:…`: which image it has to be, whatever the tag in `image` means by now. None where `image` names one. */
  readonly imageDigest?: string
  /** What the image's registry wants to know. Never to be written to a file. */
  readonly registryCredentials?: { readonly username: string; readonly password: string }
  readonly entryPoint?: readonly string[]
  readonly command?: readonly string[]
  readonly workingDirectory?: string
  /** Complete: files, secrets and the engine's own variables included. Never to be written to a file. */
  readonly environment: Readonly<Record<string, string>>
  readonly containerPorts: readonly number[]
  readonly stopTimeoutSeconds: number
  readonly limits?: ResourceLimits
  readonly ulimits?: readonly Ulimit[]
  /** `user`, `user:group`, `uid`, `uid:gid`. */
  readonly user?: string
  readonly readonlyRootFilesystem?: boolean
  readonly tmpfs?: readonly TmpfsMount[]
  readonly mounts?: readonly VolumeMount[]
  /** The definition's dockerLabels. */
  readonly labels?: Readonly<Record<string, string>>
  readonly initProcessEnabled?: boolean
  readonly sharedMemoryMebibytes?: number
  readonly capabilities?: { readonly add: readonly string[]; readonly drop: readonly string[] }
}

export type ResourceLimits = {
  /** 1024 are one core. A limit for a task; among the containers of a task a share. 0 is none. */
  readonly cpuUnits?: number
  /** What is killed (OOM) when it wants more. */
  readonly memoryMebibytes?: number
  /** What it may count on: a soft limit. */
  readonly memoryReservationMebibytes?: number
}

type Ulimit = { readonly name: string; readonly softLimit: number; readonly hardLimit: number }
type TmpfsMount = {
  readonly containerPath: string
  readonly sizeMebibytes: number
  readonly mountOptions: readonly string[]
}
/** Without `hostPath` an empty directory which lives as long as the task and is shared by its containers. */
export type TaskVolume = {
  readonly name: string
  readonly hostPath?: string
  /** A volume of Docker's own: `shared` outlives the task, and is made under the volume's name where it is missing. */
  readonly docker?: {
    readonly scope: 'task' | 'shared'
    readonly autoprovision: boolean
    readonly driver?: string
    readonly driverOpts?: Readonly<Record<string, string>>
    readonly labels?: Readonly<Record<string, string>>
  }
}
type VolumeMount = { readonly volumeName: string; readonly containerPath: string; readonly readOnly: boolean }

export type ContainerObservation = {
  readonly name: string
  readonly runtimeId?: string
  /** `sha256:…` */
  readonly imageDigest?: string
  readonly state:
    | { readonly kind: 'running' }
    /** `reason` in ECS's words, where there is more to say than the code: `OutOfMemoryError: …`. */
    | { readonly kind: 'exited'; readonly exitCode: number; readonly reason?: string }
}

/** Consecutive lines of a container's output. Following on from `position` begins with the line after the last. */
export type OutputBatch = { readonly lines: readonly OutputLine[]; readonly position: string }
export type OutputLine = {
  /** Epoch milliseconds: when it was written, as exactly as the runtime knows. */
  readonly timestamp: number
  /** Without its end; cut after 256 KiB, what follows is the next line. */
  readonly message: string
}

export type ExecCommand = {
  readonly arguments: readonly string[]
  readonly timeoutMilliseconds: number
  /** What is kept of each of stdout and stderr: the first so many bytes. */
  readonly mostOutputBytes: number
}

export type ExecResult = {
  /** Absent where it was ended at its time-out. */
  readonly exitCode?: number
  readonly stdout: string
  readonly stderr: string
  /** Something was left out of the output. */
  readonly isCut: boolean
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
  /** What tasks and functions sign with, where the engine asks for it. */
  readonly accessKey?: { readonly accessKeyId: string; readonly secretAccessKey: string }
  /** The engine's own endpoint, told to tasks as AWS_ENDPOINT_URL. */
  readonly endpointUrl: string
}
