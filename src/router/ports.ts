import { createServer, type Server } from 'node:net'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { OpenPort } from './open-port.ts'
import { callSibling } from './siblings.ts'

/** How many connections the kernel holds at each socket that nobody has accepted yet. */
const backlog = 4096
/** So many ports are open by several sockets, if they are to be: more would make a hand-over long. */
const mostPortsOfSeveralSockets = 64
/** To open one takes the kernel and Node some 25 µs: a table with many new ports would hold requests up. */
const socketsInOneTurn = 8

/** Whether a port can be shared at all: elsewhere Node refuses to try, or the kernel deals all connections out to one. */
const isShareable = process.platform === 'linux'

/** Opens listeners' ports. */
export interface Ports {
  /** Rejects with the system's error where the port cannot be had. */
  open(port: number): Promise<OpenPort>
}

type PortSettings = {
  readonly listenHost: string
  /** The control sockets of the routers that open the same ports. */
  readonly siblings: readonly string[]
  /** Ports that a predecessor had open and has handed over, still open. */
  readonly inherited: Map<number, OpenPort>
  /** Whether that one had opened them to be shared; absent where it is of a version that did not say so. */
  readonly areInheritedShared?: boolean | undefined
  /** How many listening sockets there may be, for all ports that have several. */
  readonly socketLimit: number
}

/**
 * The ports of a router, by itself or as one of several. They are opened to be shared where that can be, also by a router
 * without siblings: what was opened otherwise could never be shared, and when several are wanted later, it hands over its
 * ports as they are; and so that each can be opened by several sockets. A port that is shared is open to every program of
 * this user that wants to share it, too; so a router first makes sure that nobody but its siblings has it.
 */
export class ListeningPorts implements Ports {
  readonly #settings: PortSettings
  readonly #open = new Set<OpenPort>()
  #openedInTurn = 0
  #turn: Promise<void> | undefined

  /** Whether another router can open the same ports beside this one. */
  readonly areShared: boolean

  constructor(settings: PortSettings) {
    this.#settings = settings
    const hasSiblings = settings.siblings.length > 0
    const { inherited, areInheritedShared = hasSiblings } = settings
    this.areShared = (isShareable || hasSiblings) && (inherited.size === 0 || areInheritedShared)
  }

  async open(port: number): Promise<OpenPort> {
    const { inherited } = this.#settings
    const handed = inherited.get(port)
    inherited.delete(port)
    const open = handed ?? new OpenPort()
    const sockets = this.#socketsOfOneMore()
    this.#open.add(open)
    try {
      if (handed === undefined) await this.#listenFirst(open, port)
    } catch (error) {
      open.close()
      throw error
    }
    await this.#listenMore(open, port, sockets)
    return open
  }

  /** What no listener of the table wants any more is let go. */
  dropInherited(): void {
    for (const port of this.#settings.inherited.values()) port.close()
    this.#settings.inherited.clear()
  }

  #socketsOfOneMore(): number {
    for (const open of this.#open) if (open.isClosed) this.#open.delete(open)
    const isOneOfFew = this.#open.size < mostPortsOfSeveralSockets
    return isOneOfFew ? Math.max(1, Math.floor(this.#settings.socketLimit / mostPortsOfSeveralSockets)) : 1
  }

  async #listenFirst(open: OpenPort, port: number): Promise<void> {
    const { listenHost: host, siblings } = this.#settings
    if (siblings.length === 0 && !isShareable) return this.#listen(open, { port, host })
    if (!(await this.#isOpenAtSibling(port))) await this.#makeSureIsFree(port)
    return this.#listen(open, { port, host, reusePort: true })
  }

  /** A port that has fewer than it could have, because there are too many open files, is open all the same. */
  async #listenMore(open: OpenPort, port: number, sockets: number): Promise<void> {
    if (!this.areShared || !isShareable) return
    const options = { port, host: this.#settings.listenHost, reusePort: true }
    const more = Array.from({ length: Math.max(0, sockets - open.servers.length) }, () => this.#listen(open, options))
    await Promise.allSettled(more)
  }

  async #listen(open: OpenPort, place: Place): Promise<void> {
    await this.#untilThereIsTime()
    const server = createServer()
    await listening(server, place)
    open.add(server)
  }

  /** Lets a few through in each turn of the event loop, of all ports that are opened at once. */
  async #untilThereIsTime(): Promise<void> {
    while (this.#openedInTurn >= socketsInOneTurn) {
      await (this.#turn ??= this.#nextTurn())
    }
    this.#openedInTurn++
  }

  async #nextTurn(): Promise<void> {
    await nextTurn()
    this.#turn = undefined
    this.#openedInTurn = 0
  }

  async #isOpenAtSibling(port: number): Promise<boolean> {
    const open = await Promise.all(this.#settings.siblings.map((path) => callSibling(path)))
    return open.some((ports) => ports.includes(port))
  }

  async #makeSureIsFree(port: number): Promise<void> {
    await this.#untilThereIsTime()
    const probe = createServer()
    await listening(probe, { port, host: this.#settings.listenHost })
    const { promise, resolve } = Promise.withResolvers<void>()
    probe.close(() => resolve())
    await promise
  }
}

type Place = { readonly port: number; readonly host: string; readonly reusePort?: boolean }

async function listening(server: Server, place: Place): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  server.once('error', reject)
  server.once('listening', resolve)
  server.listen({ ...place, backlog })
  try {
    await promise
  } finally {
    server.off('error', reject)
    server.off('listening', resolve)
  }
}
