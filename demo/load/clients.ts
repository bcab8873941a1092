import { createHash, randomBytes } from 'node:crypto'
import { Agent } from 'node:http'
import type { ClientRequest } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { Tally } from './account.ts'
import type { ClientKind } from './account.ts'
import { performExchange } from './exchange.ts'
import type { CompleteAnswer, Exchange } from './exchange.ts'

export type LoadPlan = {
  /** The listener, e.g. `http://127.0.0.1:8080`; behind it are tasks of `examples/hello`. */
  readonly url: string
  /** Versions that may answer; any when absent. */
  readonly versions?: readonly string[]
  readonly mix: LoadMix
  /** A request that is not answered in full within this time has failed. */
  readonly timeoutMilliseconds: number
}
/** `requestsPerSecond` is that of all clients of the kind together. */
export type LoadMix = Readonly<Record<ClientKind, { readonly clients: number; readonly requestsPerSecond: number }>>

const slowResponseMilliseconds = 400
const uploadPieces = 6
const uploadPieceBytes = 8_192
const uploadPauseMilliseconds = 50

/**
 * Clients that send at a fixed pace, one request at a time each. A client that was held up catches up afterwards, and its
 * latencies count from when each request was due, so that a hold-up is not hidden by the requests it kept from being sent.
 */
export class Clients {
  readonly tallies: readonly Tally[]
  readonly #loops: readonly Promise<void>[]
  readonly #agents: Agent[] = []
  readonly #plan: LoadPlan
  readonly #stop = new AbortController()

  constructor(plan: LoadPlan) {
    this.#plan = plan
    const kinds = Object.entries(plan.mix) as [ClientKind, LoadMix[ClientKind]][]
    this.tallies = kinds.map(([kind, { clients }]) => new Tally(kind, clients))
    this.#loops = kinds.flatMap(([kind, { clients, requestsPerSecond }], index) =>
      Array.from({ length: clients }, (_, client) => {
        const tally = this.tallies[index] ?? new Tally(kind, clients)
        const periodMilliseconds = (1_000 * clients) / requestsPerSecond
        return this.#runClient(tally, periodMilliseconds, (periodMilliseconds * client) / clients)
      }),
    )
  }

  /** Sends nothing new; resolves when the last request has been answered or has failed. */
  async stop(): Promise<void> {
    this.#stop.abort()
    await Promise.all(this.#loops)
    for (const agent of this.#agents) agent.destroy()
  }

  async #runClient(tally: Tally, periodMilliseconds: number, offsetMilliseconds: number): Promise<void> {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    this.#agents.push(agent)
    const { signal } = this.#stop
    const startedAt = performance.now() + offsetMilliseconds
    for (let turn = 0; !signal.aborted; turn++) {
      const dueAt = startedAt + turn * periodMilliseconds
      const early = dueAt - performance.now()
      if (early > 0) await delay(early, undefined, { signal }).catch(() => undefined)
      if (signal.aborted) return
      await this.#sendOne(tally, dueAt, { agent, turn })
    }
  }

  async #sendOne(
    tally: Tally,
    dueAt: number,
    { agent, turn }: { readonly agent: Agent; readonly turn: number },
  ): Promise<void> {
    const { exchange, complaint } = requestOf(tally.kind, this.#plan.url, { agent, turn })
    tally.countSent()
    try {
      const answer = await performExchange({
        ...exchange,
        timeoutMilliseconds: this.#plan.timeoutMilliseconds,
        onConnection: () => tally.countConnection(),
        onWaited: (milliseconds) => tally.countPause(milliseconds, Date.now()),
      })
      const wrong = wrongWith(answer, this.#plan.versions) ?? complaint(answer)
      if (wrong !== undefined) throw new Error(wrong)
      tally.countAnswered(answer.version ?? '', performance.now() - dueAt, Date.now())
    } catch (error) {
      const what = `${exchange.method} ${exchange.url.pathname}${exchange.url.search}`
      tally.countFailed(`${what}: ${error instanceof Error ? error.message : String(error)}`, Date.now())
    }
  }
}

type RequestOfKind = {
  readonly exchange: Pick<Exchange, 'url' | 'method' | 'headers' | 'agent' | 'send'>
  /** What is wrong with the body of an answer; undefined when it is exactly what it must be. */
  readonly complaint: (answer: CompleteAnswer) => string | undefined
}

function requestOf(
  kind: ClientKind,
  url: string,
  { agent, turn }: { readonly agent: Agent; readonly turn: number },
): RequestOfKind {
  switch (kind) {
    case 'keep-alive':
      return { exchange: { url: new URL('/', url), method: 'GET', agent }, complaint: wrongPage }
    case 'new connection':
      return {
        exchange: { url: new URL('/', url), method: 'GET', agent: false, headers: { connection: 'close' } },
        complaint: wrongPage,
      }
    case 'slow response':
      return {
        exchange: { url: new URL(`/slow?ms=${slowResponseMilliseconds}`, url), method: 'GET', agent },
        complaint: wrongSlowAnswer,
      }
    case 'slow upload':
      return upload(url, agent, turn)
  }
}

/** Every other upload announces its length; the others are chunked. */
function upload(url: string, agent: Agent, turn: number): RequestOfKind {
  const body = randomBytes(uploadPieces * uploadPieceBytes)
  const sha256 = createHash('sha256').update(body).digest('hex')
  return {
    exchange: {
      url: new URL('/upload', url),
      method: 'POST',
      agent,
      headers: turn % 2 === 0 ? { 'content-length': body.length } : { 'transfer-encoding': 'chunked' },
      send: (call) => sendInPieces(call, body),
    },
    complaint: ({ body: answer }) =>
      answer === JSON.stringify({ bytes: body.length, sha256 })
        ? undefined
        : 'the upload did not arrive as it was sent',
  }
}

async function sendInPieces(call: ClientRequest, body: Buffer): Promise<void> {
  for (let piece = 0; piece < uploadPieces && !call.destroyed; piece++) {
    if (piece > 0) await delay(uploadPauseMilliseconds)
    call.write(body.subarray(piece * uploadPieceBytes, (piece + 1) * uploadPieceBytes))
  }
}

function wrongWith(answer: CompleteAnswer, versions: readonly string[] | undefined): string | undefined {
  if (answer.status !== 200) return `answered ${answer.status}: ${answer.body.slice(0, 80).trim()}`
  if (answer.version === undefined) return 'answered without a version'
  if (versions?.includes(answer.version) === false) return `answered by unexpected version ${answer.version}`
  return undefined
}

function wrongPage({ body, version }: CompleteAnswer): string | undefined {
  const isWhole = body.includes(`this is version ${version}<`) && body.endsWith('</html>\n')
  return isWhole ? undefined : 'the page is not whole'
}

function wrongSlowAnswer({ body, version }: CompleteAnswer): string | undefined {
  const lines = Array.from({ length: 10 }, (_, index) => `line ${index + 1} of 10 from version ${version}\n`)
  return body === `${lines.join('')}done\n` ? undefined : 'the slow answer is not whole'
}
