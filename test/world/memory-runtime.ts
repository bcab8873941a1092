import { imageDigestsOf } from '../../src/adapters/image-digests.ts'
import type { ImageDigests } from '../../src/domain/service.ts'
import type { TaskEndpoint } from '../../src/domain/task.ts'
import { TaskStartError } from '../../src/engine/ports.ts'
import type {
  ContainerObservation,
  ExecCommand,
  ExecResult,
  PreparedTask,
  TaskLaunch,
  TaskRuntime,
} from '../../src/engine/ports.ts'
import type { VirtualClock } from './virtual-clock.ts'

/** How the containers of an image behave; an image nobody told of runs well. */
export type ImageBehaviour = {
  /** What `start` rejects with: `CannotPullContainerError: …`. */
  readonly startError?: string
  readonly startMilliseconds?: number
  /** Ends by itself so long after its start. */
  readonly exit?: { readonly afterMilliseconds: number; readonly exitCode: number }
  /** How long it takes from SIGTERM; `never` waits for SIGKILL. */
  readonly stopMilliseconds?: number | 'never'
  readonly log?: readonly string[]
}

/** Tasks in memory, which go on when the engine that started them is gone. Everything done to them is kept in `calls`. */
export class MemoryRuntime implements TaskRuntime {
  readonly name = 'process'
  readonly images = new Map<string, ImageBehaviour>()
  /** By image, the digest of what its tag means now; an image nobody told of has none. */
  readonly digests = new Map<string, string>()
  readonly calls: string[] = []
  /** The names of containers in the order they were started. */
  readonly starts: string[] = []
  /** By the command's first word, how a command run in a container ends; 0 where it is not told. */
  readonly exitCodes = new Map<string, number>()
  readonly #clock: VirtualClock
  readonly #tasks = new Map<string, MemoryTask>()
  readonly #listeners = new Set<(taskId: string) => void>()
  #port = 20_000

  constructor(clock: VirtualClock) {
    this.#clock = clock
  }

  /** The ids of tasks with a container that runs, in the order they were started. */
  get running(): readonly string[] {
    return [...this.#tasks].filter(([, { containers }]) => containers.some(isRunning)).map(([taskId]) => taskId)
  }

  async prepare({ taskId, containers }: TaskLaunch): Promise<PreparedTask> {
    const behaviours = containers.map(({ image }) => this.images.get(image) ?? {})
    if (!this.#tasks.has(taskId)) {
      await this.#clock.sleep(Math.max(...behaviours.map(({ startMilliseconds }) => startMilliseconds ?? 0)))
    }
    const known = this.#tasks.get(taskId)
    if (known !== undefined) return { endpoints: known.endpoints, imageDigests: known.imageDigests, notes: [] }
    const error = behaviours.find(({ startError }) => startError !== undefined)?.startError
    if (error !== undefined) throw new TaskStartError(error)
    this.calls.push(`start ${taskId}`)
    const endpoints = containers.flatMap(({ name, containerPorts }) =>
      containerPorts.map((containerPort) => ({
        containerName: name,
        containerPort,
        host: '127.0.0.1',
        port: this.#port++,
      })),
    )
    const imageDigests = imageDigestsOf(
      containers.map(({ name, image, imageDigest = this.digests.get(image) }) => [name, imageDigest] as const),
    )
    this.#tasks.set(taskId, { endpoints, imageDigests, containers: [] })
    return { endpoints, imageDigests, notes: [] }
  }

  async startContainer({ taskId, containers }: TaskLaunch, containerName: string): Promise<void> {
    const task = this.#tasks.get(taskId)
    const launch = containers.find(({ name }) => name === containerName)
    if (task === undefined || launch === undefined) throw new Error(`${containerName} has not been prepared`)
    if (task.containers.some(({ name }) => name === containerName)) return
    this.starts.push(containerName)
    task.containers.push(containerOf(launch))
    const { exit } = this.images.get(launch.image) ?? {}
    if (exit === undefined) return
    this.#clock.at(this.#clock.now() + exit.afterMilliseconds, () => this.exit(taskId, exit.exitCode, containerName))
  }

  async inspect(taskId: string): Promise<readonly ContainerObservation[]> {
    const { containers = [], imageDigests = {} } = this.#tasks.get(taskId) ?? {}
    return containers.map(({ name, exitCode }) => ({
      name,
      runtimeId: `${taskId}-${name}`,
      ...(imageDigests[name] === undefined ? {} : { imageDigest: imageDigests[name] }),
      state: exitCode === undefined ? { kind: 'running' } : { kind: 'exited', exitCode },
    }))
  }

  async stop(taskId: string): Promise<void> {
    const task = this.#tasks.get(taskId)
    if (task === undefined || !task.containers.some(isRunning)) return
    this.calls.push(`SIGTERM ${taskId}`)
    for (const container of task.containers.filter(isRunning)) {
      const takes = this.images.get(container.image)?.stopMilliseconds ?? 0
      const isKilled = takes === 'never' || takes > container.stopTimeoutSeconds * 1000
      await this.#clock.sleep(isKilled ? container.stopTimeoutSeconds * 1000 : takes)
      if (isKilled) this.calls.push(`SIGKILL ${taskId}`)
      this.exit(taskId, isKilled ? 137 : 143, container.name)
    }
  }

  async stopContainer(taskId: string, containerName: string): Promise<void> {
    const container = this.#tasks.get(taskId)?.containers.find(({ name }) => name === containerName)
    if (container === undefined || !isRunning(container)) return
    this.calls.push(`SIGTERM ${containerName}`)
    this.exit(taskId, 143, containerName)
  }

  async followLog(): Promise<void> {
    // Nothing is followed in these tests.
  }

  async exec(taskId: string, containerName: string, { arguments: [program = ''] }: ExecCommand): Promise<ExecResult> {
    const container = this.#tasks.get(taskId)?.containers.find(({ name }) => name === containerName)
    if (container === undefined || !isRunning(container)) throw new Error('The container is not running.')
    return { exitCode: this.exitCodes.get(program) ?? 0, stdout: '', stderr: '', isCut: false }
  }

  async list(): Promise<readonly string[]> {
    return [...this.#tasks.keys()]
  }

  async logTail(taskId: string, containerName: string, lines: number): Promise<readonly string[]> {
    const container = this.#tasks.get(taskId)?.containers.find(({ name }) => name === containerName)
    return (container === undefined ? [] : (this.images.get(container.image)?.log ?? [])).slice(-lines)
  }

  async remove(taskId: string): Promise<void> {
    this.calls.push(`remove ${taskId}`)
    this.#tasks.delete(taskId)
  }

  onExit(listener: (taskId: string) => void): void {
    this.#listeners.add(listener)
  }

  /** A container ends: the one named, or the task's first. */
  exit(taskId: string, exitCode: number, containerName?: string): void {
    const container = this.#tasks
      .get(taskId)
      ?.containers.find(({ name }) => containerName === undefined || name === containerName)
    if (container === undefined || container.exitCode !== undefined) return
    container.exitCode = exitCode
    for (const listener of this.#listeners) listener(taskId)
  }

  /** The machine forgets a task while nobody looks, as after a reboot. */
  lose(taskId: string): void {
    this.#tasks.delete(taskId)
  }
}

type MemoryTask = {
  readonly endpoints: readonly TaskEndpoint[]
  readonly imageDigests: ImageDigests
  readonly containers: MemoryContainer[]
}
type MemoryContainer = {
  readonly name: string
  readonly image: string
  readonly stopTimeoutSeconds: number
  exitCode?: number
}

function containerOf({ name, image, stopTimeoutSeconds }: TaskLaunch['containers'][number]): MemoryContainer {
  return { name, image, stopTimeoutSeconds }
}

function isRunning({ exitCode }: MemoryContainer): boolean {
  return exitCode === undefined
}
