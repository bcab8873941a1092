import { Socket } from 'node:net'
import { CommonBuffer, type CommonReader } from './common-buffer.ts'
import { DirectHandles, type DirectHandle, type DirectReader, type DirectWriter } from './direct-handle.ts'
import { destroyWhenSilent } from './lingering.ts'
import { giveBuffer, isSmallRead, sharedBuffer, takeBuffer } from './read-buffers.ts'
import { unsentMilliseconds, type TcpWire, type WireEvents } from './wire.ts'

/**
 * A TCP connection as a wire, whose bytes do not go through Node's streams.
 *
 * Memory: what was written and has not gone yet is the writer's buffers. A client's connection reads into one buffer of
 * 64 KiB that all of them share, a target's into a `CommonBuffer`; one on which much comes reads into 64 KiB of its own
 * until less comes again.
 */
export class DirectWire implements TcpWire, DirectReader, DirectWriter, CommonReader {
  bytesRead = 0
  #events: WireEvents | undefined
  /** Undefined until the connection is open, and when it is gone. */
  #handle: DirectHandle | undefined
  /** The same while bytes may be written to it. */
  #writable: DirectHandle | undefined
  /** What a target has sent is read also where it takes no more: it may be the answer to what it has taken. */
  #isTargets = false
  /** What the next read goes into. */
  #buffer: Buffer = sharedBuffer
  /** A target's connection has one until it closes, or the buffer is given up. */
  #common: CommonBuffer | undefined
  /** The bytes of the last read are in use: the next one must go elsewhere. */
  #isBufferKept = false
  #isEnding = false
  /** Writes that have not called back yet. */
  #writes = 0
  pendingBytes = 0
  readonly socket: Socket

  /** Over a socket that was accepted with `pauseOnConnect`. */
  static adopting(socket: Socket): DirectWire {
    const wire = new DirectWire(socket)
    wire.#open()
    return wire
  }

  /** To a target. `onConnect` comes first, or the events' `onClose`. */
  static connecting(
    { id: host, port }: { readonly id: string; readonly port: number },
    events: WireEvents,
    onConnect: () => void,
  ): DirectWire {
    const wire = new DirectWire(new Socket({ allowHalfOpen: true, noDelay: true }))
    wire.#events = events
    wire.#isTargets = true
    wire.socket.once('connect', () => {
      wire.#common = CommonBuffer.join(wire)
      wire.#buffer = wire.#common.bytes
      wire.#open()
      wire.resume()
      onConnect()
    })
    wire.socket.connect({ host, port, autoSelectFamily: false })
    return wire
  }

  constructor(socket: Socket) {
    this.socket = socket
    socket.on('error', () => undefined)
    socket.on('end', () => this.#onEnd())
    socket.on('close', () => this.#onClose())
  }

  /** Reading begins. */
  start(events: WireEvents): void {
    this.#events = events
    this.resume()
  }

  /** What the next read goes into as long as little comes. */
  #usualBuffer(): Buffer {
    return this.#common?.bytes ?? sharedBuffer
  }

  get lendsBytes(): boolean {
    return this.#buffer !== this.#usualBuffer()
  }

  lend(bytes: Buffer, start: number, end: number): Buffer | undefined {
    const common = this.#common
    return common !== undefined && bytes === common.bytes ? common.view(start, end) : undefined
  }

  keepBytes(): void {
    if (this.lendsBytes) this.#isBufferKept = true
    else this.#common?.giveUp()
  }

  leaveCommonBuffer(): void {
    const isElsewhere = this.lendsBytes
    this.#common = undefined
    if (isElsewhere) return
    this.#buffer = sharedBuffer
    this.#handle?.useUserBuffer(sharedBuffer)
  }

  write(bytes: Buffer): boolean {
    const handle = this.#writable
    if (handle === undefined || this.#isEnding) return true
    const result = DirectHandles.write(handle, bytes, this)
    if (result === 'written') return true
    if (result === 'failed') {
      this.#onWriteFailed()
      return true
    }
    this.#writes++
    this.pendingBytes += bytes.length
    return false
  }

  writeBorrowed(bytes: Buffer, start: number, end: number): boolean {
    const handle = this.#writable
    if (handle === undefined || this.#isEnding) return true
    const taken = this.#writes > 0 ? 0 : DirectHandles.writeNow(handle, bytes, start, end)
    return taken === end - start || this.write(Buffer.from(bytes.subarray(start + taken, end)))
  }

  pause(): void {
    const handle = this.#handle
    if (handle === undefined || !handle.reading) return
    handle.reading = false
    handle.readStop()
  }

  resume(): void {
    const handle = this.#handle
    if (handle === undefined || handle.reading) return
    handle.reading = true
    if (handle.readStart() !== 0) this.socket.destroy()
  }

  end(): void {
    if (this.#isEnding) return
    this.#isEnding = true
    if (this.pendingBytes === 0) return this.#finish()
    setTimeout(() => this.socket.destroy(), unsentMilliseconds).unref()
  }

  destroy(): void {
    this.#isEnding = true
    this.socket.destroy()
  }

  /** Of a write that the kernel did not take at once. */
  onWritten(hasFailed: boolean): void {
    this.#writes--
    if (this.#writes > 0) return
    this.pendingBytes = 0
    if (hasFailed) this.#onWriteFailed()
    else if (this.#isEnding) this.#finish()
    else if (this.#handle !== undefined) this.#events?.onDrain()
  }

  onRead(count: number): Buffer | undefined {
    const buffer = this.#buffer
    if (!this.#isEnding) this.#events?.onBytes(buffer, 0, count)
    if (this.#isBufferKept) {
      this.#isBufferKept = false
      return (this.#buffer = takeBuffer())
    }
    // It was given up meanwhile.
    if (buffer !== this.#buffer) return undefined
    if (buffer === this.#usualBuffer()) {
      // It filled the buffer: more of it will come.
      return count === buffer.length && this.#handle !== undefined ? (this.#buffer = takeBuffer()) : undefined
    }
    if (!isSmallRead(count)) return undefined
    giveBuffer(buffer)
    return (this.#buffer = this.#usualBuffer())
  }

  #open(): void {
    const handle = DirectHandles.of(this.socket)
    this.#handle = this.#writable = handle
    if (handle !== undefined) DirectHandles.read(handle, this, this.#buffer)
  }

  #finish(): void {
    const { socket } = this
    if (socket.destroyed) return
    socket.end()
    if (socket.readableEnded) return socket.destroySoon()
    // What still comes must be read: the kernel would otherwise reset the connection, and with it what it was sent.
    socket.once('end', () => socket.destroySoon())
    this.resume()
    destroyWhenSilent(socket)
  }

  /** The events of the connection are never told from within a call: reading tells them later, or `destroy`. */
  #onWriteFailed(): void {
    this.#writable = undefined
    if (this.#isTargets) destroyWhenSilent(this.socket, () => this.#handle?.reading === false)
    else this.socket.destroy()
  }

  #onEnd(): void {
    if (this.#isEnding) return
    // A reset is told once: it was the writer who heard of it, and behind it reading finds what looks like an end.
    if (this.#writable === undefined) this.socket.destroy()
    else this.#events?.onEnd()
  }

  #onClose(): void {
    this.#handle = this.#writable = undefined
    if (this.lendsBytes && !this.#isBufferKept) giveBuffer(this.#buffer)
    this.#common?.leave(this)
    this.#common = undefined
    this.#buffer = sharedBuffer
    this.#events?.onClose()
  }
}
