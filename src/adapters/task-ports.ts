import { once } from 'node:events'
import { createServer } from 'node:net'

/** Below the range from which systems take ports for outgoing connections (32768, on some 49152, and up). */
const firstPort = 20_000
const portCount = 12_000

/** Gives tasks ports on the loopback interface, none twice while it is held. */
export class TaskPorts {
  readonly #held = new Map<string, readonly number[]>()

  /** Ports that a task already has, from an earlier engine. */
  hold(taskId: string, ports: readonly number[]): void {
    this.#held.set(taskId, ports)
  }

  release(taskId: string): void {
    this.#held.delete(taskId)
  }

  /** Finds `count` ports nobody listens on and holds them for the task. Throws when there are none left. */
  async choose(taskId: string, count: number): Promise<readonly number[]> {
    const chosen: number[] = []
    // Seen by every other choice at once, so that two tasks that start together do not get the same port.
    this.#held.set(taskId, chosen)
    const start = Math.floor(Math.random() * portCount)
    for (let offset = 0; offset < portCount && chosen.length < count; offset++) {
      const port = firstPort + ((start + offset) % portCount)
      if (this.#isHeld(port)) continue
      chosen.push(port)
      if (!(await isFree(port))) chosen.pop()
    }
    if (chosen.length === count) return chosen
    this.release(taskId)
    throw new Error(`no free port between ${firstPort} and ${firstPort + portCount - 1} on 127.0.0.1`)
  }

  #isHeld(port: number): boolean {
    return [...this.#held.values()].some((ports) => ports.includes(port))
  }
}

/** A program that listens on every address of the machine needs both loopback addresses. */
async function isFree(port: number): Promise<boolean> {
  return (await canListen(port, '127.0.0.1')) && (await canListen(port, '::1'))
}

async function canListen(port: number, host: string): Promise<boolean> {
  const server = createServer()
  try {
    server.listen({ port, host, exclusive: true })
    await once(server, 'listening')
    const closed = once(server, 'close')
    server.close()
    await closed
    return true
  } catch (error) {
    // A machine without IPv6 has no ::1 to be in anybody's way.
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    return host === '::1' && (code === 'EADDRNOTAVAIL' || code === 'EAFNOSUPPORT' || code === 'EINVAL')
  }
}
