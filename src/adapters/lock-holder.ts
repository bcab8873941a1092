import { readFileSync, statSync } from 'node:fs'

/**
 * The process that holds the lock in this file, where the system tells: Linux does. It is how one is found that does not
 * answer. Undefined where nobody holds it, or where that cannot be found out. Another file system may have a file of the
 * same number, so the process must have been told `argument`.
 */
export function lockHolder(file: string, argument: string): number | undefined {
  try {
    const { ino } = statSync(file, { bigint: true })
    const lock = new RegExp(` WRITE +(?<pid>[1-9][0-9]*) +[0-9a-f]+:[0-9a-f]+:${ino} `)
    const pid = lock.exec(readFileSync('/proc/locks', 'utf8'))?.groups?.['pid']
    if (pid === undefined) return undefined
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes(argument) ? Number(pid) : undefined
  } catch {
    return undefined
  }
}
