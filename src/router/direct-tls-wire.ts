import type { TLSSocket } from 'node:tls'
import { DirectHandles, type DirectHandle, type DirectReader } from './direct-handle.ts'
import { GatheredRecords, type RecordsReader } from './gathered-records.ts'
import { destroyWhenSilent } from './lingering.ts'
import { sharedBuffer } from './read-buffers.ts'
import { slowReaderMilliseconds, type TcpWire, type WireEvents } from './wire.ts'

/** Where so much waits, the writer is told to wait, too. */
const mostWaitingBytes = 64 * 1024

/**
 * A TLS connection that speaks HTTP/1.1, as a wire whose bytes do not go through Node's streams. How it is secured, ends
 * and fails remains their affair.
 *
 * Memory: what was written and has not gone yet, which is 64 KiB before the writer is told, and what one write brings. It
 * reads into the buffer of 64 KiB that all connections share: TLS brings no more than a record, 16 KiB, at once. What a
 * target sends is put together (`GatheredRecords`) before it is told.
 */
export class DirectTlsWire implements TcpWire, DirectReader, RecordsReader {
  bytesRead = 0
  hasRecords = false
  mayTellMore = true
  readonly socket: TLSSocket
  readonly #handle: DirectHandle
  #events: WireEvents | undefined
  /** True from when the connection is secured until a write fails. TLS must not be given another one then. */
  #isWritable = false
  /** What a target has sent is read also where it takes no more: it may be the answer to what it has taken. */
  #isTargets = false
  #isPaused = false
  /** What came while it was paused is told in the next turn, before anything else. */
  #isCatchingUp = false
  #isEnding = false
  #timer: NodeJS.Timeout | undefined
  /** TLS takes one write at a time: what comes meanwhile goes with the next. */
  #writingBytes = 0
  #waiting: Buffer[] = []
  #waitingBytes = 0
  /** The writer was told to wait. */
  #owesDrain = false

  /** To a target, by a socket that is still to be secured. `onConnect` comes first, or the events' `onClose`. */
  static connecting(socket: TLSSocket, handle: DirectHandle, events: WireEvents, onConnect: () => void): DirectTlsWire {
    const wire = new DirectTlsWire(socket, handle)
    wire.#isTargets = true
    wire.#listen(events)
    socket.once('secureConnect', () => {
      wire.#open()
      onConnect()
    })
    return wire
  }

  constructor(socket: TLSSocket, handle: DirectHandle) {
    this.socket = socket
    this.#handle = handle
    // What went wrong does not matter to the router. Of what is no TLS any more, behind the handshake, Node tells only this.
    socket.on('error', () => {
      this.#tellWaiting()
      socket.destroy()
    })
  }

  start(events: WireEvents): void {
    this.#listen(events)
    this.#open()
  }

  get pendingBytes(): number {
    return this.#writingBytes + this.#waitingBytes
  }

  write(bytes: Buffer): boolean {
    if (bytes.length === 0 || !this.#isWritable || this.#isEnding || this.socket.destroyed) return true
    if (this.#writingBytes === 0) this.#encrypt(bytes)
    else this.#keep(bytes)
    this.#owesDrain ||= this.pendingBytes >= mostWaitingBytes
    return !this.#owesDrain
  }

  writeBorrowed(bytes: Buffer, start: number, end: number): boolean {
    return this.write(bytes.subarray(start, end))
  }

  pause(): void {
    this.#isPaused = true
    this.#stopReading()
  }

  resume(): void {
    this.#isPaused = false
    if (this.#isCatchingUp) return
    if (this.socket.readableLength === 0) return this.#startReading()
    this.#isCatchingUp = true
    setImmediate(() => this.#catchUp())
  }

  end(): void {
    const { socket } = this
    if (this.#isEnding || socket.destroyed) return
    this.#isEnding = true
    // What still comes is read: the kernel would otherwise reset the connection, and with it what was sent.
    socket.resume()
    this.#startReading()
    this.#timer = setTimeout(() => socket.destroy(), slowReaderMilliseconds).unref()
    if (this.#writingBytes === 0) this.#finish()
  }

  destroy(): void {
    this.#isEnding = true
    this.socket.destroy()
  }

  /** TLS brings all records of what it has read, also where it was paused by one: the stream keeps them, and their end. */
  onRead(count: number): undefined {
    if (this.#isEnding) return
    // What is told for it may make it pause.
    if (this.#isTargets) GatheredRecords.makeRoom(this, count)
    if (this.#isPaused || this.#isCatchingUp) this.#keepRead(sharedBuffer, 0, count)
    else if (this.#isTargets) GatheredRecords.add(this, sharedBuffer, count)
    else this.#events?.onBytes(sharedBuffer, 0, count)
  }

  onRecords(bytes: Buffer, start: number, end: number, areAll: boolean): void {
    if (this.#isEnding) return
    if (this.#isPaused || this.#isCatchingUp) return this.#keepRead(bytes, start, end)
    this.mayTellMore = !areAll
    this.#events?.onBytes(bytes, start, end)
    this.mayTellMore = true
  }

  #keepRead(bytes: Buffer, start: number, end: number): void {
    if (!this.socket.push(Buffer.from(bytes.subarray(start, end)))) this.#stopReading()
  }

  #listen(events: WireEvents): void {
    const { socket } = this
    this.#events = events
    socket.on('end', () => this.#onEnd())
    socket.on('close', () => {
      this.#tellWaiting()
      clearTimeout(this.#timer)
      this.#dropWaiting()
      events.onClose()
    })
  }

  /** Bytes go past the streams from here on. */
  #open(): void {
    this.#isWritable = true
    DirectHandles.readSecured(this.#handle, this, sharedBuffer)
    this.#startReading()
  }

  /** Before anything else is told. */
  #tellWaiting(): void {
    if (this.hasRecords) GatheredRecords.tell()
  }

  #onEnd(): void {
    this.#tellWaiting()
    if (this.#isEnding || this.socket.destroyed) return
    // A reset is told once: it was the writer who heard of it, and behind it reading finds what looks like an end.
    if (!this.#isWritable) this.socket.destroy()
    else this.#events?.onEnd()
  }

  #catchUp(): void {
    this.#isCatchingUp = false
    if (this.#isPaused || this.#isEnding) return
    const bytes = this.socket.read() as Buffer | null
    if (bytes !== null) this.#events?.onBytes(bytes, 0, bytes.length)
    if (!this.#isPaused) this.#startReading()
  }

  #stopReading(): void {
    const handle = this.#handle
    if (!handle.reading) return
    handle.reading = false
    handle.readStop()
  }

  #startReading(): void {
    const handle = this.#handle
    if (handle.reading || this.socket.destroyed) return
    handle.reading = true
    if (handle.readStart() !== 0) this.socket.destroy()
  }

  #encrypt(bytes: Buffer): void {
    // Before the call: where the connection has failed, it is told within.
    this.#writingBytes = bytes.length
    if (!DirectHandles.encrypt(this.#handle, bytes, this.#onWritten)) this.#onWriteFailed()
  }

  #keep(bytes: Buffer): void {
    this.#waiting.push(Buffer.from(bytes))
    this.#waitingBytes += bytes.length
  }

  /** One for all writes of the connection. */
  readonly #onWritten = (status: number): void => {
    this.#writingBytes = 0
    if (this.socket.destroyed) return
    if (status < 0) this.#onWriteFailed()
    else if (this.#waitingBytes > 0) this.#encrypt(this.#allThatWaits())
    else if (this.#isEnding) this.#finish()
    else if (this.#owesDrain) {
      this.#owesDrain = false
      this.#events?.onDrain()
    }
  }

  /** The events of the connection are never told from within a call: reading tells them later, or `destroy`. */
  #onWriteFailed(): void {
    this.#isWritable = false
    this.#writingBytes = 0
    this.#dropWaiting()
    if (!this.#isTargets || this.#isEnding) this.socket.destroy()
    else destroyWhenSilent(this.socket, () => this.#isPaused)
  }

  #allThatWaits(): Buffer {
    const all = Buffer.concat(this.#waiting, this.#waitingBytes)
    this.#dropWaiting()
    return all
  }

  #dropWaiting(): void {
    this.#waiting = []
    this.#waitingBytes = 0
  }

  /** The end goes behind what was written, which has gone by now. */
  #finish(): void {
    const { socket } = this
    socket.end(() => {
      clearTimeout(this.#timer)
      destroyWhenSilent(socket)
    })
  }
}
