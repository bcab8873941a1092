import { readFileSync } from 'node:fs'

/** For the router's own files, its control socket, health checks, and the system's libraries. */
const reserve = 32

/**
 * How many clients may be connected at once, so that each of them can also be given a connection to a target. More would
 * take the last file descriptor, and then nobody could be served. Infinite where the system does not tell its limit.
 */
export function mostClients(limits: () => string = readLimits): number {
  let text: string
  try {
    text = limits()
  } catch {
    return Infinity
  }
  const files = Number(/^Max open files\s+(\d+)/m.exec(text)?.[1] ?? Infinity)
  return Math.max(1, Math.floor((files - reserve) / 2))
}

function readLimits(): string {
  return readFileSync('/proc/self/limits', 'utf8')
}
