import type { ChildProcess } from 'node:child_process'
import { mkdirSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
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
import { containerEnvironment } from './container-environment.ts'
import { planContainer } from './container-plan.ts'
import type { ImageSource } from './container-plan.ts'
import { startContainer, stopContainer } from './container-process.ts'
import { ContainerWatch } from './container-watch.ts'
import { imageDigestsOf } from './image-digests.ts'
import { followLog } from './log-follow.ts'
import { readLogTail } from './log-tail.ts'
import { execInContainer } from './process-exec.ts'
import { pidOf } from './process-identity.ts'
import { observeProcess } from './process-observation.ts'
import { ProcessStats } from './process-stats.ts'
import { ProcessUsage } from './process-usage.ts'
import { processNotes } from './process-notes.ts'
import { volumeVariables } from './process-volumes.ts'
import type { VolumePlaces } from './process-volumes.ts'
import { listTasks, readContainerState, TaskDirectory } from './task-directory.ts'
import type { PlannedContainer, TaskPlan } from './task-directory.ts'
import { groupUsage, TaskGroups } from './task-groups.ts'
import { TaskPorts } from './task-ports.ts'

export type ProcessRuntimeOptions = {
  readonly dataDirectory: string
  readonly images: ImageSource
  readonly clock: Clock
  readonly log?: Log
}

type LogSource = Parameters<TaskRuntime['followLog']>[0]

const host = '127.0.0.1'

const isolationWarning =
  'Tasks run as processes of this machine, as the user who runs the engine unless they name another: networks and a ' +
  'file system of their own are not enforced, tasks of one image share its directory, and a '
const withLimits =
  'program that leaves its process group (a daemon) is stopped with its task only where the task has limits of CPU or ' +
  'memory, which are enforced.'
const withoutLimits =
  'program that leaves its process group (a daemon) is not stopped with its task. CPU and memory limits are not enforced: '

/**
 * Tasks as processes: each container is a process group in a session of its own, which outlives the engine. All that is
 * known of them lies in `<data>/tasks`, so any later engine finds them again; one engine at a time uses a data directory.
 */
export class ProcessRuntime implements TaskRuntime {
  readonly name = 'process'
  readonly #tasksDirectory: string
  readonly #volumes: string
  readonly #images: ImageSource
  readonly #clock: Clock
  readonly #log: Log | undefined
  readonly #ports = new TaskPorts()
  readonly #usage: ProcessUsage
  readonly #stats: ProcessStats
  readonly #watch: ContainerWatch
  readonly #groups: TaskGroups
  readonly #listeners: ((taskId: string) => void)[] = []
  readonly #turns = new Map<string, Promise<unknown>>()
  readonly #stops = new Map<string, Promise<void>>()
  /** By state directory, of the containers this engine started: for commands run in them where there is no /proc. */
  readonly #environments = new Map<string, Readonly<Record<string, string>>>()
  #hasWarned = false
  #isEnding = false

  /** Finds the tasks of earlier engines at once; the end of each is reported, also of those that have ended meanwhile. */
  constructor({ dataDirectory, images, clock, log }: ProcessRuntimeOptions) {
    if (process.platform === 'win32') {
      throw new Error('Tasks as processes need a POSIX system. On Windows use WSL, or --runtime docker.')
    }
    this.#tasksDirectory = join(resolve(dataDirectory), 'tasks')
    this.#volumes = join(resolve(dataDirectory), 'volumes')
    this.#images = images
    this.#clock = clock
    this.#log = log
    this.#usage = new ProcessUsage(clock)
    this.#stats = new ProcessStats(clock, this.#usage)
    this.#groups = new TaskGroups(dataDirectory, clock)
    this.#watch = new ContainerWatch(clock, (taskId) => {
      for (const listener of this.#listeners) listener(taskId)
    })
    for (const taskId of listTasks(this.#tasksDirectory)) this.#adopt(taskId)
  }

  prepare(launch: TaskLaunch): Promise<PreparedTask> {
    return this.#inTurn(launch.taskId, async () => {
      this.#warnOnce()
      try {
        const plan = this.#directory(launch.taskId).readPlan() ?? (await this.#plan(launch))
        const imageDigests = imageDigestsOf(plan.containers.map(({ name, digest }) => [name, digest]))
        return { endpoints: endpointsOf(plan), imageDigests, notes: processNotes(launch) }
      } catch (error) {
        throw toStartError(error)
      }
    })
  }

  startContainer(launch: TaskLaunch, containerName: string): Promise<void> {
    return this.#inTurn(launch.taskId, async () => {
      try {
        const plan = this.#directory(launch.taskId).readPlan()
        const container = launch.containers.find(({ name }) => name === containerName)
        if (plan === undefined || container === undefined) throw new Error(`${containerName} has not been prepared`)
        await this.#startContainer(container, plan, launch)
      } catch (error) {
        throw toStartError(error)
      }
    })
  }

  async inspect(taskId: string): Promise<readonly ContainerObservation[]> {
    const directory = this.#directory(taskId)
    const plan = directory.readPlan()
    return (plan?.containers ?? []).flatMap((planned) => observeProcess(directory, planned, plan?.groups))
  }

  async stopContainer(taskId: string, containerName: string): Promise<void> {
    const directory = this.#directory(taskId)
    const planned = directory.readPlan()?.containers.find(({ name }) => name === containerName)
    if (planned !== undefined) await stopContainer(planned, directory.files(containerName), this.#clock)
  }

  stop(taskId: string): Promise<void> {
    const running = this.#stops.get(taskId)
    if (running !== undefined) return running
    const stop = this.#inTurn(taskId, () => this.#stopContainers(taskId)).finally(() => this.#stops.delete(taskId))
    this.#stops.set(taskId, stop)
    return stop
  }

  /** Lines longer than 2,000 characters are cut; not more than the last 256 KiB are looked at. */
  async logTail(taskId: string, containerName: string, lines: number): Promise<readonly string[]> {
    const { olderLog, log } = this.#directory(taskId).files(containerName)
    return readLogTail([olderLog, log], lines)
  }

  async followLog(source: LogSource, sink: (batch: OutputBatch) => Promise<void>, signal: AbortSignal): Promise<void> {
    const files = this.#directory(source.taskId).files(source.containerName)
    const ended = this.#watch.whenEnded(files)
    await followLog(files, { position: source.position, sink, signal, ended, clock: this.#clock })
  }

  async exec(taskId: string, containerName: string, command: ExecCommand, signal?: AbortSignal): Promise<ExecResult> {
    const directory = this.#directory(taskId)
    const planned = directory.readPlan()?.containers.find(({ name }) => name === containerName)
    const files = directory.files(containerName)
    if (planned === undefined) throw new Error(`Task ${taskId} has no container ${containerName}.`)
    const { userPrefix = [] } = planned
    const asked = { ...command, arguments: [...userPrefix, ...command.arguments] }
    const place = { files, directory: planned.directory, started: this.#environments.get(files.state) }
    const ended = this.#watch.whenEnded(files)
    return await execInContainer(place, asked, signal === undefined ? ended : AbortSignal.any([ended, signal]))
  }

  async usage(taskId: string): Promise<TaskUsage | undefined> {
    return this.#usage.of(this.#leaders(taskId).map(({ pid }) => pid))
  }

  async stats(taskId: string): Promise<Readonly<Record<string, object>>> {
    const groups = this.#readPlan(this.#directory(taskId))?.groups
    return Object.fromEntries(
      this.#leaders(taskId).flatMap(({ name, pid }) => {
        const inGroup = groups === undefined ? undefined : groupUsage(groups, name)
        const stats = this.#stats.of(pid, `${taskId}/${name}`, inGroup)
        return stats === undefined ? [] : [[name, stats]]
      }),
    )
  }

  /** Of the containers that run. */
  #leaders(taskId: string): readonly { readonly name: string; readonly pid: number }[] {
    const directory = this.#directory(taskId)
    return (this.#readPlan(directory)?.containers ?? []).flatMap(({ name }) => {
      const state = readContainerState(directory.files(name))
      return state.kind === 'running' ? [{ name, pid: pidOf(state.shim) }] : []
    })
  }

  async list(): Promise<readonly string[]> {
    return listTasks(this.#tasksDirectory)
  }

  /** Stops what should still run of it. */
  async remove(taskId: string): Promise<void> {
    await this.stop(taskId)
    await this.#inTurn(taskId, () => {
      const directory = this.#directory(taskId)
      for (const { name } of this.#readPlan(directory)?.containers ?? []) {
        this.#environments.delete(directory.files(name).state)
      }
      directory.remove()
      rmSync(this.#taskVolumes(taskId), { recursive: true, force: true, maxRetries: 3 })
      this.#ports.release(taskId)
      return Promise.resolve()
    })
  }

  onExit(listener: (taskId: string) => void): void {
    this.#listeners.push(listener)
  }

  /** Ends every task of the data directory, also those this engine has never heard of. Nothing starts afterwards. */
  async shutdown(): Promise<void> {
    this.#isEnding = true
    const stops = await Promise.allSettled(listTasks(this.#tasksDirectory).map((taskId) => this.stop(taskId)))
    this.close()
    for (const stop of stops) if (stop.status === 'rejected') throw stop.reason
  }

  /** SIGKILL to every task that is looked after, whatever became of the data directory. */
  kill(): Promise<void> {
    return Promise.resolve(this.#watch.kill())
  }

  /** Leaves the tasks alone and looks after them no more: the next engine will. */
  close(): void {
    this.#watch.close()
    this.#ports.close()
  }

  #directory(taskId: string): TaskDirectory {
    return new TaskDirectory(this.#tasksDirectory, taskId)
  }

  /** Beside the tasks' own files, so that users other than the engine's reach them. */
  #taskVolumes(taskId: string): string {
    return join(this.#volumes, 'tasks', taskId)
  }

  #adopt(taskId: string): void {
    const directory = this.#directory(taskId)
    const plan = this.#readPlan(directory)
    if (plan === undefined) return
    const ports = plan.containers.flatMap((container) => container.ports.map(({ port }) => port))
    this.#ports.hold(taskId, ports)
    for (const { name } of plan.containers) this.#watch.adopt(taskId, directory.files(name))
  }

  /** One task's damaged file is not a reason to leave all the others alone. */
  #readPlan(directory: TaskDirectory): TaskPlan | undefined {
    try {
      return directory.readPlan()
    } catch (error) {
      this.#log?.warn(`A task cannot be found again: ${String(error)}`)
      return undefined
    }
  }

  /** Decides everything and writes it down, before the first process exists. */
  async #plan(launch: TaskLaunch): Promise<TaskPlan> {
    const { taskId, taskArn } = launch
    const containers: PlannedContainer[] = []
    for (const container of launch.containers) containers.push(await planContainer(container, this.#images))
    const count = launch.containers.reduce((sum, { containerPorts }) => sum + containerPorts.length, 0)
    const ports = [...(await this.#ports.choose(taskId, count))]
    const groups = this.#groups.plan(launch)
    const plan: TaskPlan = {
      taskId,
      taskArn,
      ...(groups === undefined ? {} : { groups }),
      containers: containers.map((each, index) => withPorts(each, launch.containers[index], ports)),
    }
    const directory = this.#directory(taskId)
    const places = { task: this.#taskVolumes(taskId), shared: join(this.#volumes, 'shared') }
    try {
      mkdirSync(this.#tasksDirectory, { recursive: true, mode: 0o700 })
      directory.writePlan({ ...plan, containers: withVolumes(plan.containers, launch, places) })
    } catch (error) {
      this.#ports.release(taskId)
      throw error
    }
    return directory.readPlan() ?? plan
  }

  async #startContainer(launch: ContainerLaunch, plan: TaskPlan, task: TaskLaunch): Promise<void> {
    const { taskId } = plan
    const planned = plan.containers.find(({ name }) => name === launch.name)
    if (planned === undefined) throw new Error(`the task was first started without a container ${launch.name}`)
    if (this.#isEnding) throw new Error('the engine is ending')
    const files = this.#directory(taskId).files(launch.name)
    const command = {
      arguments: planned.arguments,
      directory: planned.directory,
      environment: containerEnvironment(launch, planned, plan),
      groups: plan.groups === undefined ? [] : this.#groups.make(plan.groups, task, launch.name),
    }
    const onExit = (): void => this.#watch.look(taskId, files)
    this.#environments.set(files.state, command.environment)
    const label = `teal/${taskId}/${launch.name}`
    const onSpawned = (shim: ChildProcess): void => this.#watch.begins(shim)
    const isChild = await startContainer(command, label, { files, clock: this.#clock, onSpawned, onExit })
    if (readContainerState(files).kind === 'withdrawn') {
      throw new TaskStartError(`CannotStartContainerError: container ${launch.name} was stopped before it had started`)
    }
    if (isChild) this.#watch.addChild(taskId, files)
    else this.#watch.adopt(taskId, files)
    // It may have ended before anybody watched.
    onExit()
  }

  async #stopContainers(taskId: string): Promise<void> {
    const directory = this.#directory(taskId)
    const { containers = [], groups } = directory.readPlan() ?? {}
    await Promise.all(containers.map((each) => stopContainer(each, directory.files(each.name), this.#clock)))
    if (groups !== undefined) {
      await this.#groups.remove(
        groups,
        containers.map(({ name }) => ({ name, files: directory.files(name) })),
      )
    }
    this.#ports.release(taskId)
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

  #warnOnce(): void {
    if (this.#hasWarned) return
    this.#hasWarned = true
    const problem = this.#groups.problem()
    this.#log?.warn(`${isolationWarning}${problem === undefined ? withLimits : `${withoutLimits}${problem}.`}`)
    void this.#groups.removeOrphans(listTasks(this.#tasksDirectory))
  }
}

function withVolumes(
  containers: readonly PlannedContainer[],
  launch: TaskLaunch,
  places: VolumePlaces,
): readonly PlannedContainer[] {
  return containers.map((planned) => {
    const container = launch.containers.find(({ name }) => name === planned.name)
    if (container?.mounts === undefined || container.mounts.length === 0) return planned
    return { ...planned, volumeVariables: volumeVariables(container, launch, places) }
  })
}

function withPorts(planned: PlannedContainer, launch: ContainerLaunch | undefined, free: number[]): PlannedContainer {
  const ports = (launch?.containerPorts ?? []).map((containerPort) => ({ containerPort, port: free.shift() ?? 0 }))
  return { ...planned, ports }
}

function endpointsOf(plan: TaskPlan): readonly TaskEndpoint[] {
  return plan.containers.flatMap(({ name, ports }) =>
    ports.map(({ containerPort, port }) => ({ containerName: name, containerPort, host, port })),
  )
}

function toStartError(error: unknown): TaskStartError {
  if (error instanceof TaskStartError) return error
  return new TaskStartError(`ResourceInitializationError: ${error instanceof Error ? error.message : String(error)}`)
}
