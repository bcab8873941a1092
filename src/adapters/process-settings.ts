import { accessSync, constants, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { TaskStartError } from '../engine/ports.ts'
import type { ContainerLaunch } from '../engine/ports.ts'

/** Limits by the names ECS has for them that prlimit has an option of the same name for. */
const limitOptions = new Set(
  'core cpu data fsize locks memlock msgqueue nice nofile nproc rss rtprio rttime sigpending stack'.split(' '),
)

/**
 * What has to stand before a container's command so that it gets its ulimits and its user: programs of this machine, by
 * their paths. Empty where nothing is asked for, or nothing can be done (`processNotes` says so).
 */
export function commandPrefix(launch: ContainerLaunch): readonly string[] {
  return [...limitPrefix(launch), ...userPrefix(launch)]
}

/** The part of the prefix that is for commands run in the container too. */
export function userPrefix(launch: ContainerLaunch): readonly string[] {
  const [setpriv, ids] = [toolPath('setpriv'), userIds(launch)]
  if (ids === undefined || setpriv === undefined) return []
  return [setpriv, '--reuid', String(ids.uid), '--regid', String(ids.gid), '--clear-groups', '--']
}

/** The user the container will have, where it is not the engine's. */
export function userIds({ name, user }: ContainerLaunch): UserIds | undefined {
  return user === undefined || !canChangeUser() ? undefined : resolveUser(name, user)
}
type UserIds = { readonly uid: number; readonly gid: number }

function limitPrefix({ ulimits = [] }: ContainerLaunch): readonly string[] {
  const prlimit = toolPath('prlimit')
  const options = ulimits
    .filter(({ name }) => limitOptions.has(name))
    .map(({ name, softLimit, hardLimit }) => `--${name}=${limitText(softLimit)}:${limitText(hardLimit)}`)
  return prlimit === undefined || options.length === 0 ? [] : [prlimit, ...options, '--']
}

const limitText = (limit: number): string => (limit === -1 ? 'unlimited' : String(limit))

export function canLimit(): boolean {
  return toolPath('prlimit') !== undefined
}

export function canChangeUser(): boolean {
  return process.getuid?.() === 0 && toolPath('setpriv') !== undefined
}

/** Looked for where systems have them, and not in PATH, which may begin with a directory of anybody's. */
function toolPath(name: string): string | undefined {
  return ['/usr/bin', '/bin', '/usr/sbin', '/sbin'].map((directory) => join(directory, name)).find(isExecutable)
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** `user[:group]`, each a number or a name that this machine knows; without a group the user's own one. */
function resolveUser(container: string, text: string): UserIds {
  const [user = '', group] = text.split(':')
  const entry = entryOf('/etc/passwd', user)
  const uid = numberOf(user) ?? numberOf(entry?.[2])
  if (uid === undefined) {
    throw new TaskStartError(
      `CannotStartContainerError: container ${container}: unable to find user ${user}: no matching entries in passwd file`,
    )
  }
  const gid = group === undefined ? (numberOf(entry?.[3]) ?? uid) : groupId(container, group)
  return { uid, gid }
}

function groupId(container: string, group: string): number {
  const gid = numberOf(group) ?? numberOf(entryOf('/etc/group', group)?.[2])
  if (gid !== undefined) return gid
  throw new TaskStartError(
    `CannotStartContainerError: container ${container}: unable to find group ${group}: no matching entries in group file`,
  )
}

/** The fields of the line of this name, or of this number. */
function entryOf(file: string, key: string): readonly string[] | undefined {
  try {
    const lines = readFileSync(file, 'utf8').split('\n')
    return lines.map((line) => line.split(':')).find(([name, , id]) => name === key || id === key)
  } catch {
    return undefined
  }
}

function numberOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined
}
