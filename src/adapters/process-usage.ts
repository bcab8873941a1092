import { readdirSync, readFileSync } from 'node:fs'
import type { TaskUsage } from '../domain/metric-of-ecs.ts'
import type { Clock } from '../engine/ports.ts'

/** Linux tells processor time in hundredths of a second, whatever the kernel counts in. */
const tickMilliseconds = 10
const bytesOfKibibyte = 1024
/** One look at the machine's processes serves all tasks that are asked about within this time. */
const sharedMilliseconds = 50

/**
 * What process groups use, from Linux's /proc; on other systems nothing is known. The time of processes that have ended is
 * that of whoever has waited for them, so nothing is lost of a program that starts others.
 */
export class ProcessUsage {
  readonly #clock: Clock
  #seen: { readonly at: number; readonly groups: ReadonlyMap<number, GroupUsage> } | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Of all groups together; undefined where none of them is there. */
  of(groupLeaders: readonly number[]): TaskUsage | undefined {
    const groups = this.#groups()
    const found = groupLeaders.flatMap((leader) => groups.get(leader) ?? [])
    if (found.length === 0) return undefined
    return {
      cpuMilliseconds:
        found.reduce((sum, { userTicks, kernelTicks }) => sum + userTicks + kernelTicks, 0) * tickMilliseconds,
      memoryBytes: found.flatMap(({ pids }) => pids).reduce((sum, pid) => sum + residentBytes(pid), 0),
    }
  }

  /** Of one group, in more detail. */
  ofGroup(leader: number): GroupDetail | undefined {
    const group = this.#groups().get(leader)
    if (group === undefined) return undefined
    return {
      userMilliseconds: group.userTicks * tickMilliseconds,
      kernelMilliseconds: group.kernelTicks * tickMilliseconds,
      memoryBytes: group.pids.reduce((sum, pid) => sum + residentBytes(pid), 0),
      threads: group.threads,
    }
  }

  #groups(): ReadonlyMap<number, GroupUsage> {
    const now = this.#clock.now()
    if (this.#seen === undefined || Math.abs(now - this.#seen.at) > sharedMilliseconds) {
      this.#seen = { at: now, groups: readGroups() }
    }
    return this.#seen.groups
  }
}

export type GroupDetail = {
  readonly userMilliseconds: number
  readonly kernelMilliseconds: number
  readonly memoryBytes: number
  readonly threads: number
}
type GroupUsage = { readonly pids: number[]; userTicks: number; kernelTicks: number; threads: number }

function readGroups(): ReadonlyMap<number, GroupUsage> {
  const groups = new Map<number, GroupUsage>()
  for (const name of processNames()) {
    const stat = readIfThere(`/proc/${name}/stat`)
    // The command's name may hold spaces and parentheses; the last parenthesis ends it.
    const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')
    if (fields === undefined) continue
    const group = Number(fields[2])
    const usage = groups.get(group) ?? { pids: [], userTicks: 0, kernelTicks: 0, threads: 0 }
    usage.pids.push(Number(name))
    // Its own time, and that of the children it has waited for.
    const [user = 0, kernel = 0, childrenUser = 0, childrenKernel = 0] = fields.slice(11, 15).map(Number)
    usage.userTicks += user + childrenUser
    usage.kernelTicks += kernel + childrenKernel
    usage.threads += Number(fields[17])
    groups.set(group, usage)
  }
  return groups
}

function residentBytes(pid: number): number {
  const [, kibibytes = '0'] = /^VmRSS:\s*(\d+) kB/m.exec(readIfThere(`/proc/${pid}/status`) ?? '') ?? []
  return Number(kibibytes) * bytesOfKibibyte
}

function processNames(): readonly string[] {
  try {
    return readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  } catch {
    return []
  }
}

/** A process may end at any time. */
function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}
