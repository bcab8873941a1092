import { createServer, connect, type Socket } from 'node:net'
import { once } from 'node:events'

/** What of a socket's handle is used: it is Node's own, and not documented. */
export type WriteHandle = {
  /** 0, or a negative error number. */
  writeBuffer: (request: WriteRequest, bytes: Buffer) => number
  /** Bytes that the kernel has not taken yet. */
  readonly writeQueueSize: number
}

type WriteRequest = {
  oncomplete: (status: number) => void
  /** Kept for as long as the kernel reads them. */
  buffer: Buffer | null
}

type WriteRequestClass = new () => WriteRequest

/** Told when a write that was not taken at once has ended. */
export type Writer = { onWritten(hasFailed: boolean): void }

/**
 * Writes past Node's streams. A stream makes a request for each write; where the kernel takes all bytes at once, which is
 * nearly always, the request is of no further use, so one serves for all of those.
 */
export const DirectWrites = {
  /** Undefined for a socket that has none, or none any more. */
  handleOf(socket: Socket): WriteHandle | undefined {
    const { _handle: handle } = socket as unknown as { readonly _handle: WriteHandle | null }
    return handle ?? undefined
  },

  write(handle: WriteHandle, bytes: Buffer, writer: Writer): 'written' | 'waiting' | 'failed' {
    if (spare === undefined) return 'failed'
    const request = spare
    if (handle.writeBuffer(request, bytes) !== 0) return 'failed'
    if (handle.writeQueueSize === 0) return 'written'
    spare = newRequest()
    request.buffer = bytes
    request.oncomplete = (status) => {
      request.buffer = null
      writer.onWritten(status < 0)
    }
    return 'waiting'
  },

  /** Learns what Node's write requests are. Rejects where they are not what they are taken for. */
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
      RequestClass = requestClassOf(socket)
      spare = newRequest()
    } finally {
      socket.destroy()
      server.close()
    }
  },
}

let RequestClass: WriteRequestClass | undefined
let spare: WriteRequest | undefined

function newRequest(): WriteRequest | undefined {
  return RequestClass === undefined ? undefined : new RequestClass()
}

/** The class of what the socket gives its handle with a write. */
function requestClassOf(socket: Socket): WriteRequestClass {
  const handle = DirectWrites.handleOf(socket)
  if (handle === undefined || typeof handle.writeQueueSize !== 'number')
    throw new TypeError('This Node has no such handle')
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
