import { createServer, type Server, type Socket } from 'node:net'
import { callSibling } from './siblings.ts'

/** How many connections the kernel holds that nobody has accepted yet. */
const backlog = 4096

/** Whether a port can be shared at all: elsewhere Node refuses to try, or the kernel deals all connections out to one. */
const isShareable = process.platform === 'linux'

/** Opens listeners' ports. Each call rejects with the system's error where the port cannot be had. */
export interface Ports {
  listen(server: Server, port: number): Promise<void>
}

type PortSettings = {
  readonly listenHost: string
  /** The control sockets of the routers that open the same ports. */
  readonly siblings: readonly string[]
  /** Ports that a predecessor had open and has handed over, still open. */
  readonly inherited: Map<number, InheritedPort>
  /** Whether that one had opened them to be shared; absent where it is of a version that did not say so. */
  readonly areInheritedShared?: boolean | undefined
}

/**
 * The ports of a router, by itself or as one of several. They are opened to be shared where that can be, also by a router
 * without siblings: what was opened otherwise could never be shared, and when several are wanted later, it hands over its
 * ports as they are. A port that is shared is open to every program of this user that wants to share it, too; so a router
 * first makes sure that nobody but its siblings has it.
 */
export class ListeningPorts implements Ports {
  readonly #settings: PortSettings

  /** Whether another router can open the same ports beside this one. */
  readonly areShared: boolean

  constructor(settings: PortSettings) {
    this.#settings = settings
    const hasSiblings = settings.siblings.length > 0
    const { inherited, areInheritedShared = hasSiblings } = settings
    this.areShared = (isShareable || hasSiblings) && (inherited.size === 0 || areInheritedShared)
  }

  async listen(server: Server, port: number): Promise<void> {
    const { inherited, listenHost: host, siblings } = this.#settings
    const handed = inherited.get(port)
    if (handed !== undefined) {
      inherited.delete(port)
      return handed.giveTo(server)
    }
    if (siblings.length === 0 && !isShareable) return listening(server, () => server.listen({ port, host, backlog }))
    if (!(await this.#isOpenAtSibling(port))) await this.#makeSureIsFree(port)
    return listening(server, () => server.listen({ port, host, backlog, reusePort: true }))
  }

  /** What no listener of the table wants any more is let go. */
  dropInherited(): void {
    for (const port of this.#settings.inherited.values()) port.close()
    this.#settings.inherited.clear()
  }

  async #isOpenAtSibling(port: number): Promise<boolean> {
    const open = await Promise.all(this.#settings.siblings.map((path) => callSibling(path)))
    return open.some((ports) => ports.includes(port))
  }

  async #makeSureIsFree(port: number): Promise<void> {
    const probe = createServer()
    await listening(probe, () => probe.listen({ port, host: this.#settings.listenHost }))
    const { promise, resolve } = Promise.withResolvers<void>()
    probe.close(() => resolve())
    await promise
  }
}

/**
 * A port as it came from the router before. Connections are accepted on it from then on, whoever is there to serve them:
 * they wait, unread, for the one it is given to.
 */
export class InheritedPort {
  readonly #server: Server
  readonly #waiting: Socket[] = []

  /** To be called at once when the server has come, before it can accept anything. */
  constructor(server: Server) {
    this.#server = server
    // Options of a server, which one that comes from another process cannot be given otherwise.
    Object.assign(server, { allowHalfOpen: true, noDelay: true, pauseOnConnect: true })
    server.on('connection', (socket: Socket) => void this.#waiting.push(socket))
  }

  async giveTo(server: Server): Promise<void> {
    await listening(server, () => server.listen(this.#server))
    for (const socket of this.#waiting.splice(0)) server.emit('connection', socket)
  }

  close(): void {
    this.#server.close()
    for (const socket of this.#waiting.splice(0)) socket.destroy()
  }
}

async function listening(server: Server, listen: () => void): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  server.once('error', reject)
  server.once('listening', resolve)
  listen()
  try {
    await promise
  } finally {
    server.off('error', reject)
    server.off('listening', resolve)
  }
}
