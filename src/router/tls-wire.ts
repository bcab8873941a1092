import type { TLSSocket } from 'node:tls'
import { destroyWhenSilent } from './lingering.ts'
import { slowReaderMilliseconds, type TcpWire, type WireEvents } from './wire.ts'

/**
 * A TLS connection that speaks HTTP/1.1, as a wire.
 *
 * Memory: what was written and has not gone yet, which is 64 KiB before the writer is told, and the bytes of one record.
 */
export class TlsWire implements TcpWire {
  readonly mayTellMore = true
  readonly #socket: TLSSocket
  #isEnding = false
  #timer: NodeJS.Timeout | undefined

  constructor(socket: TLSSocket) {
    this.#socket = socket
    // What went wrong does not matter to the router. Of what is no TLS any more, behind the handshake, Node tells only this.
    socket.on('error', () => socket.destroy())
  }

  start(events: WireEvents): void {
    const socket = this.#socket
    socket.on('drain', () => events.onDrain())
    socket.on('end', () => {
      if (!this.#isEnding) events.onEnd()
    })
    socket.on('close', () => {
      clearTimeout(this.#timer)
      events.onClose()
    })
    socket.on('data', (bytes: Buffer) => {
      if (!this.#isEnding) events.onBytes(bytes, 0, bytes.length)
    })
  }

  get socket(): TLSSocket {
    return this.#socket
  }

  get pendingBytes(): number {
    return this.#socket.writableLength
  }

  write(bytes: Buffer): boolean {
    const socket = this.#socket
    if (this.#isEnding || socket.destroyed) return true
    const isRoom = socket.writableLength + bytes.length < socket.writableHighWaterMark
    // Where there is room the writer goes on, and uses its bytes again; elsewhere it waits for `drain`.
    return socket.write(isRoom ? Buffer.from(bytes) : bytes)
  }

  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }

  end(): void {
    const socket = this.#socket
    if (this.#isEnding || socket.destroyed) return
    this.#isEnding = true
    // What still comes is read: the kernel would otherwise reset the connection, and with it what was sent.
    socket.resume()
    this.#timer = setTimeout(() => socket.destroy(), slowReaderMilliseconds).unref()
    socket.end(() => {
      clearTimeout(this.#timer)
      destroyWhenSilent(socket)
    })
  }

  destroy(): void {
    this.#isEnding = true
    this.#socket.destroy()
  }
}
