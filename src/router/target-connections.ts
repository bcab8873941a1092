import { Agent } from 'node:http'

/**
 * The kept connections to one target. An idle one is closed after the idle time-out, or a second before the target has
 * announced to close it; once retired, none is kept any more.
 */
export class TargetConnections extends Agent {
  #isRetired = false

  constructor(idleMilliseconds: number) {
    // The last one used is the least likely to be just closing.
    super({ keepAlive: true, scheduling: 'lifo', maxFreeSockets: 1024, timeout: idleMilliseconds })
  }

  retire(): void {
    this.#isRetired = true
    for (const sockets of Object.values(this.freeSockets)) {
      for (const socket of sockets ?? []) socket.destroy()
    }
  }

  /** Node asks after every answer, and closes the connection where this is false. */
  override keepSocketAlive(socket: Parameters<Agent['keepSocketAlive']>[0]): boolean {
    const mayBeKept: unknown = super.keepSocketAlive(socket)
    return !this.#isRetired && mayBeKept !== false
  }
}
