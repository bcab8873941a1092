import { existsSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock, TaskLaunch } from '../engine/ports.ts'
import { childOf, directoriesOf, findHierarchy, makeGroup } from './group-hierarchy.ts'
import type { GroupPlace } from './group-hierarchy.ts'
import { asksForLimits, limitGroup, limitsOfContainer, limitsOfTask } from './group-limits.ts'
import type { ContainerFiles } from './task-directory.ts'

export type GroupUsage = {
  readonly memoryBytes: number
  /** The smallest that holds for it; undefined for none. */
  readonly limitBytes?: number
  readonly userMilliseconds?: number
  readonly kernelMilliseconds?: number
}

const removalMilliseconds = 3_000
const lookMilliseconds = 20

/**
 * Limits of tasks as processes: a control group for each task with one for each container within, where the system allows it.
 * Where a task's groups are is written into its plan, so that any later engine finds them, whatever group it runs in itself.
 */
export class TaskGroups {
  readonly #dataDirectory: string
  readonly #clock: Clock
  #found: ReturnType<typeof findHierarchy> | undefined

  constructor(dataDirectory: string, clock: Clock) {
    this.#dataDirectory = dataDirectory
    this.#clock = clock
  }

  /** Why no limit is enforced; undefined where they are. */
  problem(): string | undefined {
    const found = this.#look()
    return 'problem' in found ? found.problem : undefined
  }

  /** Where the groups of a task will be; undefined for one that asks for no limit, or where none is enforced. */
  plan({ taskId, limits, containers }: TaskLaunch): GroupPlace | undefined {
    const asked = [limits, ...containers.map((each) => each.limits)]
    const found = this.#look()
    if ('problem' in found || !asked.some((each) => each !== undefined && asksForLimits(each))) return undefined
    return childOf(found, taskId)
  }

  /** Makes the container's group; the directories whose `cgroup.procs` its process has to write itself into. */
  make(place: GroupPlace, { limits = {}, containers }: TaskLaunch, containerName: string): readonly string[] {
    const own = containers.find(({ name }) => name === containerName)?.limits ?? {}
    const group = childOf(place, containerName)
    // The one above may have gone with the last task.
    this.#found = undefined
    this.#look()
    makeGroup(place)
    limitGroup(place, limitsOfTask(limits))
    for (const directory of directoriesOf(group)) makeLeaf(directory)
    limitGroup(group, limitsOfContainer(own))
    return directoriesOf(group)
  }

  /** Ends whatever is left in a task's groups, daemons too, and removes them; what was killed for its memory is noted. */
  async remove(place: GroupPlace, containers: readonly { name: string; files: ContainerFiles }[]): Promise<void> {
    for (const { name, files } of containers) noteMemoryKill(childOf(place, name), files)
    await this.#removeAll(directoriesOf(place))
  }

  /** Groups of tasks that nobody knows, as an engine that was killed while it removed one leaves them. */
  async removeOrphans(known: readonly string[]): Promise<void> {
    const found = this.#look()
    if ('problem' in found) return
    const orphans = directoriesOf(found).flatMap((directory) =>
      groupsWithin(directory).flatMap((name) => (known.includes(name) ? [] : join(directory, name))),
    )
    await this.#removeAll(orphans)
    removeAround(directoriesOf(found))
  }

  #look(): ReturnType<typeof findHierarchy> {
    this.#found ??= findHierarchy(this.#dataDirectory)
    return this.#found
  }

  async #removeAll(directories: readonly string[]): Promise<void> {
    const deadline = this.#clock.now() + removalMilliseconds
    for (;;) {
      const left = directories.filter((directory) => !removeTree(directory))
      if (left.length === 0) removeAround(directories.map((directory) => join(directory, '..')))
      if (left.length === 0 || this.#clock.now() > deadline) return
      await this.#clock.sleep(lookMilliseconds)
    }
  }
}

/** Whether the kernel killed a process of the container because it wanted more memory than it may have. */
export function wasKilledForMemory(place: GroupPlace, containerName: string, files: ContainerFiles): boolean {
  return existsSync(noteOf(files)) || memoryKills(childOf(place, containerName)) > 0
}

/** Undefined where the group is gone. */
export function groupUsage(place: GroupPlace, containerName: string): GroupUsage | undefined {
  const group = childOf(place, containerName)
  const isNew = place.version === 2
  const used = numberIn(join(group.memory, isNew ? 'memory.current' : 'memory.usage_in_bytes'))
  if (used === undefined) return undefined
  const droppable = fieldOf(join(group.memory, 'memory.stat'), isNew ? 'inactive_file' : 'total_inactive_file') ?? 0
  const limitFile = isNew ? 'memory.max' : 'memory.limit_in_bytes'
  const limits = [group, place].flatMap(({ memory }) => numberIn(join(memory, limitFile)) ?? [])
  const [user, kernel] = ['user_usec', 'system_usec'].map((field) => fieldOf(join(group.cpu, 'cpu.stat'), field))
  return {
    memoryBytes: Math.max(0, used - droppable),
    ...(limits.length === 0 ? {} : { limitBytes: Math.min(...limits) }),
    ...(user === undefined || kernel === undefined
      ? {}
      : { userMilliseconds: user / 1_000, kernelMilliseconds: kernel / 1_000 }),
  }
}

/** Also where it cannot be written down the groups are removed. */
function noteMemoryKill(group: GroupPlace, files: ContainerFiles): void {
  try {
    if (memoryKills(group) > 0) writeFileSync(noteOf(files), '')
  } catch {
    // A disk that is full, or takes nothing any more.
  }
}

const noteOf = ({ state }: ContainerFiles): string => join(state, 'out-of-memory')

function memoryKills({ version, memory }: GroupPlace): number {
  return fieldOf(join(memory, version === 2 ? 'memory.events' : 'memory.oom_control'), 'oom_kill') ?? 0
}

function makeLeaf(directory: string): void {
  makeGroup({ version: 1, memory: directory, cpu: directory })
}

/** SIGKILL to what is in it, and away with it; false where something is still ending. */
function removeTree(directory: string): boolean {
  for (const name of groupsWithin(directory)) removeTree(join(directory, name))
  for (const pid of (readIfThere(join(directory, 'cgroup.procs')) ?? '').split('\n')) {
    if (Number(pid) > 0) killIfThere(Number(pid))
  }
  return removeIfEmpty(directory)
}

/** A data directory's groups, once those of its last task have gone, and those of all data directories. */
function removeAround(directories: readonly string[]): void {
  for (const directory of directories) {
    if (removeIfEmpty(directory)) removeIfEmpty(join(directory, '..'))
  }
}

function removeIfEmpty(directory: string): boolean {
  try {
    rmdirSync(directory)
    return true
  } catch {
    return !existsSync(directory)
  }
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has ended.
  }
}

function groupsWithin(directory: string): readonly string[] {
  try {
    return readdirSync(directory, { withFileTypes: true }).flatMap((each) => (each.isDirectory() ? each.name : []))
  } catch {
    return []
  }
}

/** Undefined for `max` too. */
function numberIn(file: string): number | undefined {
  const text = readIfThere(file)?.trim() ?? ''
  return /^\d+$/.test(text) ? Number(text) : undefined
}

/** Of lines of a name and a number. */
function fieldOf(file: string, name: string): number | undefined {
  const [, digits] = new RegExp(`^${name} (\\d+)$`, 'm').exec(readIfThere(file) ?? '') ?? []
  return digits === undefined ? undefined : Number(digits)
}

/** A group may go at any time. */
function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}
