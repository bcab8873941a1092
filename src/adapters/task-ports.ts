import { claimFreePort, type PortClaim } from './port-claim.ts'

/** Below the range from which systems take ports for outgoing connections (32768, on some 49152, and up). */
const firstPort = 20_000
const portCount = 12_000

type Held = { readonly ports: readonly number[]; readonly claims: readonly PortClaim[] }

/** Gives tasks ports on the loopback interface, none twice while it is held, whichever engine of this machine holds it. */
export class TaskPorts {
  readonly #held = new Map<string, Held>()

  /** Ports that a task already has, from an earlier engine: its program listens on them, so nobody else is given them. */
  hold(taskId: string, ports: readonly number[]): void {
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
    try {
      const start = Math.floor(Math.random() * portCount)
      for (let offset = 0; offset < portCount && ports.length < count; offset++) {
        const port = firstPort + ((start + offset) % portCount)
        if (this.#isHeld(port)) continue
        ports.push(port)
        const claim = await claimFreePort(port)
        if (claim === undefined) ports.pop()
        else claims.push(claim)
      }
      if (ports.length === count) return ports
      throw new Error(`no free port between ${firstPort} and ${firstPort + portCount - 1} on 127.0.0.1`)
    } catch (error) {
      this.release(taskId)
      throw error
    }
  }

  #isHeld(port: number): boolean {
    return [...this.#held.values()].some(({ ports }) => ports.includes(port))
  }
}
