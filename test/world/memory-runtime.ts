import type { TaskEndpoint } from '../../src/domain/task.ts'
import { TaskStartError } from '../../src/engine/ports.ts'
import type { ContainerObservation, TaskLaunch, TaskRuntime } from '../../src/engine/ports.ts'
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
  readonly calls: string[] = []
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

  async start({ taskId, containers }: TaskLaunch): Promise<readonly TaskEndpoint[]> {
    const behaviours = containers.map(({ image }) => this.images.get(image) ?? {})
    if (!this.#tasks.has(taskId)) {
      await this.#clock.sleep(Math.max(...behaviours.map(({ startMilliseconds }) => startMilliseconds ?? 0)))
    }
    const known = this.#tasks.get(taskId)
    if (known !== undefined) return known.endpoints
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
    const task: MemoryTask = { endpoints, containers: containers.map(containerOf) }
    this.#tasks.set(taskId, task)
    for (const [index, { exit }] of behaviours.entries()) {
      if (exit === undefined) continue
      this.#clock.at(this.#clock.now() + exit.afterMilliseconds, () =>
        this.exit(taskId, exit.exitCode, containers[index]?.name),
      )
    }
    return endpoints
  }

  async inspect(taskId: string): Promise<readonly ContainerObservation[]> {
    return (this.#tasks.get(taskId)?.containers ?? []).map(({ name, exitCode }) => ({
      name,
      runtimeId: `${taskId}-${name}`,
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

type MemoryTask = { readonly endpoints: readonly TaskEndpoint[]; readonly containers: readonly MemoryContainer[] }
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
