import { readdirSync, readFileSync } from 'node:fs'

/** Linux counts processor time in these, whatever the machine: `USER_HZ`. */
const ticksPerSecond = 100
const pageKibibytes = 4

/** Processor seconds, in user and system mode, of a process with all its threads, and of all its descendants. */
export function cpuSeconds(pid: number): number {
  return sum(familyOf(pid).map(({ cpuTicks }) => cpuTicks)) / ticksPerSecond
}

/** Resident memory of a process and its descendants. Pages they share count for each of them. */
export function residentKibibytes(pid: number): number {
  return sum(familyOf(pid).map(({ residentPages }) => residentPages)) * pageKibibytes
}

type ProcessStat = {
  readonly pid: number
  readonly parent: number
  readonly cpuTicks: number
  readonly residentPages: number
}

function familyOf(pid: number): readonly ProcessStat[] {
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => statOf(Number(name)))
  const family = all.filter((stat) => stat.pid === pid)
  for (const member of family) family.push(...all.filter(({ parent }) => parent === member.pid))
  return family
}

function statOf(pid: number): readonly ProcessStat[] {
  try {
    return [parseStat(readFileSync(`/proc/${pid}/stat`, 'latin1'))]
  } catch {
    // It has ended since the folder was listed.
    return []
  }
}

/** One line of `/proc/PID/stat`. The second field, the program's name in parentheses, may hold anything. */
export function parseStat(line: string): ProcessStat {
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ')
  // proc(5) counts from one; the first field here is its third.
  const field = (number: number): number => Number(fields[number - 3])
  return {
    pid: Number.parseInt(line, 10),
    parent: field(4),
    cpuTicks: field(14) + field(15),
    residentPages: field(24),
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
