import { once } from 'node:events'
import type { TLSSocket } from 'node:tls'

/** Frames of HTTP/2 made by hand, for what no client library would send. */
export const types = {
  data: 0,
  headers: 1,
  reset: 3,
  settings: 4,
  ping: 6,
  goAway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const

export function frame(type: number, flags: number, streamId: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(9)
  head.writeUIntBE(payload.length, 0, 3)
  head.writeUInt8(type, 3)
  head.writeUInt8(flags, 4)
  head.writeUInt32BE(streamId, 5)
  return Buffer.concat([head, payload])
}

/** HEADERS and CONTINUATION, each field as a literal that is not indexed. */
export function headersFrame(
  streamId: number,
  fields: readonly (readonly [name: string, value: string])[],
  { endStream }: { readonly endStream: boolean },
): Buffer {
  const block = Buffer.concat(fields.flatMap(([name, value]) => [Buffer.from([0]), text(name), text(value)]))
  const pieces = Array.from({ length: Math.max(1, Math.ceil(block.length / 16_000)) }, (_, at) =>
    block.subarray(at * 16_000, (at + 1) * 16_000),
  )
  return Buffer.concat(
    pieces.map((piece, at) => {
      const flags = (at === 0 && endStream ? 1 : 0) | (at === pieces.length - 1 ? 4 : 0)
      return frame(at === 0 ? types.headers : types.continuation, flags, streamId, piece)
    }),
  )
}

/** A string of HPACK without Huffman coding. */
function text(value: string): Buffer {
  const bytes = Buffer.from(value, 'latin1')
  const length: number[] = []
  if (bytes.length < 127) length.push(bytes.length)
  else {
    length.push(127)
    let rest = bytes.length - 127
    for (; rest >= 128; rest >>= 7) length.push((rest & 127) | 128)
    length.push(rest)
  }
  return Buffer.concat([Buffer.from(length), bytes])
}

/** The client's end of such a connection. */
export class Http2Frames {
  readonly #socket: TLSSocket
  readonly #resets = new Map<number, number>()
  readonly #bytes = new Map<number, number>()
  readonly #ended = new Set<number>()
  readonly #lastTaken: number[] = []
  #takesBodies = false
  #pongs = 0
  #received = Buffer.alloc(0)
  #isClosed = false

  static async over(socket: TLSSocket): Promise<Http2Frames> {
    const frames = new Http2Frames(socket)
    frames.send(Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'))
    frames.send(frame(types.settings, 0, 0, Buffer.alloc(0)))
    await once(socket, 'data')
    return frames
  }

  constructor(socket: TLSSocket) {
    this.#socket = socket
    socket.on('error', () => undefined)
    socket.once('close', () => {
      this.#isClosed = true
    })
    socket.on('data', (bytes: Buffer) => this.#read(bytes))
  }

  send(bytes: Buffer): void {
    if (this.#socket.writable) this.#socket.write(bytes)
  }

  /** The code with which the router has reset a stream. */
  async resetOf(streamId: number): Promise<number | undefined> {
    while (!this.#resets.has(streamId) && !this.#isClosed) {
      await Promise.race([once(this.#socket, 'data'), once(this.#socket, 'close')])
    }
    return this.#resets.get(streamId)
  }

  /** How many bytes of a body have come, once its end has. From now on the client says of each piece that it has taken it. */
  async wholeBody(streamId: number): Promise<number> {
    this.#takesBodies = true
    while (!this.#ended.has(streamId)) await once(this.#socket, 'data')
    return this.#bytes.get(streamId) ?? 0
  }

  /** By then everything has come that was sent before this. */
  async roundTrip(): Promise<void> {
    const before = this.#pongs
    this.send(frame(types.ping, 0, 0, Buffer.alloc(8)))
    while (this.#pongs === before) await once(this.#socket, 'data')
  }

  get resets(): ReadonlyMap<number, number> {
    return this.#resets
  }

  /** Of each GOAWAY the last stream that the router says it may have taken. */
  get lastTaken(): readonly number[] {
    return this.#lastTaken
  }

  /** Whether the router has ended a stream by its answer: without that, a reset breaks the answer off. */
  hasEnded(streamId: number): boolean {
    return this.#ended.has(streamId)
  }

  async closed(): Promise<void> {
    if (!this.#isClosed) await once(this.#socket, 'close')
  }

  close(): void {
    this.#socket.destroy()
  }

  #read(bytes: Buffer): void {
    this.#received = Buffer.concat([this.#received, bytes])
    while (this.#received.length >= 9) {
      const length = this.#received.readUIntBE(0, 3)
      if (this.#received.length < 9 + length) return
      this.#take(this.#received.subarray(0, 9 + length))
      this.#received = this.#received.subarray(9 + length)
    }
  }

  #take(bytes: Buffer): void {
    const [type, flags = 0, streamId] = [bytes[3], bytes[4], bytes.readUInt32BE(5)]
    if (type === types.reset) this.#resets.set(streamId, bytes.readUInt32BE(9))
    if (type === types.ping) this.#pongs++
    if (type === types.goAway) this.#lastTaken.push(bytes.readUInt32BE(9))
    if (type === types.data) this.#takeData(streamId, bytes.length - 9)
    if ((type === types.data || type === types.headers) && (flags & 1) !== 0) this.#ended.add(streamId)
  }

  #takeData(streamId: number, length: number): void {
    this.#bytes.set(streamId, (this.#bytes.get(streamId) ?? 0) + length)
    if (length === 0 || !this.#takesBodies) return
    const more = Buffer.alloc(4)
    more.writeUInt32BE(length)
    for (const id of [0, streamId]) this.send(frame(types.windowUpdate, 0, id, more))
  }
}
