import type { IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'

// An `import` would load `fetch` with it, and take several times as long.
const { Agent, request } = process.getBuiltinModule('node:http')

export type DockerCall = {
  readonly query?: Readonly<Record<string, string | number | boolean>>
  readonly headers?: Readonly<Record<string, string>>
  /** Sent as JSON, or as it is. */
  readonly body?: object | Uint8Array
  /** Until the whole answer is there; of a stream, until it begins. */
  readonly timeoutMilliseconds?: number
  readonly signal?: AbortSignal
}

type Method = 'GET' | 'POST' | 'DELETE'

/** What the engine says of itself. */
export type DockerVersion = {
  readonly Version: string
  readonly ApiVersion: string
  readonly MinAPIVersion?: string
  readonly Arch: string
  readonly Os: string
}

const defaultTimeoutMilliseconds = 30_000

/** That of Docker Engine 20.10, whose API all calls here keep to, and the newest that they are known to work with. */
const oldestApiVersion = 1.41
const newestApiVersion = 1.47

/** Docker answered, and refused; the message is its own. */
export class DockerError extends Error {
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.name = 'DockerError'
    this.status = status
  }
}

/** Docker does not answer: it is not there, is starting, or hangs. Any call may be made again later. */
export class DockerUnreachable extends Error {
  constructor(socketPath: string, problem: string) {
    super(`Docker does not answer at unix://${socketPath}: ${problem}`)
    this.name = 'DockerUnreachable'
  }
}

/** The Docker Engine API (20.10 and newer) over the engine's Unix socket. Every call has a time-out. */
export class DockerApi {
  readonly socketPath: string
  readonly #agent = new Agent({ keepAlive: true, maxFreeSockets: 8 })
  #prefix: Promise<string> | undefined

  constructor(socketPath: string) {
    this.socketPath = socketPath
  }

  /** Throws DockerError with Docker's status and words, or DockerUnreachable. An empty answer is undefined. */
  async call<Answer>(method: Method, path: string, call: DockerCall = {}): Promise<Answer> {
    const prefix = await this.#versionPrefix()
    return this.#whole<Answer>(method, prefix + path, call)
  }

  /** The same; undefined where Docker knows no such thing. */
  async find<Answer>(path: string, call: DockerCall = {}): Promise<Answer | undefined> {
    try {
      return await this.call<Answer>('GET', path, call)
    } catch (error) {
      if (error instanceof DockerError && error.status === 404) return undefined
      throw error
    }
  }

  /** An answer that is read as it comes. Whoever asked destroys it when done. */
  async stream(method: Method, path: string, call: DockerCall = {}): Promise<IncomingMessage> {
    const prefix = await this.#versionPrefix()
    const { answer } = await this.#send(method, prefix + path, call)
    await this.#refuse(answer)
    // Whoever reads it is told; whoever has stopped reading need not be.
    answer.on('error', () => undefined)
    return answer
  }

  version(): Promise<DockerVersion> {
    return this.#whole<DockerVersion>('GET', '/version', { timeoutMilliseconds: 5_000 })
  }

  close(): void {
    this.#agent.destroy()
  }

  /** Both sides speak several versions; the newest of both is taken. Asked anew after Docker was away. */
  async #versionPrefix(): Promise<string> {
    this.#prefix ??= this.version().then(({ Version, ApiVersion }) => {
      if (Number(ApiVersion) < oldestApiVersion) {
        throw new Error(`Docker ${Version} is too old: Docker Engine 20.10 or newer is needed.`)
      }
      return `/v${isNewer(ApiVersion, newestApiVersion) ? newestApiVersion : ApiVersion}`
    })
    try {
      return await this.#prefix
    } catch (error) {
      this.#prefix = undefined
      throw error
    }
  }

  async #whole<Answer>(method: Method, path: string, call: DockerCall): Promise<Answer> {
    const { answer, isLate } = await this.#send(method, path, call, { isWhole: true })
    try {
      await this.#refuse(answer)
      const body = await text(answer)
      return (body === '' ? undefined : JSON.parse(body)) as Answer
    } catch (error) {
      if (error instanceof DockerError || error instanceof DockerUnreachable) throw error
      throw this.#explained(error, call, isLate())
    }
  }

  async #refuse(answer: IncomingMessage): Promise<void> {
    const status = answer.statusCode ?? 0
    if (status < 400) return
    const body = await text(answer)
    throw new DockerError(status, messageIn(body) ?? `HTTP ${status}`)
  }

  async #send(
    method: Method,
    path: string,
    call: DockerCall,
    { isWhole = false } = {},
  ): Promise<{ readonly answer: IncomingMessage; readonly isLate: () => boolean }> {
    const { query = {}, headers = {}, body, timeoutMilliseconds = defaultTimeoutMilliseconds, signal } = call
    signal?.throwIfAborted()
    const late = new AbortController()
    const timer = setTimeout(() => late.abort(new Error('late')), timeoutMilliseconds)
    const search = new URLSearchParams(
      Object.entries(query).map(([name, value]): [string, string] => [name, String(value)]),
    )
    const bytes = body === undefined || body instanceof Uint8Array ? body : Buffer.from(JSON.stringify(body))
    const type = body instanceof Uint8Array ? 'application/x-tar' : 'application/json'
    const sent = request({
      socketPath: this.socketPath,
      agent: this.#agent,
      method,
      path: search.size === 0 ? path : `${path}?${search.toString()}`,
      headers: {
        host: 'docker',
        ...headers,
        ...(bytes === undefined ? {} : { 'content-type': type, 'content-length': bytes.length }),
      },
      signal: signal === undefined ? late.signal : AbortSignal.any([late.signal, signal]),
    })
    try {
      const answer = await new Promise<IncomingMessage>((resolve, reject) => {
        sent.once('response', resolve)
        sent.on('error', reject)
        sent.end(bytes)
      })
      if (isWhole) answer.once('close', () => clearTimeout(timer))
      else clearTimeout(timer)
      return { answer, isLate: () => late.signal.aborted }
    } catch (error) {
      clearTimeout(timer)
      throw this.#explained(error, call, late.signal.aborted)
    }
  }

  #explained(error: unknown, call: DockerCall, isLate: boolean): unknown {
    this.#prefix = undefined
    if (call.signal?.aborted === true) return call.signal.reason
    const { timeoutMilliseconds = defaultTimeoutMilliseconds } = call
    const problem = isLate ? `nothing came for ${timeoutMilliseconds / 1000} seconds` : problemOf(error)
    return new DockerUnreachable(this.socketPath, problem)
  }
}

/** Versions are `major.minor`: 1.9 is older than 1.10. */
function isNewer(version: string, than: number): boolean {
  const [[major = 0, minor = 0], [thanMajor = 0, thanMinor = 0]] = [version, String(than)].map((each) =>
    each.split('.').map(Number),
  ) as [number[], number[]]
  return major > thanMajor || (major === thanMajor && minor > thanMinor)
}

function messageIn(body: string): string | undefined {
  try {
    const { message } = JSON.parse(body) as { message?: unknown }
    return typeof message === 'string' ? message : undefined
  } catch {
    return body.trim() === '' ? undefined : body.trim()
  }
}

function problemOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  switch ((error as NodeJS.ErrnoException).code) {
    case 'ENOENT':
      return 'there is no such socket'
    case 'ECONNREFUSED':
      return 'nobody listens there'
    case 'EACCES':
      return 'this user may not use it (is the user in the group docker?)'
    case undefined:
    default:
      return error.message
  }
}

/** The socket of the Docker engine that people's `docker` uses. Throws where that is not one of this machine. */
export function dockerSocketPath(dockerHost: string | undefined = process.env['DOCKER_HOST']): string {
  if (dockerHost === undefined || dockerHost === '') return '/var/run/docker.sock'
  if (dockerHost.startsWith('unix://')) return dockerHost.slice('unix://'.length)
  throw new Error(
    `DOCKER_HOST is ${dockerHost}: tasks need a Docker engine on this machine, by its socket (unix:///var/run/docker.sock).`,
  )
}
