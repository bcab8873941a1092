import { createServer, request as httpRequest, type IncomingMessage, type Server } from 'node:http'
import { Duplex } from 'node:stream'

/** One message as somebody read it; `body` in hexadecimal. */
export type ReadMessage = { readonly start: string; readonly body: string }

/** A connection without a network: what is pushed comes in, what goes out is dropped. */
class Pipe extends Duplex {
  override _read(): void {}
  override _write(_chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    done()
  }
  // `node:http` asks its sockets for these.
  setTimeout(): this {
    return this
  }
  setNoDelay(): this {
    return this
  }
  setKeepAlive(): this {
    return this
  }
}

/** Reads requests as `node:http` does: the whole ones, in their order; `start` is method and target. */
export class NodeServerReading {
  readonly #messages = new Map<Duplex, ReadMessage[]>()
  readonly #server: Server
  readonly #onHeaders: (rawHeaders: readonly string[]) => void

  /** `onHeaders` gets the headers of each request: name, value, name, value, … */
  constructor(onHeaders: (rawHeaders: readonly string[]) => void = () => undefined) {
    this.#onHeaders = onHeaders
    this.#server = createServer({
      maxHeaderSize: 256 * 1024,
      keepAliveTimeout: 0,
      requestTimeout: 0,
      headersTimeout: 0,
      shouldUpgradeCallback: () => false,
    })
    this.#server.maxHeadersCount = 0
    const take = (request: IncomingMessage): void => this.#take(request)
    for (const event of ['request', 'checkContinue', 'checkExpectation']) this.#server.on(event, take)
    // The connection stays until the bodies of the requests before the bad one have been read.
    this.#server.on('clientError', () => undefined)
  }

  async read(inputs: readonly Buffer[]): Promise<readonly (readonly ReadMessage[])[]> {
    const pipes = inputs.map((input) => {
      const pipe = new Pipe()
      pipe.on('error', () => undefined)
      this.#messages.set(pipe, [])
      this.#server.emit('connection', pipe)
      pipe.push(input)
      return pipe
    })
    await settled()
    return pipes.map((pipe) => {
      const messages = this.#messages.get(pipe) ?? []
      this.#messages.delete(pipe)
      pipe.destroy()
      return messages
    })
  }

  #take(request: IncomingMessage): void {
    this.#onHeaders(request.rawHeaders)
    const body: Buffer[] = []
    request.on('data', (chunk: Buffer) => body.push(chunk))
    request.on('error', () => undefined)
    request.on('end', () => {
      const start = `${request.method} ${request.url}`
      this.#messages.get(request.socket)?.push({ start, body: Buffer.concat(body).toString('hex') })
    })
  }
}

/**
 * Reads one answer as `node:http` does; `start` is the status code. Undefined where it is not HTTP, or where these bytes,
 * with the connection's end behind them if `hasEnd` says so, are not the whole of it.
 */
export async function readAnswerByNode(
  input: Buffer,
  method: string,
  hasEnd: boolean,
): Promise<ReadMessage | undefined> {
  const pipe = new Pipe()
  let message: ReadMessage | undefined
  const request = httpRequest({ method, createConnection: () => pipe, maxHeaderSize: 256 * 1024 })
  request.maxHeadersCount = 0
  request.on('error', () => undefined)
  request.on('response', (answer) => {
    const body: Buffer[] = []
    answer.on('data', (chunk: Buffer) => body.push(chunk))
    answer.on('error', () => undefined)
    answer.on('end', () => {
      message = { start: String(answer.statusCode), body: Buffer.concat(body).toString('hex') }
    })
  })
  request.end()
  pipe.push(input)
  if (hasEnd) pipe.push(null)
  await settled()
  pipe.destroy()
  return message
}

/** Bodies are read a few turns of the loop after their heads. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 8; turn++) await new Promise((resolve) => setImmediate(resolve))
}
