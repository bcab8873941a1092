import type { TLSSocket } from 'node:tls'
import { DirectHandles, type DirectHandle, type DirectReader } from './direct-handle.ts'
import { destroyWhenSilent } from './lingering.ts'
import { sharedBuffer } from './read-buffers.ts'
import { slowReaderMilliseconds, type ConnectionWire, type WireEvents } from './wire.ts'

/** Where so much waits, the writer is told to wait, too. */
const mostWaitingBytes = 64 * 1024

/**
 * A TLS connection that speaks HTTP/1.1, as a wire whose bytes do not go through Node's streams. How it is secured, ends
 * and fails remains their affair.
 *
 * Memory: what was written and has not gone yet, which is 64 KiB before the writer is told, and what one write brings. It
 * reads into the buffer of 64 KiB that all connections share: TLS brings no more than a record, 16 KiB, at once.
 */
export class DirectTlsWire implements ConnectionWire, DirectReader {
  bytesRead = 0
  readonly #socket: TLSSocket
  readonly #handle: DirectHandle
  #events: WireEvents | undefined
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

  constructor(socket: TLSSocket, handle: DirectHandle) {
    this.#socket = socket
    this.#handle = handle
    // What went wrong does not matter to the router. Of what is no TLS any more, behind the handshake, Node tells only this.
    socket.on('error', () => socket.destroy())
  }

  start(events: WireEvents): void {
    const socket = this.#socket
    this.#events = events
    socket.on('end', () => {
      if (!this.#isEnding) events.onEnd()
    })
    socket.on('close', () => {
      clearTimeout(this.#timer)
      this.#waiting = []
      this.#waitingBytes = 0
      events.onClose()
    })
    DirectHandles.read(this.#handle, this, sharedBuffer)
    this.#startReading()
  }

  get pendingBytes(): number {
    return this.#writingBytes + this.#waitingBytes
  }

  write(bytes: Buffer): boolean {
    if (bytes.length === 0 || this.#isEnding || this.#socket.destroyed) return true
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
    if (this.#socket.readableLength === 0) return this.#startReading()
    this.#isCatchingUp = true
    setImmediate(() => this.#catchUp())
  }

  end(): void {
    const socket = this.#socket
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
    this.#socket.destroy()
  }

  /** TLS brings all records of what it has read, also where it was paused by one: the stream keeps them, and their end. */
  onRead(count: number): undefined {
    if (this.#isEnding) return
    if (!this.#isPaused && !this.#isCatchingUp) this.#events?.onBytes(sharedBuffer, 0, count)
    else if (!this.#socket.push(Buffer.from(sharedBuffer.subarray(0, count)))) this.#stopReading()
  }

  #catchUp(): void {
    this.#isCatchingUp = false
    if (this.#isPaused || this.#isEnding) return
    const bytes = this.#socket.read() as Buffer | null
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
    if (handle.reading || this.#socket.destroyed) return
    handle.reading = true
    if (handle.readStart() !== 0) this.#socket.destroy()
  }

  #encrypt(bytes: Buffer): void {
    // Before the call: where the connection has failed, it is told within.
    this.#writingBytes = bytes.length
    if (!DirectHandles.encrypt(this.#handle, bytes, this.#onWritten)) this.#socket.destroy()
  }

  #keep(bytes: Buffer): void {
    this.#waiting.push(Buffer.from(bytes))
    this.#waitingBytes += bytes.length
  }

  /** One for all writes of the connection. */
  readonly #onWritten = (status: number): void => {
    this.#writingBytes = 0
    if (this.#socket.destroyed) return
    if (status < 0) this.#socket.destroy()
    else if (this.#waitingBytes > 0) this.#encrypt(this.#allThatWaits())
    else if (this.#isEnding) this.#finish()
    else if (this.#owesDrain) {
      this.#owesDrain = false
      this.#events?.onDrain()
    }
  }

  #allThatWaits(): Buffer {
    const all = Buffer.concat(this.#waiting, this.#waitingBytes)
    this.#waiting = []
    this.#waitingBytes = 0
    return all
  }

  /** The end goes behind what was written, which has gone by now. */
  #finish(): void {
    const socket = this.#socket
    socket.end(() => {
      clearTimeout(this.#timer)
      destroyWhenSilent(socket)
    })
  }
}
