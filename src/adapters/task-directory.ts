import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, readlinkSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import type { TaskEndpoint } from '../domain/task.ts'
import { writeDurably } from './durable-file.ts'
import { codeOf } from './error-code.ts'
import type { GroupPlace } from './group-hierarchy.ts'
import { isAlive } from './process-identity.ts'
import type { ProcessIdentity } from './process-identity.ts'

/** What was decided when a task was first started; a second start decides nothing anew. No environment: it may hold secrets. */
export type TaskPlan = {
  readonly taskId: string
  readonly taskArn: string
  readonly containers: readonly PlannedContainer[]
  /** The task's control groups, where it has limits and they are enforced. */
  readonly groups?: GroupPlace
}

export type PlannedContainer = {
  readonly name: string
  readonly image: string
  /** `sha256:…` of the image, where it has one. */
  readonly digest?: string
  readonly arguments: readonly string[]
  /** What stands before every command run in the container, so that it has the container's user. */
  readonly userPrefix?: readonly string[]
  /** Where its volumes are: `VOLUME_DATA`. */
  readonly volumeVariables?: Readonly<Record<string, string>>
  /** Where the process starts. */
  readonly directory: string
  readonly imageEnvironment: Readonly<Record<string, string>>
  readonly ports: readonly PlannedPort[]
  readonly stopSignal: NodeJS.Signals
  readonly stopTimeoutSeconds: number
}
type PlannedPort = Pick<TaskEndpoint, 'containerPort' | 'port'>

export type ContainerFiles = {
  readonly log: string
  /** What the log's size limit moved out of it. */
  readonly olderLog: string
  /** How many bytes of output come before the log's first; missing for none. */
  readonly logBase: string
  readonly shimErrors: string
  /** A directory: `claim`, `command` and `exit` of the shim. */
  readonly state: string
}

export type ContainerState =
  | { readonly kind: 'unclaimed' }
  /** Stopped before a shim had come: none ever will. */
  | { readonly kind: 'withdrawn' }
  | { readonly kind: 'running'; readonly shim: ProcessIdentity; readonly pid: number | undefined }
  | {
      readonly kind: 'exited'
      readonly shim: ProcessIdentity
      readonly pid: number | undefined
      readonly exitCode: number
      /** False where the shim ended without a word, as after SIGKILL. */
      readonly isRecorded: boolean
    }

const withdrawnClaim = 'withdrawn'
const safeName = /^[A-Za-z0-9_-]+$/
const mostNameCharacters = 220
/** What a shell would say of a command that SIGKILL ended. */
const killedExitCode = 137

/** `<data>/tasks/<taskId>`: a task's plan, its containers' state and logs. The engine's only memory of processes. */
export class TaskDirectory {
  readonly path: string

  constructor(tasksDirectory: string, taskId: string) {
    if (!safeName.test(taskId)) throw new Error(`"${taskId}" cannot be a task's id`)
    this.path = join(tasksDirectory, taskId)
  }

  /** Undefined for a task that was never started. */
  readPlan(): TaskPlan | undefined {
    const file = join(this.path, 'launch.json')
    const text = readIfThere(file)
    if (text === undefined) return undefined
    try {
      return JSON.parse(text) as TaskPlan
    } catch (error) {
      throw new Error(`${file} is damaged: ${String(error)}`, { cause: error })
    }
  }

  writePlan(plan: TaskPlan): void {
    for (const { name } of plan.containers) mkdirSync(this.files(name).state, { recursive: true, mode: 0o700 })
    writeDurably(join(this.path, 'launch.json'), `${JSON.stringify(plan, undefined, 2)}\n`)
  }

  files(containerName: string): ContainerFiles {
    if (!safeName.test(containerName)) throw new Error(`"${containerName}" cannot be a container's name`)
    const base = join(this.path, fileName(containerName))
    return {
      log: `${base}.log`,
      olderLog: `${base}.older.log`,
      logBase: `${base}.log-base`,
      shimErrors: `${base}.shim`,
      state: `${base}.state`,
    }
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true, maxRetries: 3 })
  }
}

/**
 * A file system takes names of 255 characters, and so does ECS for containers: those that leave no room for what is put
 * behind them are cut. A dot is in no container's name, so the cut one is nobody else's.
 */
function fileName(containerName: string): string {
  if (containerName.length <= mostNameCharacters) return containerName
  const digest = createHash('sha256').update(containerName).digest('hex').slice(0, 32)
  return `${containerName.slice(0, mostNameCharacters - digest.length - 1)}.${digest}`
}

/** The ids of all tasks there is anything of. */
export function listTasks(tasksDirectory: string): readonly string[] {
  try {
    return readdirSync(tasksDirectory).filter((name) => safeName.test(name))
  } catch (error) {
    if (isMissing(error)) return []
    throw error
  }
}

export function readContainerState({ state }: ContainerFiles): ContainerState {
  const shim = readClaim(state)
  if (shim === undefined) return { kind: 'unclaimed' }
  if (shim === withdrawnClaim) return { kind: 'withdrawn' }
  const pid = readNumber(join(state, 'command'))
  // In this order: a shim that is found dead has written all it ever will.
  const mayRun = readExitCode(state) === undefined && isAlive(shim)
  if (mayRun) return { kind: 'running', shim, pid }
  const exitCode = readExitCode(state)
  return { kind: 'exited', shim, pid, exitCode: exitCode ?? killedExitCode, isRecorded: exitCode !== undefined }
}

/** Makes sure that no shim starts this container any more; false where one already has. */
export function withdraw({ state }: ContainerFiles): boolean {
  try {
    symlinkSync(withdrawnClaim, join(state, 'claim'))
    return true
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    // Half removed by an engine that was killed: where there is no directory, no shim can lay its claim; nor where nothing
    // can be written any more.
    if (isMissing(error) || codeOf(error) === 'EROFS') return true
    throw error
  }
}

function readClaim(state: string): ProcessIdentity | undefined {
  return readLink(join(state, 'claim'))
}

/** A line the shim has written, or, where the disk had no room for it, a link. */
function readExitCode(state: string): number | undefined {
  const code = readNumber(join(state, 'exit'))
  if (code !== undefined) return code
  const link = readLink(join(state, 'exit-code'))
  return link === undefined ? undefined : Number(link)
}

function readLink(file: string): string | undefined {
  try {
    return readlinkSync(file)
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

/** A line the shim has written to its end; undefined for half a line too. */
function readNumber(file: string): number | undefined {
  const digits = /^(\d+)\n$/.exec(readIfThere(file) ?? '')?.[1]
  return digits === undefined ? undefined : Number(digits)
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

function isMissing(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR'].includes(codeOf(error))
}
