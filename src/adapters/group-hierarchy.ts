import { createHash } from 'node:crypto'
import { accessSync, constants, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'

/**
 * Directories of Linux's control groups, one for memory and one for the processors; version 2 has one hierarchy, so there they
 * are the same.
 */
export type GroupPlace = { readonly version: 1 | 2; readonly memory: string; readonly cpu: string }

const groupsOfTasks = 'teal-tasks'
const controllers = ['cpu', 'memory'] as const

/** Where the groups of a data directory's tasks go, made and ready; or why there are none. */
export function findHierarchy(dataDirectory: string): GroupPlace | { readonly problem: string } {
  const name = createHash('sha256').update(resolve(dataDirectory)).digest('hex').slice(0, 12)
  const problems: string[] = []
  for (const find of [findVersion2, findVersion1]) {
    try {
      return find(name)
    } catch (error) {
      problems.push(error instanceof Error ? error.message : String(error))
    }
  }
  return { problem: problems.join('; ') }
}

export function directoriesOf({ memory, cpu }: GroupPlace): readonly string[] {
  return [...new Set([memory, cpu])]
}

export function childOf({ version, memory, cpu }: GroupPlace, name: string): GroupPlace {
  return { version, memory: join(memory, name), cpu: join(cpu, name) }
}

/** Makes a group that has groups within; those of version 2 get the controllers only where the one above hands them down. */
export function makeGroup(place: GroupPlace): void {
  for (const directory of directoriesOf(place)) mkdirSync(directory, { recursive: true })
  if (place.version === 2) handDown(place.memory)
}

/**
 * Beside the engine's own group, for in version 2 a group with processes has no groups with limits within. Those of a group
 * that is handed to its user (systemd's Delegate) need not be root's.
 */
function findVersion2(name: string): GroupPlace {
  const mount = mounts().find(({ type }) => type === 'cgroup2')
  const own = ownGroups().find(({ names }) => names.length === 0)
  if (mount === undefined || own === undefined) throw new Error('there is no cgroup v2')
  const above = directoryOf(mount, own.path === '/' ? '/' : dirname(own.path))
  const known = readFileSync(join(above, 'cgroup.controllers'), 'utf8').trim().split(' ')
  const missing = controllers.filter((each) => !known.includes(each))
  if (missing.length > 0) throw new Error(`cgroup v2 has no controller ${missing.join(' and ')} in ${above}`)
  accessSync(join(above, 'cgroup.procs'), constants.W_OK)
  handDown(above)
  const ofTasks = join(above, groupsOfTasks)
  const ofOurs = join(ofTasks, name)
  for (const directory of [ofTasks, ofOurs]) makeGroup({ version: 2, memory: directory, cpu: directory })
  return { version: 2, memory: ofOurs, cpu: ofOurs }
}

/** At the top, as Docker does: tasks outlive whoever started the engine, and his group. */
function findVersion1(name: string): GroupPlace {
  const [cpu, memory] = controllers.map((controller) => {
    const mount = mounts().find(({ type, options }) => type === 'cgroup' && options.includes(controller))
    if (mount === undefined) throw new Error(`there is no cgroup v1 hierarchy of ${controller}`)
    return join(mount.directory, groupsOfTasks, name)
  })
  if (cpu === undefined || memory === undefined) throw new Error('there is no cgroup v1')
  const place: GroupPlace = { version: 1, memory, cpu }
  makeGroup(place)
  return place
}

function handDown(directory: string): void {
  const file = join(directory, 'cgroup.subtree_control')
  const handed = readFileSync(file, 'utf8').trim().split(' ')
  if (controllers.every((each) => handed.includes(each))) return
  writeFileSync(file, controllers.map((each) => `+${each}`).join(' '))
}

type Mount = {
  readonly root: string
  readonly directory: string
  readonly type: string
  readonly options: readonly string[]
}

/** Of `/proc/self/mountinfo`: `36 35 98:0 ROOT DIRECTORY options … - TYPE source OPTIONS`. */
function mounts(): readonly Mount[] {
  return readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .flatMap((line) => {
      const [left = '', right = ''] = line.split(' - ')
      const [, , , root, directory] = left.split(' ')
      const [type = '', , options = ''] = right.split(' ')
      return root === undefined || directory === undefined
        ? []
        : [{ root, directory, type, options: options.split(',') }]
    })
}

/** Of `/proc/self/cgroup`: `4:memory:/path`, and `0::/path` for version 2. */
function ownGroups(): readonly { readonly names: readonly string[]; readonly path: string }[] {
  return readFileSync('/proc/self/cgroup', 'utf8')
    .split('\n')
    .flatMap((line) => {
      const [, names, path] = /^\d+:([^:]*):(.*)$/.exec(line) ?? []
      return path === undefined ? [] : [{ names: (names ?? '').split(',').filter((each) => each !== ''), path }]
    })
}

/** A container sees only a part of the hierarchy. */
function directoryOf({ root, directory }: Mount, path: string): string {
  const within = relative(root, path)
  if (within.startsWith('..')) throw new Error(`the cgroup ${path} is not to be seen in ${directory}`)
  return join(directory, within)
}
