import type { Server, Socket } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'

/** How long a port that others have, too, is kept for those who wait in its queues. */
const leaveMilliseconds = 1_000
/** A turn that has begun may have looked already; the next one looks for certain. */
const turnsWithoutAnyone = 2

/** Whoever serves what connects. */
export type Reception = {
  readonly accept: (socket: Socket) => void
  /** A connection could not be accepted, e.g. because there are too many open files; the port stays open. */
  readonly onRefused: () => void
}

/**
 * A port as a router has it open: by several listening sockets where the kernel deals connections out to such. Node
 * accepts one connection of each in a turn of its loop, and a turn under full load is long; by one socket the last of many
 * clients that come at once would wait for as many turns. Until there is a reception, they wait, unread.
 */
export class OpenPort {
  readonly #servers: Server[] = []
  readonly #waiting: Socket[] = []
  #reception: Reception | undefined
  #isClosed = false

  /** Each accepts connections by itself; in another process, too, when it is sent there. */
  get servers(): readonly Server[] {
    return this.#servers
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  /** Of one that listens already, to be called at once, before it can accept anything. */
  add(server: Server): void {
    // Options of a server, which one that comes from another process cannot be given otherwise.
    Object.assign(server, { allowHalfOpen: true, noDelay: true, pauseOnConnect: true })
    server.on('connection', (socket: Socket) => this.#accept(socket))
    server.on('error', () => this.#reception?.onRefused())
    this.#servers.push(server)
    if (this.#isClosed) server.close()
  }

  /** From here on; and those who have been waiting, first. */
  receive(reception: Reception): void {
    this.#reception = reception
    for (const socket of this.#waiting.splice(0)) reception.accept(socket)
  }

  /** Resolves when nobody can connect any more. Who is in a queue that only this process had is served before. */
  async leave(): Promise<void> {
    if (this.#isClosed) return
    const end = performance.now() + leaveMilliseconds
    await Promise.all(this.#servers.map((server) => untilNobodyWaits(server, () => performance.now() < end)))
    this.close()
  }

  /** Nobody can connect any more, and who waits is turned away. */
  close(): void {
    this.#isClosed = true
    for (const server of this.#servers) server.close()
    for (const socket of this.#waiting.splice(0)) socket.destroy()
  }

  #accept(socket: Socket): void {
    if (this.#reception === undefined) this.#waiting.push(socket)
    else this.#reception.accept(socket)
  }
}

/**
 * Closes a socket right after a look that has found nobody in its queue: who is there when it closes is reset, though
 * others have the port. So this can happen only to who comes within that one turn of the loop.
 */
async function untilNobodyWaits(server: Server, hasTime: () => boolean): Promise<void> {
  let turns = 0
  const onConnection = (): void => void (turns = 0)
  server.on('connection', onConnection)
  while (turns < turnsWithoutAnyone && hasTime()) {
    turns++
    await turn()
  }
  server.close()
}
