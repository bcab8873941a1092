import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'

/** A request as the bytes say it, read by the letter of RFC 9112: what the router must never send makes it throw. */
export type RawRequest = {
  readonly method: string
  readonly path: string
  /** Names in lower case, in their order. */
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body: Buffer
  /** Number of the connection it came on. */
  readonly connection: number
}

/** What is asked by those who only look whether they are served; always answered as by default. */
export const wellMeant = '/well-meant'

type RawTargetSettings = {
  /** Answers; by default 200 with the request's path in the body. */
  readonly answer?: (request: RawRequest, socket: Socket) => void
  /** Called at the end of a head, before there is a body. True: the rest of the connection is not read as requests. */
  readonly answerHead?: (head: string, socket: Socket) => boolean
}

const endOfHead = Buffer.from('\r\n\r\n')

/** An application made of a socket, which records what it gets and answers whatever a test wants, valid or not. */
export class RawTarget {
  readonly requests: RawRequest[] = []
  /** What came that is no request of HTTP/1.1. */
  readonly complaints: string[] = []
  readonly sockets = new Set<Socket>()
  port = 0
  readonly #settings: RawTargetSettings
  readonly #server = createServer((socket) => this.#take(socket))
  #connections = 0

  constructor(settings: RawTargetSettings = {}) {
    this.#settings = settings
  }

  async open(): Promise<this> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    this.port = (this.#server.address() as AddressInfo).port
    return this
  }

  async close(): Promise<void> {
    this.dropConnections()
    if (this.#server.listening) await new Promise((resolve) => this.#server.close(resolve))
  }

  dropConnections(): void {
    for (const socket of this.sockets) socket.destroy()
  }

  #take(socket: Socket): void {
    const connection = ++this.#connections
    this.sockets.add(socket)
    socket.on('error', () => undefined)
    socket.on('close', () => this.sockets.delete(socket))
    let received = Buffer.alloc(0)
    let isGivenAway = false
    socket.on('data', (chunk: Buffer) => {
      if (isGivenAway) return
      received = Buffer.concat([received, chunk])
      const { answerHead } = this.#settings
      const head = received.toString('latin1', 0, Math.max(0, received.indexOf(endOfHead)))
      if (head !== '' && answerHead?.(head, socket) === true) {
        isGivenAway = true
        return
      }
      try {
        for (
          let read = readRequest(received, connection);
          read !== undefined;
          read = readRequest(received, connection)
        ) {
          received = received.subarray(read.length)
          this.#answer(read.request, socket)
        }
      } catch (error) {
        this.complaints.push(error instanceof Error ? error.message : String(error))
        socket.destroy()
      }
    })
  }

  #answer(request: RawRequest, socket: Socket): void {
    if (request.path === '/health') {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')
      return
    }
    this.requests.push(request)
    if (this.#settings.answer === undefined || request.path === wellMeant) socket.write(answerOf(request.path))
    else this.#settings.answer(request, socket)
  }
}

/** A plain answer, whole. */
export function answerOf(body: string, { status = '200 OK', headers = '' } = {}): string {
  return `HTTP/1.1 ${status}\r\n${headers}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
}

function readRequest(bytes: Buffer, connection: number) {
  const end = bytes.indexOf(endOfHead)
  if (end < 0) return undefined
  const [requestLine = '', ...lines] = bytes.toString('latin1', 0, end).split('\r\n')
  const [, method, path] = /^([!#$%&'*+.^_`|~\w-]+) ([^\s]+) HTTP\/1\.1$/.exec(requestLine) ?? []
  if (method === undefined || path === undefined) throw new Error(`no request line: ${JSON.stringify(requestLine)}`)
  const headers = lines.map(readHeader)
  const start = end + endOfHead.length
  const body = readBody(bytes, start, headers)
  if (body === undefined) return undefined
  return { request: { method, path, headers, body: body.content, connection }, length: body.end }
}

function readHeader(line: string): readonly [string, string] {
  const [, name, value] = /^([!#$%&'*+.^_`|~\w-]+):[ \t]*([^\r\n\0]*?)[ \t]*$/.exec(line) ?? []
  if (name === undefined || value === undefined) throw new Error(`no header: ${JSON.stringify(line)}`)
  return [name.toLowerCase(), value]
}

function readBody(bytes: Buffer, start: number, headers: RawRequest['headers']) {
  const lengths = headers.filter(([name]) => name === 'content-length')
  const codings = headers.filter(([name]) => name === 'transfer-encoding')
  if (lengths.length + codings.length > 1) throw new Error('more than one framing')
  const [coding] = codings
  if (coding !== undefined) {
    if (coding[1] !== 'chunked') throw new Error(`unknown coding ${coding[1]}`)
    return readChunks(bytes, start)
  }
  const text = lengths[0]?.[1] ?? '0'
  if (!/^\d{1,15}$/.test(text)) throw new Error(`no length: ${text}`)
  const end = start + Number(text)
  return bytes.length < end ? undefined : { content: bytes.subarray(start, end), end }
}

function readChunks(bytes: Buffer, start: number) {
  const parts: Buffer[] = []
  for (let at = start; ;) {
    const lineEnd = bytes.indexOf('\r\n', at)
    if (lineEnd < 0) return undefined
    const line = bytes.toString('latin1', at, lineEnd)
    const [, size] = /^([\da-fA-F]{1,13})(?:;[^\r\n]*)?$/.exec(line) ?? []
    if (size === undefined) throw new Error(`no chunk: ${JSON.stringify(line)}`)
    const dataEnd = lineEnd + 2 + Number.parseInt(size, 16)
    if (Number.parseInt(size, 16) === 0) {
      const isPlainEnd = bytes.toString('latin1', lineEnd + 2, lineEnd + 4) === '\r\n'
      const end = isPlainEnd ? lineEnd + 4 : bytes.indexOf(endOfHead, lineEnd + 2) + endOfHead.length
      if (end < endOfHead.length || bytes.length < end) return undefined
      return { content: Buffer.concat(parts), end }
    }
    if (bytes.length < dataEnd + 2) return undefined
    if (bytes.toString('latin1', dataEnd, dataEnd + 2) !== '\r\n') throw new Error('no line end behind a chunk')
    parts.push(bytes.subarray(lineEnd + 2, dataEnd))
    at = dataEnd + 2
  }
}

/** The values of a header, in their order. */
export function valuesOf({ headers }: RawRequest, name: string): readonly string[] {
  return headers.filter(([one]) => one === name).map(([, value]) => value)
}
