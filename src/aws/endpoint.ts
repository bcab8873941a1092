import { randomUUID } from 'node:crypto'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { pipeline } from 'node:stream/promises'
import type { Log } from '../engine/ports.ts'
import { readDocument, RefusedDeed } from './documents.ts'
import type { Deed, ReadableDocument } from './documents.ts'
import { plainText, refusedCaller, refusedHead } from './caller.ts'
import type { Admission } from './caller.ts'
import type { AwsService } from './handlers.ts'
import { answerRelayed, relayedServiceOf } from './relayed.ts'
import type { RelayedService } from './relayed.ts'
import { foreignNameRefusal, welcomePage } from './wire/browser.ts'
import { writeUnaddressedFault } from './wire/fault.ts'
import type { WireAnswer, WireRequest } from './wire/protocol.ts'
import { maximumBodyBytes, receiveBody, receiveHead } from './wire/receive.ts'
import { answerCall, serviceOf, type Surface } from './wire/request-path.ts'
import { s3Fault } from './wire/s3-protocol.ts'
import { bucketInHost } from './wire/s3-request.ts'

// An `import` would load `fetch` with it, and take several times as long.
const { createServer } = process.getBuiltinModule('node:http')

export type Endpoint = {
  /** `http://127.0.0.1:4566`. */
  readonly url: string
  readonly port: number
  /** Serves a connection that was made to another address. */
  take(connection: Socket): void
  /** Takes no new calls, lets those that run finish (for ten seconds at most), then ends. */
  close(): Promise<void>
}

type EndpointOptions = Admission & {
  readonly services: readonly AwsService[]
  /** What other programs answer for. */
  readonly relayed?: readonly RelayedService[]
  /** What can be read with GET, besides. */
  readonly documents?: readonly ReadableDocument[]
  /** What can be asked for with POST or PUT, besides. */
  readonly deeds?: readonly Deed[]
  /** What browsers are shown. */
  readonly site?: BrowserSite
  readonly port: number
  readonly accountId: string
  readonly log: Log
}

/**
 * Serves AWS services on one HTTP port. Which service a call is for is told by the call itself.
 *
 * @param options.port 0 for any free one
 * @throws Error when the port is taken or may not be bound, saying so in a sentence
 */
export async function startEndpoint(options: EndpointOptions): Promise<Endpoint> {
  const { host, services, relayed = [], documents = [], deeds = [], site, accessKey, log, accountId } = options
  const surface: Site = { services, relayed, documents, deeds, accessKey, host, accountId, log }
  const connections = new Set<Socket>()
  const running = new Set<ServerResponse>()
  const server = createServer(serverOptions, (message, response) => {
    remember(response, running)
    serve(message, response, surface, site).catch((error: unknown) => {
      log.warn(`A request could not be answered: ${String(error)}`)
      response.destroy()
    })
  })
  server.on('connection', (connection: Socket) => remember(connection, connections))
  const port = await listen(server, host, options.port)
  server.on('error', (error) => log.warn(`A connection could not be taken: ${error.message}`))
  const hostInUrl = host.includes(':') ? `[${host}]` : host
  return {
    url: `http://${hostInUrl}:${port}`,
    port,
    take: (connection) => void server.emit('connection', connection),
    close: () => {
      site?.close()
      return close(server, connections, running)
    },
  }
}

/**
 * Connections are kept longer than AWS's clients keep theirs, so that none is closed under a call. A large upload over a slow
 * line takes its time; `receiveBody` ends those that pause.
 */
const serverOptions = { headersTimeout: 20_000, requestTimeout: 3_600_000, keepAliveTimeout: 75_000 }
const closeGraceMilliseconds = 10_000

type Site = Surface &
  Admission & {
    readonly relayed: readonly RelayedService[]
    readonly documents: readonly ReadableDocument[]
    readonly deeds: readonly Deed[]
  }

function remember<Item extends Socket | ServerResponse>(item: Item, items: Set<Item>): void {
  items.add(item)
  item.once('close', () => items.delete(item))
}

/** Pages for people, which are no AWS calls. */
interface BrowserSite {
  takes(message: IncomingMessage): boolean
  serve(message: IncomingMessage, response: ServerResponse): Promise<void>
  close(): void
}

function serve(
  message: IncomingMessage,
  response: ServerResponse,
  surface: Site,
  site: BrowserSite | undefined,
): Promise<void> {
  if (site?.takes(message) !== true) return respond(message, response, surface)
  message.on('error', () => undefined)
  response.on('error', () => undefined)
  return site.serve(message, response)
}

async function respond(message: IncomingMessage, response: ServerResponse, surface: Site): Promise<void> {
  // Either end of a connection may break at any time; nobody is left to be told.
  message.on('error', () => undefined)
  response.on('error', () => undefined)
  const requestId = randomUUID()
  const gone = new AbortController()
  response.once('close', () => gone.abort(new Error('Whoever asked is gone.')))
  const answer = await answerRequest(message, requestId, surface, gone.signal)
  if (!answer) return
  const body = bytesOf(answer.body)
  response.writeHead(answer.status, headersOf(answer, body, message.method === 'HEAD'))
  if (answer.pieces !== undefined) return sendPieces(answer.pieces, response, gone.signal)
  response.end(message.method === 'HEAD' ? undefined : body)
}

/** As fast as the client takes them. One that goes away is nobody's concern. */
async function sendPieces(
  pieces: AsyncIterable<Uint8Array>,
  response: ServerResponse,
  gone: AbortSignal,
): Promise<void> {
  try {
    await pipeline(pieces, response)
  } catch (error) {
    if (!gone.aborted) throw error
  }
}

/** A large body is not copied. */
function bytesOf(body: string | Uint8Array): Buffer {
  return typeof body === 'string' ? Buffer.from(body) : Buffer.from(body.buffer, body.byteOffset, body.byteLength)
}

/**
 * The length is that of the body; what HEAD is told is the length of what GET would get. It comes last: of a
 * `Content-Disposition` behind it Node.js takes ASCII only.
 */
function headersOf(
  { status, headers, pieces }: WireAnswer,
  body: Buffer,
  isHead: boolean,
): Record<string, string | number> {
  const { 'content-length': length, ...others } = headers
  const texts = Object.fromEntries(Object.entries(others).map(([name, text]) => [name, headerText(text)]))
  if (status === 204 || status === 304) return texts
  return { ...texts, 'content-length': (isHead || pieces !== undefined ? length : undefined) ?? body.length }
}

/** A header carries bytes: those of a text beyond Latin-1 are its UTF-8. Controls would end the header. */
function headerText(text: string): string {
  const bytes = /[^\0-\u00FF]/.test(text) ? Buffer.from(text, 'utf8').toString('latin1') : text
  return bytes.replace(/[^\t\u0020-\u007E\u0080-\u00FF]/g, ' ')
}

/** Undefined when the client is gone. */
async function answerRequest(
  message: IncomingMessage,
  requestId: string,
  surface: Site,
  gone: AbortSignal,
): Promise<WireAnswer | undefined> {
  const head = receiveHead(message)
  const service = serviceOf(head, surface.services)
  const refusedEarly = refusedHead(message, head, surface, requestId)
  const maximumBytes = refusedEarly === undefined ? (service?.maximumBodyBytes ?? maximumBodyBytes) : 0
  const body = await receiveBody(message, maximumBytes).catch(() => undefined)
  if (!body) return undefined
  if (refusedEarly !== undefined) return refusedEarly
  if (body === 'tooLarge') return tooLarge(head, service, maximumBytes, requestId)
  const request = { ...head, body }
  const refusal = refusedCaller(message, request, surface, requestId)
  if (refusal !== undefined) return refusal
  const relayed = relayedServiceOf(request, surface.relayed)
  if (relayed !== undefined) return answerRelayed(relayed, request, { requestId, log: surface.log })
  const done = await deedDone(request, requestId, surface, gone)
  if (done !== undefined) return done
  if (request.method === 'POST' || request.headers.authorization !== undefined) {
    return answerCall(request, requestId, surface)
  }
  const page = await pageFor(request, requestId, surface)
  if (page) return page
  return serviceOf(request, surface.services) ? answerCall(request, requestId, surface) : nothing(request, requestId)
}

/** What a browser, or a person with curl, may ask for; undefined for anything else, which may be an unsigned call. */
async function pageFor(request: WireRequest, requestId: string, site: Site): Promise<WireAnswer | undefined> {
  const { method, path, query, headers } = request
  if (method === 'OPTIONS') {
    const allow = 'DELETE, GET, HEAD, OPTIONS, POST, PUT'
    return { status: 200, headers: { allow, 'x-amzn-RequestId': requestId }, body: '' }
  }
  if (method !== 'GET' && method !== 'HEAD') return undefined
  if (path === '/' && query.size === 0 && bucketInHost(headers.host) === undefined) {
    return plainText(200, welcomePage([...site.services, ...site.relayed], headers.host ?? 'localhost'), requestId)
  }
  const document = await documentAt(site.documents, path, requestId)
  const refusal = foreignNameRefusal(headers.host, site.host)
  return document === undefined || refusal === undefined ? document : plainText(403, `${refusal}\n`, requestId)
}

async function documentAt(
  documents: readonly ReadableDocument[],
  path: string,
  requestId: string,
): Promise<WireAnswer | undefined> {
  const read = await readDocument(documents, path)
  if (read === undefined) return undefined
  const headers = { 'content-type': 'application/json', 'cache-control': 'no-store', 'x-amzn-RequestId': requestId }
  return { status: 200, headers, body: JSON.stringify(read) }
}

/**
 * What only a program on this machine may ask for: a page of another site cannot send JSON without asking first, nor give
 * an address as the host. Undefined where it is not asked for.
 */
async function deedDone(
  { method, path, headers, body }: WireRequest,
  requestId: string,
  { deeds, host }: Site,
  gone: AbortSignal,
): Promise<WireAnswer | undefined> {
  if (headers.authorization !== undefined) return undefined
  if (method === 'POST' && headers['content-type'] !== 'application/json') return undefined
  const deed = deeds.find((each) => (each.method ?? 'POST') === method && each.path.test(path))
  if (deed === undefined) return undefined
  const refusal = foreignNameRefusal(headers.host, host)
  if (refusal !== undefined) return plainText(403, `${refusal}\n`, requestId)
  const answerHeaders = {
    'content-type': 'application/json',
    'cache-control': 'no-store',
    'x-amzn-RequestId': requestId,
  }
  try {
    const groups = deed.path.exec(path)?.slice(1) ?? []
    const answer = await deed.perform(JSON.parse(body.toString('utf8')), gone, ...groups)
    return { status: 200, headers: answerHeaders, body: JSON.stringify(answer) }
  } catch (error) {
    if (error instanceof RefusedDeed) {
      return { status: error.status, headers: answerHeaders, body: JSON.stringify(error.answer) }
    }
    const message = error instanceof Error ? error.message : String(error)
    return { status: 400, headers: answerHeaders, body: JSON.stringify({ message }) }
  }
}

function nothing({ method, path }: WireRequest, requestId: string): WireAnswer {
  if (method === 'GET' || method === 'HEAD') return plainText(404, `There is nothing at ${path}.\n`, requestId)
  return plainText(405, `${method} is not a method of an AWS call here: these are sent with POST.\n`, requestId)
}

function tooLarge(
  request: WireRequest,
  service: AwsService | undefined,
  maximumBytes: number,
  requestId: string,
): WireAnswer {
  const message = `The request's body is larger than ${maximumBytes / 1024 / 1024} MiB.`
  if (service?.signingName === 's3') {
    const advice = ' Upload the object in parts.'
    return s3Fault({ code: 'EntityTooLarge', message: message + advice, status: 400, members: {} }, requestId)
  }
  const fault = { code: 'RequestEntityTooLargeException', message, status: 413, members: {} }
  return writeUnaddressedFault(request, fault, requestId)
}

function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => reject(new Error(bindTrouble(error, host, port), { cause: error })))
    server.listen(port, host, () => {
      server.removeAllListeners('error')
      resolve((server.address() as AddressInfo).port)
    })
  })
}

function bindTrouble(error: NodeJS.ErrnoException, host: string, port: number): string {
  switch (error.code ?? '') {
    case 'EADDRINUSE':
      return `Port ${port} on ${host} is in use by another program: end that one, or choose another port.`
    case 'EACCES':
      return `Port ${port} on ${host} may not be bound by this user: choose a port above 1023.`
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return `${host} is not an address of this machine.`
    default:
      return `Port ${port} on ${host} cannot be bound: ${error.message}`
  }
}

async function close(
  server: Server,
  connections: ReadonlySet<Socket>,
  running: ReadonlySet<ServerResponse>,
): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  server.on('request', (_, response: ServerResponse) => endConnectionAfter(response))
  running.forEach(endConnectionAfter)
  const busy = new Set([...running].map((response) => response.req.socket))
  // Node closes those which had a call; those which never had one it would wait for.
  for (const connection of connections) if (!busy.has(connection)) connection.destroy()
  const timer = setTimeout(() => server.closeAllConnections(), closeGraceMilliseconds)
  await closed
  clearTimeout(timer)
}

/** The connection ends with its running call instead of waiting for the client's next one. */
function endConnectionAfter(response: ServerResponse): void {
  if (!response.headersSent) response.setHeader('connection', 'close')
  response.once('close', () => response.req.socket.end())
}
