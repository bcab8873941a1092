import { Socket } from 'node:net'
import { destroyWhenSilent } from './lingering.ts'
import { giveBuffer, isSmallRead, sharedBuffer, takeBuffer } from './read-buffers.ts'
import { unsentMilliseconds, type TcpWire, type WireEvents } from './wire.ts'

const nothing = Buffer.alloc(0)

/**
 * A TCP connection as a wire; or a TLS connection, by `plain`.
 *
 * Memory: what was written and has not gone yet is the writer's buffers. An idle connection reads into one buffer of
 * 64 KiB that all connections share; one on which much comes reads into 64 KiB of its own until less comes again.
 */
export class SocketWire implements TcpWire {
  readonly #socket: Socket
  #events: WireEvents | undefined
  #isEnding = false
  #isGone = false
  /** The read buffer, where it is this connection's alone. */
  #own: Buffer | undefined
  /** What the next read goes into where that changes. */
  #next: Buffer | undefined
  /** Reading is done by `onread`, into a buffer that is used again. */
  #usesBuffer = false

  /** Over any socket of Node's: what comes is brought by `data` events. Reading begins with `start`. */
  static plain(socket: Socket): SocketWire {
    return new SocketWire(socket)
  }

  /** Over a handle taken from an accepted socket: bytes come into a buffer that is used again. */
  static adopting(handle: unknown): SocketWire {
    let wire: SocketWire | undefined
    const onread = onReadOf(() => wire)
    // The constructor does take a handle; only its types do not say so.
    const options = { handle, onread, allowHalfOpen: true, readable: true, writable: true }
    const socket = new Socket(options as ConstructorParameters<typeof Socket>[0])
    wire = new SocketWire(socket)
    wire.#usesBuffer = true
    return wire
  }

  /** To a target. `onConnect` comes first, or the events' `onClose`. */
  static connecting(
    { id: host, port }: { readonly id: string; readonly port: number },
    events: WireEvents,
    onConnect: () => void,
  ): SocketWire {
    let wire: SocketWire | undefined
    const options = { allowHalfOpen: true, noDelay: true, onread: onReadOf(() => wire) }
    const socket = new Socket(options)
    const opened = new SocketWire(socket)
    wire = opened
    opened.#usesBuffer = true
    opened.#events = events
    socket.once('connect', () => {
      opened.resume()
      onConnect()
    })
    socket.connect({ host, port, autoSelectFamily: false })
    return opened
  }

  constructor(socket: Socket) {
    this.#socket = socket
    socket.on('error', () => undefined)
    socket.on('end', () => this.#onEnd())
    socket.on('close', () => this.#onClose())
  }

  /** Reading begins. */
  start(events: WireEvents): void {
    this.#events = events
    if (this.#usesBuffer) return this.resume()
    this.#socket.on('data', (chunk: Buffer) => {
      if (!this.#isEnding) events.onBytes(chunk, 0, chunk.length)
    })
    // One that was accepted paused stays so until it is told.
    this.#socket.resume()
  }

  get socket(): Socket {
    return this.#socket
  }

  get pendingBytes(): number {
    return this.#socket.writableLength
  }

  get lendsBytes(): boolean {
    return !this.#usesBuffer || this.#own !== undefined
  }

  keepBytes(): void {
    if (this.#usesBuffer) this.#next = takeBuffer()
  }

  write(bytes: Buffer): boolean {
    const socket = this.#socket
    if (this.#isGone || this.#isEnding || socket.destroyed) return true
    const wasWaiting = socket.writableLength > 0
    socket.write(bytes)
    if (socket.writableLength === 0) return true
    // `drain` is told only above the high-water mark; an empty write is called back behind everything before it.
    if (!wasWaiting) socket.write(nothing, () => this.#noteDrained())
    return false
  }

  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    if (this.#isGone) return
    if (this.#usesBuffer) this.#socket.read(0)
    else this.#socket.resume()
  }

  end(): void {
    if (this.#isEnding || this.#isGone) return
    this.#isEnding = true
    if (this.pendingBytes === 0) return this.#finish()
    setTimeout(() => this.#socket.destroy(), unsentMilliseconds).unref()
  }

  destroy(): void {
    this.#isEnding = true
    this.#socket.destroy()
  }

  #noteDrained(): void {
    if (this.#isGone) return
    if (this.#socket.writableLength > 0) this.#socket.write(nothing, () => this.#noteDrained())
    else if (this.#isEnding) this.#finish()
    else this.#events?.onDrain()
  }

  #finish(): void {
    if (this.#isGone || this.#socket.destroyed) return
    this.#socket.end()
    if (this.#socket.readableEnded) return this.#socket.destroySoon()
    // What still comes must be read: the kernel would otherwise reset the connection, and with it what it was sent.
    this.#socket.once('end', () => this.#socket.destroySoon())
    this.resume()
    destroyWhenSilent(this.#socket)
  }

  #onEnd(): void {
    if (!this.#isEnding) this.#events?.onEnd()
  }

  #onClose(): void {
    if (this.#isGone) return
    this.#isGone = true
    if (this.#own !== undefined && this.#next === undefined) giveBuffer(this.#own)
    this.#own = undefined
    this.#events?.onClose()
  }

  /** Called for each read, and by nobody but `onReadOf`. */
  onRead(count: number, bytes: Buffer): void {
    if (!this.#isEnding) this.#events?.onBytes(bytes, 0, count)
    if (this.#own === undefined) {
      // It filled the shared buffer: more of it will come.
      if (count === bytes.length && !this.#isGone) this.#next = takeBuffer()
    } else if (this.#next === undefined && isSmallRead(count)) {
      giveBuffer(this.#own)
      this.#next = sharedBuffer
    }
  }

  /** Undefined where the next read goes into the same buffer. */
  nextBuffer(): Buffer | undefined {
    const next = this.#next
    if (next === undefined) return undefined
    this.#next = undefined
    this.#own = next === sharedBuffer ? undefined : next
    return next
  }
}

/** The wire exists after its socket. The first buffer is asked for when the socket gets its handle, before any read. */
function onReadOf(wire: () => SocketWire | undefined): ReadOptions {
  let hasBuffer = false
  return {
    buffer() {
      if (!hasBuffer) {
        hasBuffer = true
        return sharedBuffer
      }
      // Node asks after every read, and keeps what it has where it gets nothing; its types do not say so.
      return wire()?.nextBuffer() as Buffer
    },
    callback(count, bytes) {
      wire()?.onRead(count, bytes as Buffer)
      return true
    },
  }
}

type ReadOptions = NonNullable<ConstructorParameters<typeof Socket>[0]>['onread'] & {}
