import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ResourceLimits } from '../engine/ports.ts'
import type { GroupPlace } from './group-hierarchy.ts'

export type GroupLimits = {
  readonly memoryBytes?: number
  /** What it may count on: the kernel takes memory from others first. */
  readonly memoryLowBytes?: number
  readonly cores?: number
  /** Against its siblings, in Docker's unit: 2 to 262,144. */
  readonly cpuShares?: number
}

/** A line for a file of a group. `mayBeRefused`: where the kernel knows better, it is as good without. */
type Setting = {
  readonly controller: 'memory' | 'cpu'
  readonly file: string
  readonly value: string
  readonly mayBeRefused?: boolean
}

const mebibyte = 1024 * 1024
const periodMicroseconds = 100_000
const fewestMicroseconds = 1_000
const fewestShares = 2
const mostShares = 262_144

/** A task's cpu is a limit. */
export function limitsOfTask({ cpuUnits = 0, memoryMebibytes }: ResourceLimits): GroupLimits {
  return {
    ...(memoryMebibytes === undefined ? {} : { memoryBytes: memoryMebibytes * mebibyte }),
    ...(cpuUnits > 0 ? { cores: cpuUnits / 1024 } : {}),
  }
}

/** A container's cpu is a share among the containers of its task, as on ECS. */
export function limitsOfContainer(limits: ResourceLimits): GroupLimits {
  const { cpuUnits = 0, memoryMebibytes, memoryReservationMebibytes } = limits
  return {
    ...(memoryMebibytes === undefined ? {} : { memoryBytes: memoryMebibytes * mebibyte }),
    ...(memoryReservationMebibytes === undefined ? {} : { memoryLowBytes: memoryReservationMebibytes * mebibyte }),
    cpuShares: Math.min(mostShares, Math.max(fewestShares, cpuUnits)),
  }
}

export function asksForLimits({ cpuUnits = 0, memoryMebibytes, memoryReservationMebibytes }: ResourceLimits): boolean {
  return cpuUnits > 0 || memoryMebibytes !== undefined || memoryReservationMebibytes !== undefined
}

/** Throws where the kernel refuses. Setting the same again changes nothing. */
export function limitGroup(place: GroupPlace, limits: GroupLimits): void {
  for (const { controller, file, value, mayBeRefused } of groupSettings(place.version, limits)) {
    try {
      // Without O_CREAT: what is not there cannot be made.
      writeFileSync(join(place[controller], file), value, { flag: 'r+' })
    } catch (error) {
      if (mayBeRefused !== true) throw error
    }
  }
}

export function groupSettings(version: 1 | 2, limits: GroupLimits): readonly Setting[] {
  return version === 2 ? settingsOfVersion2(limits) : settingsOfVersion1(limits)
}

/** No swap beyond the memory, as Docker has it; a kernel without swap has no such file. */
function settingsOfVersion2({ memoryBytes, memoryLowBytes, cores, cpuShares }: GroupLimits): readonly Setting[] {
  return [
    ...settingOf('memory', 'memory.max', memoryBytes),
    ...settingOf('memory', 'memory.swap.max', memoryBytes === undefined ? undefined : 0, true),
    ...settingOf('memory', 'memory.low', memoryLowBytes),
    ...settingOf('cpu', 'cpu.max', cores === undefined ? undefined : `${microsecondsOf(cores)} ${periodMicroseconds}`),
    ...settingOf('cpu', 'cpu.weight', cpuShares === undefined ? undefined : weightOf(cpuShares)),
  ]
}

/** A quota is refused that is more than that of a group above: then that one holds anyway. */
function settingsOfVersion1({ memoryBytes, memoryLowBytes, cores, cpuShares }: GroupLimits): readonly Setting[] {
  return [
    ...settingOf('memory', 'memory.limit_in_bytes', memoryBytes),
    ...settingOf('memory', 'memory.memsw.limit_in_bytes', memoryBytes, true),
    ...settingOf('memory', 'memory.soft_limit_in_bytes', memoryLowBytes),
    ...settingOf('cpu', 'cpu.cfs_period_us', cores === undefined ? undefined : periodMicroseconds),
    ...settingOf('cpu', 'cpu.cfs_quota_us', cores === undefined ? undefined : microsecondsOf(cores), true),
    ...settingOf('cpu', 'cpu.shares', cpuShares),
  ]
}

function settingOf(
  controller: Setting['controller'],
  file: string,
  value: string | number | undefined,
  mayBeRefused = false,
): readonly Setting[] {
  return value === undefined ? [] : [{ controller, file, value: String(value), mayBeRefused }]
}

const microsecondsOf = (cores: number): number => Math.max(fewestMicroseconds, Math.round(cores * periodMicroseconds))

/** Shares are 2 to 262,144, weights 1 to 10,000: the formula of OCI's runtimes. */
const weightOf = (shares: number): number => 1 + Math.floor(((shares - 2) * 9_999) / 262_142)
