import type { Agent, ClientRequest, IncomingMessage, RequestOptions as HttpOptions } from 'node:http'
import * as https from 'node:https'
import { RequestFailure, requestFailureOf, type Answer } from './answer.ts'

// An `import` would load `fetch` with it, and take several times as long.
const http = process.getBuiltinModule('node:http')

export type HttpClientOptions = {
  /** `http://green.example.com:8080`; nothing behind the port. */
  readonly url: URL
  readonly inFlight: number
  readonly requestTimeoutMilliseconds: number
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>
  /** Any certificate will do. */
  readonly insecure: boolean
  /** Of an answer that is kept, no more is read. */
  readonly mostBodyBytes: number
}

export type RequestOptions = { readonly keepsBody: boolean; readonly signal: AbortSignal }

/** Asks one server, over connections that are kept. */
export class HttpClient {
  readonly url: URL
  readonly #options: HttpClientOptions
  readonly #agent: Agent
  readonly #request: typeof http.request

  constructor(options: HttpClientOptions) {
    this.url = options.url
    this.#options = options
    const agentOptions = { keepAlive: true, maxSockets: options.inFlight, maxFreeSockets: options.inFlight }
    const isSecure = options.url.protocol === 'https:'
    this.#request = isSecure ? https.request : http.request
    this.#agent = isSecure
      ? new https.Agent({ ...agentOptions, rejectUnauthorized: !options.insecure })
      : new http.Agent(agentOptions)
  }

  /**
   * Rejects with a `RequestFailure`. A kept connection that the server has closed meanwhile says nothing about the URL: the
   * request is sent again on another one, as browsers do.
   */
  async get(path: string, options: RequestOptions): Promise<Answer> {
    const begun = performance.now()
    for (;;) {
      const exchange = new Exchange(this.#options, options)
      try {
        const answer = await exchange.perform((head) => this.#request({ ...head, agent: this.#agent, path }))
        return { ...answer, milliseconds: performance.now() - begun }
      } catch (error) {
        if (!exchange.wasStale || options.signal.aborted) throw requestFailureOf(error)
      }
    }
  }

  /** Whether it is this server's, by its own name or by the one that requests are for. */
  has({ origin, host, protocol }: URL): boolean {
    const { url, headers } = this.#options
    return origin === url.origin || (protocol === url.protocol && host === headers['host']?.toLowerCase())
  }

  close(): void {
    this.#agent.destroy()
  }
}

/** One request and its answer, bounded in time and size. */
class Exchange {
  readonly #options: HttpClientOptions
  readonly #request: RequestOptions
  /** It was on a connection used before, which closed before the answer began. */
  wasStale = false

  constructor(options: HttpClientOptions, request: RequestOptions) {
    this.#options = options
    this.#request = request
  }

  perform(send: (head: HttpOptions) => ClientRequest): Promise<Omit<Answer, 'milliseconds'>> {
    const { url, headers, requestTimeoutMilliseconds } = this.#options
    const { signal } = this.#request
    const { promise, resolve, reject } = Promise.withResolvers<Omit<Answer, 'milliseconds'>>()
    const request = send({ method: 'GET', hostname: hostnameOf(url), port: url.port, headers, signal })
    let [isLate, hasBegun] = [false, false]
    const timer = setTimeout(() => {
      isLate = true
      request.destroy()
    }, requestTimeoutMilliseconds)
    request.on('response', (response) => {
      hasBegun = true
      this.#read(response).then(resolve, reject)
    })
    request.on('error', (error: NodeJS.ErrnoException) => {
      const isClosed = error.code === 'ECONNRESET' || error.code === 'EPIPE'
      this.wasStale = request.reusedSocket && isClosed && !hasBegun && !isLate
      reject(error)
    })
    request.end()
    return promise
      .catch((error: unknown) => {
        if (isLate) throw new RequestFailure(`no whole answer within ${requestTimeoutMilliseconds / 1000} s`)
        throw error
      })
      .finally(() => clearTimeout(timer))
  }

  async #read(response: IncomingMessage): Promise<Omit<Answer, 'milliseconds'>> {
    const { statusCode: status = 0, headers } = response
    const chunks: Buffer[] = []
    let bytes = 0
    for await (const chunk of response as AsyncIterable<Buffer>) {
      bytes += chunk.length
      if (this.#request.keepsBody && bytes <= this.#options.mostBodyBytes) chunks.push(chunk)
    }
    if (!response.complete) throw new RequestFailure('answer cut off before its end')
    return { status, headers, bytes, body: this.#request.keepsBody ? Buffer.concat(chunks) : undefined }
  }
}

/** Without the brackets of an IPv6 address. */
function hostnameOf(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/, '$1')
}
