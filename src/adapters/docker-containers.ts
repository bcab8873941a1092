import type { TaskUsage } from '../domain/metric-of-ecs.ts'
import type { Clock } from '../engine/ports.ts'
import { DockerError } from './docker-api.ts'
import type { DockerApi } from './docker-api.ts'
import { dockerLabel } from './docker-identity.ts'
import type { DockerNames } from './docker-plan.ts'

type Status = 'created' | 'running' | 'paused' | 'restarting' | 'removing' | 'exited' | 'dead'
type Labels = Readonly<Record<string, string>>

/** A container in a list. */
type ContainerSummary = {
  readonly Id: string
  readonly State: Status
  readonly Labels: Labels
  readonly HostConfig: { readonly NetworkMode: string }
}

/** What GET /containers/ID/json answers, as far as anybody here looks at it. */
export type ContainerDetails = {
  readonly Id: string
  readonly Name: string
  readonly State: {
    readonly Status: Status
    readonly ExitCode: number
    readonly OOMKilled: boolean
    readonly StartedAt: string
    readonly FinishedAt: string
  }
  readonly Config: { readonly Labels?: Labels | null }
  /** In bytes; 0 is no limit. */
  readonly HostConfig: { readonly Memory: number }
  readonly NetworkSettings: { readonly Networks: Readonly<Record<string, { readonly IPAddress: string }>> }
}

/** A container that was stopped before it was started gets this at the end of its name, and is not found any more. */
const withdrawn = '.withdrawn'
const stopGraceMilliseconds = 30_000
const removalMilliseconds = 30_000
const lookMilliseconds = 100

/** The containers of one data directory. Every effect may be had twice. */
export class DockerContainers {
  readonly #api: DockerApi
  readonly #clock: Clock
  readonly #names: DockerNames

  constructor(api: DockerApi, clock: Clock, names: DockerNames) {
    this.#api = api
    this.#clock = clock
    this.#names = names
  }

  find(nameOrId: string): Promise<ContainerDetails | undefined> {
    return this.#api.find<ContainerDetails>(`/containers/${nameOrId}/json`)
  }

  /** Also those that have ended or were never started, and the one that holds the network. */
  ofTask(taskId: string): Promise<readonly ContainerSummary[]> {
    return this.#list({ label: [...this.#ours(), `${dockerLabel.task}=${taskId}`] })
  }

  /** Those of which Docker has anything. */
  async tasks(): Promise<readonly string[]> {
    const query = { filters: JSON.stringify({ label: this.#ours() }) }
    const [containers, { Volumes }] = await Promise.all([
      this.#list({ label: this.#ours() }),
      this.#api.call<VolumesAnswer>('GET', '/volumes', { query }),
    ])
    return taskIds([...containers, ...(Volumes ?? [])])
  }

  /** All tasks that have containers, those of them of which one has ended, and those that are cut off. */
  async ends(): Promise<Readonly<Record<'all' | 'ended' | 'cutOff', ReadonlySet<string>>>> {
    const found = await this.#list({ label: this.#ours() })
    const ended = found.filter(({ State }) => State === 'exited' || State === 'dead')
    return { all: new Set(taskIds(found)), ended: new Set(taskIds(ended)), cutOff: cutOff(found) }
  }

  /** Whether containers of a task run whose network is gone, because the one that held it was ended. */
  async isCutOff(taskId: string): Promise<boolean> {
    // A list may lag behind the event of a container's end; the container itself does not.
    const holder = await this.find(this.#names.pause(taskId))
    if (holder?.State.Status === 'running') return false
    return cutOff((await this.ofTask(taskId)).filter(isOwn)).has(taskId)
  }

  /** Those that have a container which runs, other than the one that holds the network. */
  async runningTasks(): Promise<readonly string[]> {
    const running = await this.#list({ label: [...this.#ours(), dockerLabel.container], status: ['running'] })
    return taskIds(running)
  }

  /** Undefined where nothing of it runs. */
  async usage(taskId: string): Promise<TaskUsage | undefined> {
    const found = await this.ofTask(taskId)
    const running = found.filter((each) => isOwn(each) && each.State === 'running')
    if (running.length === 0) return undefined
    const query = { stream: false, 'one-shot': true }
    const stats = await Promise.all(
      running.map(({ Id }) => this.#api.call<StatsAnswer>('GET', `/containers/${Id}/stats`, { query })),
    )
    return {
      cpuMilliseconds: sum(stats.map(({ cpu_stats }) => (cpu_stats.cpu_usage?.total_usage ?? 0) / 1e6)),
      memoryBytes: sum(stats.map(({ memory_stats }) => usedMemory(memory_stats))),
    }
  }

  /** By container name. Docker looks twice, a second apart, so that there is something to compare with. */
  async stats(taskId: string): Promise<Readonly<Record<string, object>>> {
    const running = (await this.ofTask(taskId)).filter((each) => isOwn(each) && each.State === 'running')
    const answers = running.map(async ({ Id, Labels }) => {
      const stats = await this.#api.call<object>('GET', `/containers/${Id}/stats`, { query: { stream: false } })
      return [Labels[dockerLabel.container] ?? '', stats] as const
    })
    return Object.fromEntries(await Promise.all(answers))
  }

  async create(name: string, body: object): Promise<void> {
    try {
      await this.#api.call('POST', '/containers/create', { query: { name }, body, timeoutMilliseconds: 60_000 })
    } catch (error) {
      // It was made before.
      if (!(error instanceof DockerError && error.status === 409 && (await this.find(name)) !== undefined)) throw error
    }
  }

  async start(name: string): Promise<void> {
    await this.#api.call('POST', `/containers/${name}/start`, { timeoutMilliseconds: 60_000 })
  }

  /** The image's stop signal, then SIGKILL after the stop time-out; resolves when it has ended. */
  async stop(nameOrId: string): Promise<void> {
    const container = await this.find(nameOrId)
    if (container === undefined) return
    const { Id, Name, State, Config } = container
    if (State.Status === 'created') {
      await this.#withdraw(Id, Name)
      // From now on it is not started; but it may just have been.
      if ((await this.find(Id))?.State.Status !== 'running') return
    }
    const seconds = Number(Config.Labels?.[dockerLabel.stopTimeout] ?? 0)
    const timeoutMilliseconds = seconds * 1000 + stopGraceMilliseconds
    await this.#ifThere('POST', `/containers/${Id}/stop`, { query: { t: seconds }, timeoutMilliseconds })
  }

  /** Containers and volumes; the network's holder last, for others depend on it. */
  async remove(taskId: string): Promise<void> {
    const found = await this.ofTask(taskId)
    await Promise.all(found.filter(isOwn).map(({ Id }) => this.#remove(Id)))
    await Promise.all(found.filter((each) => !isOwn(each)).map(({ Id }) => this.#remove(Id)))
    const query = { filters: JSON.stringify({ label: [...this.#ours(), `${dockerLabel.task}=${taskId}`] }) }
    const { Volumes } = await this.#api.call<VolumesAnswer>('GET', '/volumes', { query })
    await Promise.all((Volumes ?? []).map(({ Name }) => this.#ifThere('DELETE', `/volumes/${Name}`)))
  }

  async killAll(): Promise<void> {
    const running = await this.#list({ label: this.#ours(), status: ['running'] })
    await Promise.allSettled(running.map(({ Id }) => this.#ifThere('POST', `/containers/${Id}/kill`)))
  }

  #ours(): readonly string[] {
    return [`${dockerLabel.dataDirectory}=${this.#names.dataDirectoryId}`]
  }

  #list(filters: Readonly<Record<string, readonly string[]>>): Promise<readonly ContainerSummary[]> {
    return this.#api.call('GET', '/containers/json', { query: { all: true, filters: JSON.stringify(filters) } })
  }

  async #withdraw(id: string, name: string): Promise<void> {
    if (name.endsWith(withdrawn)) return
    await this.#ifThere('POST', `/containers/${id}/rename`, { query: { name: `${name.slice(1)}${withdrawn}` } })
  }

  async #remove(id: string): Promise<void> {
    const deadline = this.#clock.now() + removalMilliseconds
    for (;;) {
      try {
        return await this.#ifThere('DELETE', `/containers/${id}`, { query: { force: true, v: true } })
      } catch (error) {
        // It is being removed already.
        if (!(error instanceof DockerError && error.status === 409) || this.#clock.now() > deadline) throw error
      }
      await this.#clock.sleep(lookMilliseconds)
    }
  }

  /** What is gone, or already so, is no error. */
  async #ifThere(...[method, path, call]: Parameters<DockerApi['call']>): Promise<void> {
    try {
      await this.#api.call(method, path, call)
    } catch (error) {
      if (error instanceof DockerError && error.status === 404) return
      throw error
    }
  }
}

type MemoryStats = { readonly usage?: number; readonly stats?: Readonly<Record<string, number>> }
type StatsAnswer = {
  readonly cpu_stats: { readonly cpu_usage?: { readonly total_usage?: number } }
  readonly memory_stats: MemoryStats
}

/** Without the pages of files that could be dropped at once, as Docker's command line counts. Names of cgroup v2 and v1. */
function usedMemory({ usage = 0, stats = {} }: MemoryStats): number {
  return Math.max(0, usage - (stats['inactive_file'] ?? stats['total_inactive_file'] ?? 0))
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0)
}

type VolumesAnswer = { readonly Volumes?: readonly { readonly Name: string; readonly Labels: Labels }[] | null }

/** Not the one that holds the network. */
function isOwn({ Labels }: ContainerSummary): boolean {
  return Labels[dockerLabel.container] !== undefined
}

function cutOff(containers: readonly ContainerSummary[]): ReadonlySet<string> {
  const running = containers.filter(({ State }) => State === 'running')
  const held = new Set(taskIds(running.filter((each) => !isOwn(each))))
  const onHeldNetworks = running.filter((each) => isOwn(each) && each.HostConfig.NetworkMode.startsWith('container:'))
  return new Set(taskIds(onHeldNetworks).filter((taskId) => !held.has(taskId)))
}

function taskIds(things: readonly { readonly Labels: Labels }[]): readonly string[] {
  return [...new Set(things.flatMap(({ Labels }) => Labels[dockerLabel.task] ?? []))]
}
