import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { codeOf } from './error-code.ts'

/**
 * Names one process for ever, although the system gives its pid to another one later: `pid:boot:start`, with the id of the
 * machine's boot and the time the process started. Without /proc the boot is empty and the start is `ps`'s `lstart`, to
 * the second. The shim of a container writes the same text about itself (container-shim.ts).
 */
export type ProcessIdentity = string

type ProcessEntry = {
  readonly pid: number
  readonly group: number
  readonly session: number
  readonly isZombie: boolean
}

export const hasProcFileSystem = existsSync('/proc/self/stat')

/** The identity of a process that is alive; undefined where there is none or only its zombie is left. */
export function identityOf(pid: number): ProcessIdentity | undefined {
  if (!hasProcFileSystem) return identityFromPs(pid)
  const fields = statFields(pid)
  if (fields === undefined || isZombieState(fields[0])) return undefined
  return `${pid}:${bootId()}:${fields[19] ?? ''}`
}

export function pidOf(identity: ProcessIdentity): number {
  return Number(identity.split(':', 1)[0])
}

export function isAlive(identity: ProcessIdentity): boolean {
  return identityOf(pidOf(identity)) === identity
}

/** Whether nothing is left of the process group that this process leads or led; zombies do not count. */
export function isGroupGone(leader: ProcessIdentity): boolean {
  const pid = pidOf(leader)
  const now = identityOf(pid)
  if (now !== undefined) return now !== leader
  if (!isOfThisBoot(leader) || !canSignalGroup(pid)) return true
  // Without its leader, a group of this number is still ours: a number in use as a group's is not given to a process.
  // Should all have ended, the number have come back and that leader be gone too, the session would still have to match.
  return !processes().some((entry) => entry.group === pid && entry.session === pid && !entry.isZombie)
}

/** Signals every process of the group this process leads or led; none at all when the pid belongs to another by now. */
export function signalGroup(leader: ProcessIdentity, signal: NodeJS.Signals): void {
  if (isGroupGone(leader)) return
  try {
    process.kill(-pidOf(leader), signal)
  } catch (error) {
    // It ended between the two lines.
    if (codeOf(error) !== 'ESRCH') throw error
  }
}

function isOfThisBoot(identity: ProcessIdentity): boolean {
  return identity.split(':', 2)[1] === bootId()
}

function canSignalGroup(pid: number): boolean {
  try {
    process.kill(-pid, 0)
    return true
  } catch (error) {
    return codeOf(error) !== 'ESRCH'
  }
}

let knownBootId: string | undefined

function bootId(): string {
  knownBootId ??= hasProcFileSystem ? (readProc('/proc/sys/kernel/random/boot_id') ?? '').trim() : ''
  return knownBootId
}

/** Undefined only for what is not there: a live process must not be taken for dead because this one is out of descriptors. */
function readProc(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if (['ENOENT', 'ESRCH', 'EACCES'].includes(codeOf(error))) return undefined
    throw error
  }
}

/** The fields of /proc/<pid>/stat after the command's name: 0 state, 2 group, 3 session, 19 start time. */
function statFields(pid: number): readonly string[] | undefined {
  const stat = readProc(`/proc/${pid}/stat`)
  // The command's name may hold spaces and parentheses; the last parenthesis ends it.
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')
}

function isZombieState(state: string | undefined): boolean {
  return state === undefined || /^[ZXx]/.test(state)
}

function processes(): readonly ProcessEntry[] {
  if (!hasProcFileSystem) return processesFromPs()
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      const fields = statFields(Number(name))
      if (fields === undefined) return []
      const [state, , group, session] = fields
      return [{ pid: Number(name), group: Number(group), session: Number(session), isZombie: isZombieState(state) }]
    })
}

function identityFromPs(pid: number): ProcessIdentity | undefined {
  const [, state, start] = /^\s*(\S+)\s+(.+?)\s*$/.exec(ps(['-o', 'stat=,lstart=', '-p', String(pid)])) ?? []
  if (start === undefined || isZombieState(state)) return undefined
  return `${pid}::${start.replaceAll(/\s+/g, ' ')}`
}

/** Not every `ps` knows sessions in numbers; there the group's number has to do. */
function processesFromPs(): readonly ProcessEntry[] {
  return ps(['-A', '-o', 'pid=,pgid=,stat='])
    .split('\n')
    .flatMap((line) => {
      const [, pid, group, state] = /^\s*(\d+)\s+(\d+)\s+(\S+)/.exec(line) ?? []
      if (group === undefined) return []
      return [{ pid: Number(pid), group: Number(group), session: Number(group), isZombie: isZombieState(state) }]
    })
}

function ps(args: readonly string[]): string {
  try {
    const env = { ...process.env, LC_ALL: 'C', TZ: 'UTC0' }
    return execFileSync('ps', args, { encoding: 'utf8', env, stdio: ['ignore', 'pipe', 'ignore'] })
  } catch (error) {
    // `ps -p` ends with 1 for a process that is not there.
    if (error instanceof Error && 'status' in error && error.status === 1) return ''
    throw error
  }
}
