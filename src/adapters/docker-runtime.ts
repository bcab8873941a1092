import { resolve } from 'node:path'
import type { TaskUsage } from '../domain/metric-of-ecs.ts'
import type { TaskEndpoint } from '../domain/task.ts'
import { TaskStartError } from '../engine/ports.ts'
import type {
  Clock,
  ContainerLaunch,
  ContainerObservation,
  ExecCommand,
  ExecResult,
  Log,
  OutputBatch,
  PreparedTask,
  TaskLaunch,
  TaskRuntime,
} from '../engine/ports.ts'
import { DockerApi, DockerError, DockerUnreachable } from './docker-api.ts'
import { DockerContainers } from './docker-containers.ts'
import { execInDockerContainer } from './docker-exec.ts'
import { readHost } from './docker-host.ts'
import { dockerLabel, findOrMakeDockerIdentity } from './docker-identity.ts'
import { DockerImages } from './docker-images.ts'
import { dockerLogTail, followDockerLog } from './docker-logs.ts'
import { DockerNetwork } from './docker-network.ts'
import { isRunning, observeContainer } from './docker-observation.ts'
import { DockerNames, dockerNotes, dockerVolume, pauseContainer, taskContainer } from './docker-plan.ts'
import type { DockerHost } from './docker-plan.ts'
import { DockerRoleAddress } from './docker-role-address.ts'
import { watchDocker } from './docker-watch.ts'
import { imageDigestsOf } from './image-digests.ts'
import { ensurePauseImage } from './pause-image.ts'

export type DockerRuntimeOptions = {
  readonly dataDirectory: string
  readonly socketPath: string
  readonly clock: Clock
  readonly log?: Log
  /** Whether `teal build` made such an image: for tasks as processes, which Docker knows nothing of. */
  readonly isProcessImage?: (reference: string) => Promise<boolean>
}

type LogSource = Parameters<TaskRuntime['followLog']>[0]

/** How long a start waits for a Docker engine that does not answer, because somebody restarts it for instance. */
const patienceMilliseconds = 60_000
const retryMilliseconds = 500

/**
 * Tasks in Docker. A task is a container that does nothing but hold a network with an address of its own, and the
 * definition's containers, which share it and with it localhost: what awsvpc is on ECS. Everything is found again by its
 * labels and has a name that follows from the task, so that what is done twice is done once.
 */
export class DockerRuntime implements TaskRuntime {
  readonly name = 'docker'
  readonly #api: DockerApi
  readonly #clock: Clock
  readonly #log: Log | undefined
  readonly #names: DockerNames
  readonly #network: DockerNetwork
  readonly #roleAddress: DockerRoleAddress
  readonly #images: DockerImages
  readonly #containers: DockerContainers
  readonly #ended = new AbortController()
  readonly #listeners: ((taskId: string) => void)[] = []
  readonly #turns = new Map<string, Promise<unknown>>()
  readonly #stops = new Map<string, Promise<void>>()
  /** The tasks this engine has seen, which are looked at when Docker was away: it may have lost them altogether. */
  readonly #known = new Set<string>()
  #host: Promise<DockerHost> | undefined
  #isEnding = false

  /** Finds the tasks of earlier engines; the end of each container is reported, also of those that have ended meanwhile. */
  constructor({ dataDirectory, socketPath, clock, log, isProcessImage = nobody }: DockerRuntimeOptions) {
    const directory = resolve(dataDirectory)
    this.#api = new DockerApi(socketPath)
    this.#clock = clock
    this.#log = log
    this.#names = new DockerNames(findOrMakeDockerIdentity(directory).id)
    this.#network = new DockerNetwork(this.#api, directory)
    this.#roleAddress = new DockerRoleAddress(this.#api)
    this.#images = new DockerImages(this.#api, clock, isProcessImage)
    this.#containers = new DockerContainers(this.#api, clock, this.#names)
    void watchDocker({
      api: this.#api,
      clock,
      log,
      dataDirectoryId: this.#names.dataDirectoryId,
      signal: this.#ended.signal,
      ended: (taskId, containerName) => {
        this.#tell(taskId)
        if (containerName === undefined) void this.#endIfCutOff(taskId)
      },
      connected: () => this.#tellAll(),
    })
  }

  /** The engine's address as tasks reach it, as far as it is known. */
  get gateway(): string | undefined {
    return this.#network.gateway
  }

  /** Where tasks find the credentials of their roles, as far as it is known. */
  get roleAddress(): string | undefined {
    return this.#roleAddress.address
  }

  /** Makes the network, so that the gateway is known. Throws where Docker does not answer, or is of no use here. */
  async open(): Promise<void> {
    await this.#hostOf()
    await this.#network.ensure()
    await this.#roleAddress.ensure()
  }

  prepare(launch: TaskLaunch): Promise<PreparedTask> {
    return this.#inTurn(launch.taskId, () => this.#starting('ResourceInitializationError', () => this.#prepare(launch)))
  }

  startContainer({ taskId }: TaskLaunch, containerName: string): Promise<void> {
    return this.#inTurn(taskId, () =>
      this.#starting('CannotStartContainerError', async () => {
        const name = this.#names.container(taskId, containerName)
        const container = await this.#containers.find(name)
        if (container === undefined) {
          throw new Error(`container ${containerName} was stopped before it had started, or removed`)
        }
        if (this.#isEnding) throw new Error('the engine is ending')
        // Docker would start a container again that has ended.
        if (container.State.Status === 'created') await this.#containers.start(name)
      }),
    )
  }

  async inspect(taskId: string): Promise<readonly ContainerObservation[]> {
    const found = await this.#containers.ofTask(taskId)
    const started = found.filter(
      ({ State, Labels }) => Labels[dockerLabel.container] !== undefined && State !== 'created',
    )
    const observations = started.map(async ({ Id }) => {
      const container = await this.#containers.find(Id)
      return container === undefined ? [] : [await observeContainer(this.#api, this.#clock, container)]
    })
    const seen = (await Promise.all(observations)).flat()
    if (seen.length > 0) this.#known.add(taskId)
    return seen
  }

  async stopContainer(taskId: string, containerName: string): Promise<void> {
    await this.#containers.stop(this.#names.container(taskId, containerName))
  }

  stop(taskId: string): Promise<void> {
    const running = this.#stops.get(taskId)
    if (running !== undefined) return running
    const stop = this.#inTurn(taskId, () => this.#stopTask(taskId)).finally(() => this.#stops.delete(taskId))
    this.#stops.set(taskId, stop)
    return stop
  }

  async logTail(taskId: string, containerName: string, lines: number): Promise<readonly string[]> {
    return await dockerLogTail(this.#api, this.#names.container(taskId, containerName), lines)
  }

  async followLog(
    { taskId, containerName, position }: LogSource,
    sink: (batch: OutputBatch) => Promise<void>,
    signal: AbortSignal,
  ): Promise<void> {
    const name = this.#names.container(taskId, containerName)
    const hasEnded = async (): Promise<boolean> => {
      const container = await this.#containers.find(name)
      if (container === undefined) throw new Error(`Container ${name} is gone, and its output with it.`)
      return !isRunning(container)
    }
    await followDockerLog(this.#api, name, { position, sink, signal, clock: this.#clock, hasEnded })
  }

  async exec(taskId: string, containerName: string, command: ExecCommand, signal?: AbortSignal): Promise<ExecResult> {
    return await execInDockerContainer(this.#api, this.#names.container(taskId, containerName), command, signal)
  }

  remove(taskId: string): Promise<void> {
    return this.stop(taskId).then(() =>
      this.#inTurn(taskId, async () => {
        await this.#containers.remove(taskId)
        this.#known.delete(taskId)
      }),
    )
  }

  async list(): Promise<readonly string[]> {
    return await this.#containers.tasks()
  }

  async stats(taskId: string): Promise<Readonly<Record<string, object>>> {
    return await this.#containers.stats(taskId)
  }

  async usage(taskId: string): Promise<TaskUsage | undefined> {
    return await this.#containers.usage(taskId)
  }

  onExit(listener: (taskId: string) => void): void {
    this.#listeners.push(listener)
  }

  endpointUrlFor(endpointUrl: string): string {
    if (this.gateway === undefined || !URL.canParse(endpointUrl)) return endpointUrl
    const url = new URL(endpointUrl)
    return `http://${this.gateway}:${url.port}`
  }

  roleEndpointUrlFor(endpointUrl: string): string | undefined {
    if (this.roleAddress === undefined || !URL.canParse(endpointUrl)) return undefined
    return `http://${this.roleAddress}:${new URL(endpointUrl).port}`
  }

  /** Ends every task of the data directory and leaves nothing of them in Docker. Nothing starts afterwards. */
  async shutdown(): Promise<void> {
    this.#isEnding = true
    const taskIds = await this.list()
    const removals = await Promise.allSettled(taskIds.map((taskId) => this.remove(taskId)))
    for (const removal of removals) if (removal.status === 'rejected') throw removal.reason
    await this.#network.remove()
    await this.#roleAddress.removeIfLast()
    this.close()
  }

  /** SIGKILL to every container, without waiting for anything. */
  async kill(): Promise<void> {
    await this.#containers.killAll()
  }

  async runningTasks(): Promise<readonly string[]> {
    return await this.#containers.runningTasks()
  }

  /** Leaves the tasks alone and looks after them no more: the next engine will. */
  close(): void {
    this.#ended.abort(new Error('The engine has ended.'))
    this.#api.close()
  }

  async #prepare(launch: TaskLaunch): Promise<PreparedTask> {
    const { taskId } = launch
    if (this.#isEnding) throw new Error('the engine is ending')
    const host = await this.#hostOf()
    if (launch.networkMode !== 'host') await this.#network.ensure()
    await this.#roleAddress.ensure()
    const found = await this.#containers.ofTask(taskId)
    const digests = new Map(found.map(({ Labels }) => [Labels[dockerLabel.container], Labels[dockerLabel.imageDigest]]))
    const missing = launch.containers.filter(({ name }) => !digests.has(name))
    const images = await Promise.all(missing.map((container) => this.#images.ensure(container)))
    for (const volume of launch.volumes ?? []) await this.#makeVolume(volume, taskId)
    const address = launch.networkMode === 'host' ? '127.0.0.1' : await this.#holdNetwork(launch)
    for (const [index, container] of missing.entries()) {
      const { image = container.image, digest = '' } = images[index] ?? {}
      const given = { names: this.#names, host, image, imageDigest: digest }
      await this.#create(container, taskContainer(container, launch, given), taskId)
      digests.set(container.name, digest)
    }
    return {
      endpoints: address === '' ? [] : endpointsOf(launch, address),
      ...(address === '' || launch.networkMode === 'host' ? {} : { address }),
      imageDigests: imageDigestsOf(digests),
      notes: dockerNotes(launch, host),
    }
  }

  async #makeVolume(volume: NonNullable<TaskLaunch['volumes']>[number], taskId: string): Promise<void> {
    const { name, hostPath, docker } = volume
    if (hostPath !== undefined) return
    if (docker?.scope === 'shared' && !docker.autoprovision) {
      if ((await this.#api.find(`/volumes/${name}`)) !== undefined) return
      throw new Error(`there is no Docker volume ${name}, and autoprovision does not ask for it to be made`)
    }
    await this.#api.call('POST', '/volumes/create', { body: dockerVolume(volume, taskId, this.#names) })
  }

  /** Answers the task's address; empty where it has none (network mode none). */
  async #holdNetwork(launch: TaskLaunch): Promise<string> {
    const name = this.#names.pause(launch.taskId)
    const known = await this.#containers.find(name)
    if (known === undefined) {
      const image = await ensurePauseImage(this.#api)
      await this.#containers.create(name, pauseContainer(launch, image, this.#network.name, this.#names))
    } else if (!isRunning(known) && known.State.Status !== 'created') {
      throw new Error('the task was stopped, or its network ended, before it had started')
    }
    if (known === undefined || known.State.Status === 'created') await this.#containers.start(name)
    const now = await this.#containers.find(name)
    return now?.NetworkSettings.Networks[this.#network.name]?.IPAddress ?? ''
  }

  async #create(container: ContainerLaunch, body: object, taskId: string): Promise<void> {
    try {
      await this.#containers.create(this.#names.container(taskId, container.name), body)
    } catch (error) {
      if (!(error instanceof DockerError)) throw error
      throw new TaskStartError(`CannotCreateContainerError: Error response from daemon: ${error.message}`)
    }
  }

  async #stopTask(taskId: string): Promise<void> {
    const found = await this.#containers.ofTask(taskId)
    const own = found.filter(({ Labels }) => Labels[dockerLabel.container] !== undefined)
    await Promise.all(own.map(({ Id }) => this.#containers.stop(Id)))
    await this.#containers.stop(this.#names.pause(taskId))
  }

  /** What a start comes to, in ECS's words. A Docker engine that is being restarted is waited for. */
  async #starting<Result>(kind: string, work: () => Promise<Result>): Promise<Result> {
    const deadline = this.#clock.now() + patienceMilliseconds
    for (;;) {
      try {
        return await work()
      } catch (error) {
        if (error instanceof TaskStartError) throw error
        if (!(error instanceof DockerUnreachable)) throw new TaskStartError(`${kind}: ${wordsOf(error)}`)
        if (this.#clock.now() > deadline || this.#isEnding) {
          throw new TaskStartError(`DockerTimeoutError: ${error.message}`)
        }
      }
      await this.#clock.sleep(retryMilliseconds, this.#ended.signal)
    }
  }

  async #hostOf(): Promise<DockerHost> {
    this.#host ??= readHost(this.#api)
    try {
      return await this.#host
    } catch (error) {
      this.#host = undefined
      throw error
    }
  }

  async #tellAll(): Promise<void> {
    const known = [...this.#known]
    const { all, ended, cutOff } = await this.#containers.ends()
    const lost = known.filter((taskId) => !all.has(taskId))
    for (const taskId of [...ended, ...lost]) this.#tell(taskId)
    for (const taskId of cutOff) void this.#endIfCutOff(taskId)
  }

  /** To ECS's agent, too, the container that holds a task's network is essential: nobody reaches the others any more. */
  async #endIfCutOff(taskId: string): Promise<void> {
    try {
      if (!(await this.#containers.isCutOff(taskId))) return
      const holder = this.#names.pause(taskId)
      this.#log?.warn(`Task ${taskId} is stopped: container ${holder}, which held its network, was ended from outside.`)
      await this.stop(taskId)
    } catch {
      // Docker is away; all tasks are looked at when it answers again.
    }
  }

  #tell(taskId: string): void {
    for (const listener of this.#listeners) listener(taskId)
  }

  /** What has an effect on one task happens one after the other. */
  #inTurn<Result>(taskId: string, work: () => Promise<Result>): Promise<Result> {
    const before = this.#turns.get(taskId) ?? Promise.resolve()
    const result = before.then(work, work)
    const turn = result
      .catch(() => undefined)
      .finally(() => {
        if (this.#turns.get(taskId) === turn) this.#turns.delete(taskId)
      })
    this.#turns.set(taskId, turn)
    return result
  }
}

function endpointsOf({ containers }: TaskLaunch, host: string): readonly TaskEndpoint[] {
  return containers.flatMap(({ name, containerPorts }) =>
    containerPorts.map((containerPort) => ({ containerName: name, containerPort, host, port: containerPort })),
  )
}

function wordsOf(error: unknown): string {
  if (error instanceof DockerError) return `Error response from daemon: ${error.message}`
  return error instanceof Error ? error.message : String(error)
}

async function nobody(): Promise<boolean> {
  return false
}
