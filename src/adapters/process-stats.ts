import { readFileSync } from 'node:fs'
import { availableParallelism, totalmem } from 'node:os'
import type { Clock } from '../engine/ports.ts'
import type { ProcessUsage } from './process-usage.ts'
import type { GroupUsage } from './task-groups.ts'

const nanosecondsOfMillisecond = 1_000_000
/** What Docker says of a time that never was. */
const never = '0001-01-01T00:00:00Z'
/** So that containers which are gone do not fill the memory. */
const mostRemembered = 1_000

/** Times in nanoseconds. */
type CpuStats = {
  readonly cpu_usage: {
    readonly total_usage: number
    readonly usage_in_kernelmode: number
    readonly usage_in_usermode: number
  }
  readonly system_cpu_usage: number
  readonly online_cpus: number
}
type Look = { readonly read: string; readonly cpu: CpuStats }

/**
 * What a container's processes use, in the form in which Docker's engine tells it, from Linux's /proc. What /proc does not tell
 * of a group of processes (their part of the network, of the disks) is left out, as Docker leaves it out where it does not
 * know. Of a container in a control group that tells more, and its limit of memory; otherwise that is the machine's.
 */
export class ProcessStats {
  readonly #clock: Clock
  readonly #usage: ProcessUsage
  /** By container: `precpu_stats` are those of the look before. */
  readonly #before = new Map<string, Look>()

  constructor(clock: Clock, usage: ProcessUsage) {
    this.#clock = clock
    this.#usage = usage
  }

  /** Undefined where the group is gone, or this is not Linux. */
  of(groupLeader: number, container: string, inGroup?: GroupUsage): object | undefined {
    const detail = this.#usage.ofGroup(groupLeader)
    if (detail === undefined) return undefined
    const { userMilliseconds, kernelMilliseconds, memoryBytes, threads } = { ...detail, ...inGroup }
    const read = new Date(this.#clock.now()).toISOString()
    const cpu: CpuStats = {
      cpu_usage: {
        total_usage: (userMilliseconds + kernelMilliseconds) * nanosecondsOfMillisecond,
        usage_in_kernelmode: kernelMilliseconds * nanosecondsOfMillisecond,
        usage_in_usermode: userMilliseconds * nanosecondsOfMillisecond,
      },
      system_cpu_usage: machineMilliseconds() * nanosecondsOfMillisecond,
      online_cpus: availableParallelism(),
    }
    const before = this.#before.get(container)
    this.#remember(container, { read, cpu })
    return {
      read,
      preread: before?.read ?? never,
      pids_stats: { current: threads },
      cpu_stats: cpu,
      precpu_stats: before?.cpu ?? noCpu,
      memory_stats: { usage: memoryBytes, limit: Math.min(totalmem(), inGroup?.limitBytes ?? Infinity) },
    }
  }

  #remember(container: string, look: Look): void {
    this.#before.delete(container)
    this.#before.set(container, look)
    const [oldest] = this.#before.keys()
    if (this.#before.size > mostRemembered && oldest !== undefined) this.#before.delete(oldest)
  }
}

const noCpu = { cpu_usage: { total_usage: 0, usage_in_kernelmode: 0, usage_in_usermode: 0 } }

/** Of all processors together since the machine started, idle or not. */
function machineMilliseconds(): number {
  const [line = ''] = readFileSync('/proc/stat', 'utf8').split('\n')
  const [, ...ticks] = line.trim().split(/\s+/).map(Number)
  // A guest's time is a part of the user's.
  return ticks.slice(0, 8).reduce((sum, each) => sum + each, 0) * tickMilliseconds
}
const tickMilliseconds = 10
