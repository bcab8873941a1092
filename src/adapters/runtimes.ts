import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Clock, Log, TaskRuntime } from '../engine/ports.ts'
import { DockerApi, dockerSocketPath, DockerUnreachable } from './docker-api.ts'
import { DockerRuntime } from './docker-runtime.ts'
import { readDockerIdentity, removeDockerIdentity } from './docker-identity.ts'
import { ImageStore } from './image-store.ts'
import { ProcessRuntime } from './process-runtime.ts'
import { SystemClock } from './system-clock.ts'
import { runningTasks } from './running-tasks.ts'
import { listTasks } from './task-directory.ts'

export type RuntimeKind = 'process' | 'docker' | 'auto'

/** A runtime and what only those who begin and end it need. */
export type EngineRuntime = TaskRuntime & {
  /** Ends all tasks of the data directory. */
  shutdown(): Promise<void>
  /** SIGKILL to all that this runtime knows of, also where the data directory is gone. */
  kill(): Promise<void>
  /** Leaves the tasks to the next engine. */
  close(): void
}

export type StartedRuntime = {
  readonly runtime: EngineRuntime
  /** `as processes of this machine` */
  readonly description: string
  /** Addresses that the engine has for tasks alone, each as it is known now. */
  readonly addresses?: readonly (() => string | undefined)[]
}

type Place = { readonly dataDirectory: string; readonly clock: Clock; readonly log?: Log }

/**
 * The runtime of an engine. `auto` is what the data directory has had before; else Docker where its engine answers; else
 * processes. Rejects with an Error that says what to do, also where tasks of the other runtime are still running.
 */
export async function startRuntime(kind: RuntimeKind, place: Place): Promise<StartedRuntime> {
  const { dataDirectory } = place
  const chosen = kind === 'auto' ? await automatic(dataDirectory) : kind
  switch (chosen) {
    case 'process':
      await refuseTasksInDocker(place)
      return { runtime: processRuntime(place), description: 'as processes of this machine' }
    case 'docker': {
      const running = runningTasks(dataDirectory).length
      if (running > 0) throw otherTasks(dataDirectory, running, 'as processes', 'process')
      return await startDocker(place)
    }
  }
}

/** The runtimes of which a data directory may have tasks: what `teal down` ends. */
export function leftRuntimes(place: Place): readonly EngineRuntime[] {
  const inDocker = readDockerIdentity(place.dataDirectory) === undefined ? [] : [dockerRuntime(place)]
  return [processRuntime(place), ...inDocker]
}

/** The number of tasks that run now; those in Docker are not counted where it does not answer. */
export async function countTasks(dataDirectory: string, clock: Clock): Promise<number> {
  const inDocker = await tasksInDocker({ dataDirectory, clock }).catch(() => 0)
  return runningTasks(dataDirectory).length + inDocker
}

/** Sends SIGKILL to all that runs in Docker, and does not wait for it. */
export function killDockerTasks(dataDirectory: string): void {
  if (readDockerIdentity(dataDirectory) === undefined) return
  const runtime = dockerRuntime({ dataDirectory, clock: new SystemClock() })
  void runtime
    .kill()
    .catch(() => undefined)
    .finally(() => runtime.close())
}

async function automatic(dataDirectory: string): Promise<'process' | 'docker'> {
  const directory = resolve(dataDirectory)
  if (readDockerIdentity(directory) !== undefined) return 'docker'
  const hasProcesses = existsSync(join(directory, 'images')) || listTasks(join(directory, 'tasks')).length > 0
  if (hasProcesses || process.platform !== 'linux') return 'process'
  return (await doesDockerAnswer()) ? 'docker' : 'process'
}

async function doesDockerAnswer(): Promise<boolean> {
  return askDocker().then(
    () => true,
    () => false,
  )
}

/** Rejects where it does not answer. */
async function askDocker(): Promise<void> {
  const api = new DockerApi(dockerSocketPath())
  try {
    await api.version()
  } finally {
    api.close()
  }
}

async function startDocker(place: Place): Promise<StartedRuntime> {
  const isKnown = readDockerIdentity(place.dataDirectory) !== undefined
  // A runtime says at once that it waits for Docker, which would be told of one that does not start.
  if (!isKnown) await askDocker().catch(refuse)
  const runtime = dockerRuntime(place)
  try {
    await runtime.open()
  } catch (error) {
    // Docker may be starting. What there is of tasks is taken up when it answers.
    if (!(error instanceof DockerUnreachable && isKnown && runtime.gateway !== undefined)) {
      runtime.close()
      if (!isKnown) removeDockerIdentity(place.dataDirectory)
      refuse(error)
    }
  }
  return { runtime, description: 'in Docker', addresses: [() => runtime.gateway, () => runtime.roleAddress] }
}

function refuse(error: unknown): never {
  throw error instanceof DockerUnreachable
    ? new Error(`${error.message}. Start it, or use --runtime process.`, { cause: error })
    : error
}

async function refuseTasksInDocker(place: Place): Promise<void> {
  const { dataDirectory } = place
  try {
    const running = await tasksInDocker(place)
    if (running > 0) throw otherTasks(dataDirectory, running, 'in Docker', 'docker')
  } catch (error) {
    if (!(error instanceof DockerUnreachable)) throw error
    place.log?.warn(`${error.message}. Tasks that this data directory may have there are left alone.`)
  }
}

async function tasksInDocker(place: Place): Promise<number> {
  if (readDockerIdentity(place.dataDirectory) === undefined) return 0
  const runtime = dockerRuntime({ dataDirectory: place.dataDirectory, clock: place.clock })
  try {
    return (await runtime.runningTasks()).length
  } finally {
    runtime.close()
  }
}

function otherTasks(dataDirectory: string, count: number, where: string, kind: string): Error {
  return new Error(
    `${count === 1 ? '1 task' : `${count} tasks`} of ${dataDirectory} ${count === 1 ? 'runs' : 'run'} ${where}. ` +
      `Go on with them by --runtime ${kind}, or end them first with \`teal down --data ${dataDirectory}\`.`,
  )
}

function processRuntime({ dataDirectory, ...place }: Place): ProcessRuntime {
  return new ProcessRuntime({ ...place, dataDirectory, images: new ImageStore(dataDirectory) })
}

function dockerRuntime({ dataDirectory, ...place }: Place): DockerRuntime {
  const images = new ImageStore(dataDirectory)
  return new DockerRuntime({
    ...place,
    dataDirectory,
    socketPath: dockerSocketPath(),
    isProcessImage: (reference) =>
      images.resolve(reference).then(
        () => true,
        () => false,
      ),
  })
}
