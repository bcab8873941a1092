import { once } from 'node:events'
import { createServer } from 'node:net'
import { claimPort, type PortClaim } from './port-claim.ts'

/** Below the range from which systems take ports for outgoing connections (32768, on some 49152, and up). */
const firstPort = 20_000
const portCount = 12_000

type Held = { readonly ports: readonly number[]; readonly claims: readonly PortClaim[] }

/** Gives tasks ports on the loopback interface, none twice while it is held, whichever engine of this machine holds it. */
export class TaskPorts {
  readonly #held = new Map<string, Held>()

  /** Ports that a task already has, from an earlier engine: its program listens on them, so nobody else is given them. */
  hold(taskId: string, ports: readonly number[]): void {
    this.release(taskId)
    this.#held.set(taskId, { ports, claims: [] })
  }

  release(taskId: string): void {
    const held = this.#held.get(taskId)
    this.#held.delete(taskId)
    for (const claim of held?.claims ?? []) claim.release()
  }

  /** Lets go of all: the tasks that run have their ports open. */
  close(): void {
    for (const taskId of this.#held.keys()) this.release(taskId)
  }

  /** Finds `count` ports nobody listens on and holds them for the task. Throws when there are none left. */
  async choose(taskId: string, count: number): Promise<readonly number[]> {
    const [ports, claims]: [number[], PortClaim[]] = [[], []]
    this.release(taskId)
    // Seen by every other choice at once, so that two tasks that start together do not get the same port.
    this.#held.set(taskId, { ports, claims })
    const start = Math.floor(Math.random() * portCount)
    for (let offset = 0; offset < portCount && ports.length < count; offset++) {
      const port = firstPort + ((start + offset) % portCount)
      if (this.#isHeld(port)) continue
      ports.push(port)
      const claim = await claimFree(port)
      if (claim === undefined) ports.pop()
      else claims.push(claim)
    }
    if (ports.length === count) return ports
    this.release(taskId)
    throw new Error(`no free port between ${firstPort} and ${firstPort + portCount - 1} on 127.0.0.1`)
  }

  #isHeld(port: number): boolean {
    return [...this.#held.values()].some(({ ports }) => ports.includes(port))
  }
}

async function claimFree(port: number): Promise<PortClaim | undefined> {
  const claim = await claimPort(port)
  if (claim === undefined || (await isFree(port))) return claim
  claim.release()
  return undefined
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
