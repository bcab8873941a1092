import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import { connect as connectHttp2, constants } from 'node:http2'
import { Agent as TlsAgent, request as tlsRequest } from 'node:https'
import { Agent, request as plainRequest, type RequestOptions } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import { echoUpgrades } from '../echo-upgrades.ts'

/** What a client has done, and what went wrong with it. */
export type Doings = { done: number; readonly failures: string[] }

type Ports = { readonly plain: number; readonly secured: number }

const pieceMilliseconds = 5
const downloadPieces = 100
const uploadPieces = 50

/** An application for all kinds of clients: pages, uploads it counts, downloads that take a while, WebSockets that echo. */
export async function openBusyTarget(name: string) {
  const server = createServer((request, response) => {
    if (request.url === '/upload') {
      let length = 0
      request.on('data', (chunk: Buffer) => (length += chunk.length)).on('end', () => response.end(String(length)))
    } else if (request.url === '/download') void sendSlowly((piece) => response.write(piece)).then(() => response.end())
    else response.end(name)
  })
  server.keepAliveTimeout = 600_000
  echoUpgrades(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const close = (): void => {
    server.closeAllConnections()
    server.close()
  }
  return { port: (server.address() as AddressInfo).port, close }
}

/** Clients of every kind, each of which does its thing again and again until `signal` says so. */
export class BusyClients {
  readonly doings = new Map<string, Doings>()
  readonly #over: Promise<unknown>[] = []
  readonly #signal: AbortSignal

  constructor({ plain, secured }: Ports, signal: AbortSignal) {
    this.#signal = signal
    // In turn: one that lay idle for long could be closed in the very moment in which it is used again.
    const keeping = { keepAlive: true, scheduling: 'fifo' } as const
    const kept = new Agent({ ...keeping, maxSockets: 16 })
    const keptTls = new TlsAgent({ ...keeping, maxSockets: 8, rejectUnauthorized: false })
    const [http, https, anew] = [asker(plain, kept), asker(secured, keptTls), asker(secured)]
    for (let count = 0; count < 4; count++) this.#repeat('a page, kept connection', () => page(http))
    for (let count = 0; count < 2; count++) this.#repeat('a page, kept connection of TLS', () => page(https))
    this.#repeat('a page, new connection of TLS', () => page(anew))
    for (const ask of [http, https]) {
      for (let count = 0; count < 2; count++) this.#repeat('an upload', () => upload(ask))
      for (let count = 0; count < 2; count++) this.#repeat('a download', () => download(ask))
      for (let count = 0; count < 2; count++) this.#talk(ask)
    }
    this.#browse(secured)
    signal.addEventListener('abort', () => void this.over().then(() => [kept, keptTls].map((agent) => agent.destroy())))
  }

  async over(): Promise<void> {
    await Promise.all(this.#over)
  }

  get failures(): readonly string[] {
    return [...this.doings].flatMap(([what, { failures }]) => failures.map((failure) => `${what}: ${failure}`))
  }

  /** `act` resolves with what went wrong, or undefined. */
  #repeat(what: string, act: () => Promise<string | undefined>): void {
    const doings = this.#doingsOf(what)
    const run = async (): Promise<void> => {
      while (!this.#signal.aborted) {
        const problem = await act().catch(String)
        doings.done++
        if (problem !== undefined) doings.failures.push(problem)
        await delay(pieceMilliseconds)
      }
    }
    this.#over.push(run())
  }

  /** One WebSocket for the whole time: each word must come back. */
  #talk(ask: Ask): void {
    let socket: Socket | undefined
    this.#repeat('a word on a WebSocket', async () => {
      if (socket === undefined) {
        const request = ask({
          path: '/ws',
          headers: { Connection: 'Upgrade', Upgrade: 'websocket' },
          agent: false,
        }).end()
        const [, opened] = (await once(request, 'upgrade')) as [IncomingMessage, Socket]
        socket = opened.on('error', () => undefined)
        this.#signal.addEventListener('abort', () => void delay(100).then(() => opened.end()))
      }
      socket.write('word.')
      let heard = ''
      while (heard.length < 5) {
        if (socket.destroyed || socket.readableEnded) return 'it was closed'
        heard += String(((await once(socket, 'data')) as [Buffer])[0])
      }
      return heard === 'word.' ? undefined : heard
    })
  }

  /** One connection of HTTP/2 for the whole time, but for those that are told to go elsewhere. */
  #browse(port: number): void {
    const open = () =>
      connectHttp2(`https://127.0.0.1:${port}`, { rejectUnauthorized: false }).on('error', () => undefined)
    let session = open()
    for (let count = 0; count < 2; count++) {
      const ask = async (): Promise<string | undefined> => {
        if (session.closed || session.destroyed) session = open()
        const asked = session
        const stream = asked.request({ ':path': '/' })
        try {
          const [headers] = (await once(stream, 'response')) as [{ ':status'?: number }]
          return verdict(headers[':status'], await text(stream))
        } catch (error) {
          // What crosses a GOAWAY on its way was not taken, and is sent again, as by every client but Node's.
          const isRefused = asked.closed && stream.rstCode === constants.NGHTTP2_REFUSED_STREAM
          return isRefused ? ask() : String(error)
        }
      }
      this.#repeat('a page by HTTP/2', ask)
    }
    this.#signal.addEventListener('abort', () => void this.over().then(() => session.close()))
  }

  #doingsOf(what: string): Doings {
    const known = this.doings.get(what)
    if (known !== undefined) return known
    const doings: Doings = { done: 0, failures: [] }
    this.doings.set(what, doings)
    return doings
  }
}

type Ask = (more: RequestOptions) => ReturnType<typeof plainRequest>

function asker(port: number, agent: Agent | TlsAgent | false = false): Ask {
  const isPlain = agent instanceof Agent && !(agent instanceof TlsAgent)
  const options = { host: '127.0.0.1', port, agent, rejectUnauthorized: false }
  return (more) => (isPlain ? plainRequest({ ...options, ...more }) : tlsRequest({ ...options, ...more }))
}

async function page(ask: Ask): Promise<string | undefined> {
  const { statusCode, body } = await answerTo(ask({}).end())
  return verdict(statusCode, body)
}

function verdict(statusCode: number | undefined, body: string): string | undefined {
  return statusCode === 200 && /^(blue|green)$/.test(body) ? undefined : `${statusCode} ${body.slice(0, 100)}`
}

async function upload(ask: Ask): Promise<string | undefined> {
  const request = ask({ path: '/upload', method: 'POST' })
  const answer = answerTo(request)
  let length = 0
  await sendSlowly((piece) => {
    length += piece.length
    request.write(piece)
  }, uploadPieces)
  request.end()
  const { statusCode, body } = await answer
  return body === String(length) ? undefined : `${statusCode} ${body} of ${length} bytes`
}

async function download(ask: Ask): Promise<string | undefined> {
  const { statusCode, body } = await answerTo(ask({ path: '/download' }).end())
  const whole: string[] = []
  await sendSlowly((piece) => whole.push(piece), downloadPieces, 0)
  return body === whole.join('') ? undefined : `${statusCode} ${body.length} bytes`
}

async function answerTo(request: ReturnType<Ask>): Promise<{ readonly statusCode: number; readonly body: string }> {
  const [answer] = (await once(request, 'response')) as [IncomingMessage]
  return { statusCode: answer.statusCode ?? 0, body: await text(answer) }
}

async function sendSlowly(
  send: (piece: string) => unknown,
  pieces = downloadPieces,
  milliseconds = pieceMilliseconds,
): Promise<void> {
  for (let number = 0; number < pieces; number++) {
    send(`${number} of a body that comes piece by piece\n`)
    if (milliseconds > 0) await delay(milliseconds)
  }
}
