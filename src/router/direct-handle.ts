import { createServer, connect, type Socket } from 'node:net'
import { once } from 'node:events'
import { writeSync } from 'node:fs'

/** What of a socket's handle is used: it is Node's own, and not documented. */
export type DirectHandle = {
  /** Returns 0, or a negative error number. */
  writeBuffer: (request: WriteRequest, bytes: Buffer) => number
  /** Negative once the connection is closed, and where the system has no such numbers. */
  readonly fd: number
  /** Called when something has come. What it returns is read into from then on; undefined changes nothing. */
  onread: ReadCallback
  /** Of all that has come. */
  readonly bytesRead: number
  readonly useUserBuffer: (buffer: Buffer) => void
  readonly readStart: () => number
  readonly readStop: () => number
  /** Returns 0, or a negative error number. Where there is none, it is not asked. */
  readonly getpeername?: (address: object) => number
  /** The socket's note of which of the two was called last. */
  reading: boolean
  [readerOfHandle]?: DirectReader
}

type ReadCallback = (this: DirectHandle, bytes: unknown) => Buffer | undefined

type WriteRequest = {
  oncomplete: (status: number) => void
  /** Kept for as long as the kernel reads them. */
  buffer: Buffer | null
  /** The number of a write that has not called back yet; -1 where there is none. */
  readonly getAsyncId: () => number
}

type WriteRequestClass = new () => WriteRequest

/** Told when a write that was not taken at once has ended. */
export type DirectWriter = { onWritten(hasFailed: boolean): void }

export type DirectReader = {
  /** Of all bytes that have come, the lower 32 bits. */
  bytesRead: number
  /** So many bytes are in the buffer. Returns what to read into from now on; undefined changes nothing. */
  onRead(count: number): Buffer | undefined
}

const readerOfHandle = Symbol('reader')
/** A request that has been of no use yet, and can be used again. */
const noWrite = -1

/**
 * Reads and writes past Node's streams, whose objects for each connection would be looked at for each read and write, and
 * whose write makes a request each time: where the kernel takes all bytes at once, which is nearly always, the request is
 * of no further use, so one serves for all of those. How a connection opens, ends and fails remains the streams' affair.
 */
export const DirectHandles = {
  /** Undefined for a socket that has none, or none any more. */
  of(socket: Socket): DirectHandle | undefined {
    const { _handle: handle } = socket as unknown as { readonly _handle: DirectHandle | null }
    return handle ?? undefined
  },

  /** True where the other end has broken the connection off, which nobody hears who neither reads nor writes. */
  isBrokenOff(socket: Socket): boolean {
    return (DirectHandles.of(socket)?.getpeername?.({}) ?? 0) !== 0
  },

  /** From now on bytes that come are the reader's, in this buffer. The end, and errors, are told by the socket as ever. */
  read(handle: DirectHandle, reader: DirectReader, buffer: Buffer): void {
    handle.onread = onread
    begin(handle, reader, buffer)
  },

  /** The same for a connection of TLS. */
  readSecured(handle: DirectHandle, reader: DirectReader, buffer: Buffer): void {
    handle.onread = onSecuredRead
    begin(handle, reader, buffer)
  },

  write(handle: DirectHandle, bytes: Buffer, writer: DirectWriter): 'written' | 'waiting' | 'failed' {
    if (spare === undefined) return 'failed'
    const request = spare
    if (handle.writeBuffer(request, bytes) !== 0) return 'failed'
    // What the kernel takes only when it is asked again calls back, too, though nothing of it is left to be written.
    if (request.getAsyncId() === noWrite) return 'written'
    spare = newRequest()
    request.buffer = bytes
    request.oncomplete = (status) => {
      request.buffer = null
      writer.onWritten(status < 0)
    }
    return 'waiting'
  },

  /**
   * To a TLS connection, which takes one write at a time. The bytes are the caller's again when this returns: they are
   * encrypted by then, or TLS has copied them. Where it returns true, `onComplete` is called with 0 when they have gone, or
   * with a negative error number.
   */
  encrypt(handle: DirectHandle, bytes: Buffer, onComplete: WriteRequest['oncomplete']): boolean {
    const request = newRequest()
    if (request === undefined) return false
    request.oncomplete = onComplete
    return handle.writeBuffer(request, bytes) === 0
  },

  /**
   * Gives the kernel as many of the bytes as it takes at once, which are the caller's again then. Returns how many: 0 also
   * where something is wrong, of which the next `write` tells. Only while nothing waits to be written: it would come first.
   */
  writeNow(handle: DirectHandle, bytes: Buffer, start: number, end: number): number {
    const { fd } = handle
    if (fd < 0) return 0
    try {
      return writeSync(fd, bytes, start, end - start)
    } catch {
      return 0
    }
  },

  /** Learns how Node's sockets use their handles. Rejects where that is not what it is taken for. */
  async learn(): Promise<void> {
    if (spare !== undefined) return
    const server = createServer((socket) => void socket.destroy())
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    const port = address !== null && typeof address === 'object' ? address.port : 0
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => undefined)
    try {
      await once(socket, 'connect')
      const handle = knownHandle(socket)
      streamsOnread = handle.onread
      RequestClass = requestClassOf(socket, handle)
      const request = newRequest()
      if (request?.getAsyncId() !== noWrite) throw new TypeError('This Node has other requests')
      spare = request
    } finally {
      socket.destroy()
      server.close()
    }
  },
}

let RequestClass: WriteRequestClass | undefined
let spare: WriteRequest | undefined
/** What a socket of Node's has there. */
let streamsOnread: ReadCallback | undefined

function begin(handle: DirectHandle, reader: DirectReader, buffer: Buffer): void {
  reader.bytesRead = handle.bytesRead | 0
  handle[readerOfHandle] = reader
  handle.useUserBuffer(buffer)
}

/**
 * Written out for each of the two kinds of handles: those of TLS have too many members to be of a fixed shape, and V8 would
 * look up the members of all handles by name if one function had seen both.
 */
function onread(this: DirectHandle, bytes: unknown): Buffer | undefined {
  const reader = this[readerOfHandle]
  if (reader === undefined) return undefined
  const total = this.bytesRead | 0
  const count = (total - reader.bytesRead) | 0
  if (count === 0) return streamsOnread?.call(this, bytes)
  reader.bytesRead = total
  return reader.onRead(count)
}

function onSecuredRead(this: DirectHandle, bytes: unknown): Buffer | undefined {
  const reader = this[readerOfHandle]
  if (reader === undefined) return undefined
  const total = this.bytesRead | 0
  const count = (total - reader.bytesRead) | 0
  if (count === 0) return streamsOnread?.call(this, bytes)
  reader.bytesRead = total
  return reader.onRead(count)
}

function newRequest(): WriteRequest | undefined {
  return RequestClass === undefined ? undefined : new RequestClass()
}

function knownHandle(socket: Socket): DirectHandle {
  const handle = DirectHandles.of(socket)
  if (handle === undefined) throw new TypeError('This Node has no such handle')
  const { bytesRead, fd, ...methods } = {
    fd: handle.fd,
    bytesRead: handle.bytesRead,
    onread: handle.onread,
    useUserBuffer: handle.useUserBuffer,
    readStart: handle.readStart,
    readStop: handle.readStop,
  }
  const areNumbers = [bytesRead, fd].every((value) => typeof value === 'number')
  const areMethods = Object.values(methods).every((method) => typeof method === 'function')
  if (!areNumbers || !areMethods) throw new TypeError('This Node has another handle')
  return handle
}

/** The class of what the socket gives its handle with a write. */
function requestClassOf(socket: Socket, handle: DirectHandle): WriteRequestClass {
  const { writeBuffer } = handle
  let found: WriteRequestClass | undefined
  handle.writeBuffer = (request, bytes) => {
    found = request.constructor as WriteRequestClass
    return writeBuffer.call(handle, request, bytes)
  }
  socket.write(Buffer.from('?'))
  handle.writeBuffer = writeBuffer
  if (found === undefined) throw new TypeError('This Node writes in another way')
  return found
}
