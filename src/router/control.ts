import { rmSync } from 'node:fs'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { RoutingTableNews } from '../domain/routing-table-news.ts'
import type { RoutingTable } from '../domain/routing-table.ts'
import type { RouterReport } from '../domain/router-report.ts'
import { warmMemory } from './memory-warming.ts'
import { ReportTeller, toldWhole } from './report-teller.ts'
import { bodyInSlices } from './sliced-body.ts'
import { parseInSlices } from './sliced-json.ts'

// An `import` would load `fetch` with it, and take several times as long.
const { createServer } = process.getBuiltinModule('node:http')

export type ControlSettings = {
  readonly socketPath: string
  readonly listenHost: string
  /** Others can open its ports beside it. */
  readonly sharesPorts: boolean
  /** The control sockets of those that it knows to do so. */
  readonly siblings: readonly string[]
  /** Of the program whose part the router is. */
  readonly version: string
  /** Called once. The process is to end when running requests are over, or after so long. */
  readonly onShutdown: (time: ShutdownTime) => void
}

export type ShutdownTime = {
  readonly graceMilliseconds: number
  /** Of it, requests on connections that are open are still answered for so long. */
  readonly lingerMilliseconds: number
}

/** What the control socket lets others do with a router. */
export type Controlled = {
  /** `text` is the table as it came, in JSON. */
  readonly apply: (table: RoutingTable, text: Buffer) => Promise<Pick<RouterReport, 'refusedListeners'>>
  /** Resolves to undefined where another table is in force than the one that the news begin with. */
  readonly applyNews: (news: RoutingTableNews) => Promise<Pick<RouterReport, 'refusedListeners'> | undefined>
  /** In steps, between which requests may be let through. */
  readonly reporting: () => Generator<void, RouterReport>
  readonly ports: () => readonly number[]
  /** Resolves when it takes no more connections. It ends with the last of those that it has. */
  readonly retire: () => Promise<void>
  readonly isRetiring: boolean
  /** Starts a router by this command and hands over to it; resolves when that one is in charge. */
  readonly handOver: (command: readonly string[]) => Promise<void>
}

const defaultGraceSeconds = 10
/** What is read in one go is a listener, or a target group. */
const tableForm = { depth: 2, map: 'targetGroups' } as const

/**
 * The engine's way to the router: HTTP and JSON over a Unix socket.
 *
 * - `PUT /table` applies a routing table and answers `{"refusedListeners": […]}` once it is in force.
 * - `PATCH /table` does the same with the news of one, as `RoutingTableNews`; it answers 409, and changes nothing, where
 *   another table is in force than the one they begin with. Then the whole of it is wanted.
 * - `GET /report` answers a `RouterReport` and its `revision`; with `If-None-Match` of the revision told last, the
 *   `ReportNews` since then. `GET /settings` answers what it was started with, `GET /ports` the ports it has open.
 * - `POST /succession` with `{"command": […]}` starts another router by this command, which takes over everything without
 *   an interruption; it is answered when that one is in charge, or could not take over and nothing has changed. It is answered 409
 *   where it is just doing so for somebody else.
 * - `POST /retirement` ends a router that is one too many: it is answered when the ports are closed, and the process ends when
 *   its last connection has, an hour later at most. Until then all of the above is answered, and tables are followed.
 * - `POST /shutdown` with `{"graceSeconds": n}` ends the router, with `lingerSeconds`, too, only after requests that come on
 *   open connections have been answered for so long. The answer ends when the process does.
 */
export class Control {
  readonly #router: Controlled
  readonly #settings: ControlSettings
  readonly #server: Server
  readonly #teller = new ReportTeller()
  #isShuttingDown = false
  /** Stays so when another router is in charge. */
  #isHandingOver = false

  /** Whoever calls holds the data directory's lock: a socket file found there was left behind. */
  static async open(router: Controlled, settings: ControlSettings): Promise<Control> {
    const control = new Control(router, settings)
    rmSync(settings.socketPath, { force: true })
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    control.#server.once('error', reject)
    control.#server.listen(settings.socketPath, resolve)
    await promise
    return control
  }

  constructor(router: Controlled, settings: ControlSettings) {
    this.#router = router
    this.#settings = settings
    this.#server = createServer((request, response) => void this.#handle(request, response))
  }

  /** Takes no more calls, and makes room for the next router. Running calls end with the process. */
  close(): void {
    this.#server.close()
    try {
      rmSync(this.#settings.socketPath, { force: true })
    } catch {
      // On a file system that has become read-only it stays; the next router removes it.
    }
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const body = await bodyInSlices(request)
      switch (`${request.method} ${request.url}`) {
        case 'GET /report':
          return answerText(response, 200, await this.#report(request.headers['if-none-match']))
        case 'GET /settings':
          return answer(response, 200, this.#answeredSettings())
        case 'GET /ports':
          return answer(response, 200, this.#router.ports())
        case 'POST /succession':
          return await this.#handOver(response, body)
        case 'POST /retirement':
          await this.#router.retire()
          return answer(response, 200, {})
        case 'PUT /table':
          return answer(response, 200, await this.#applyTable(body))
        case 'PATCH /table':
          return await this.#applyNews(response, body)
        case 'POST /shutdown':
          return this.#shutdown(response, body)
        default:
          return answer(response, 404, { message: `The router knows no ${request.method} ${request.url}` })
      }
    } catch (error) {
      answer(response, 500, { message: error instanceof Error ? error.message : String(error) })
    }
  }

  /** One of an older version has no revision, and is told what it always was. */
  #report(since: string | undefined): Promise<string> {
    const router = this.#router
    return since === undefined ? toldWhole(router.reporting()) : this.#teller.tell(() => router.reporting(), since)
  }

  async #handOver(response: ServerResponse, body: Buffer): Promise<void> {
    const { command } = JSON.parse(body.toString()) as { readonly command: readonly string[] }
    if (this.#isHandingOver) {
      return answer(response, 409, { message: 'The router is already handing over to another one' })
    }
    this.#isHandingOver = true
    await this.#router.handOver(command).catch((error: unknown) => {
      this.#isHandingOver = false
      throw error
    })
    answer(response, 200, {})
  }

  /** Reading a large table takes some milliseconds: requests are let through in between. */
  async #applyTable(body: Buffer) {
    await warmMemory(body.length)
    const table = (await parseInSlices(body, tableForm)) as RoutingTable
    return this.#router.apply(table, body)
  }

  async #applyNews(response: ServerResponse, body: Buffer): Promise<void> {
    const news = (await parseInSlices(body, tableForm)) as RoutingTableNews
    const applied = await this.#router.applyNews(news)
    if (applied === undefined) {
      return answer(response, 409, { message: `The router does not serve by table ${news.since}; send the whole one` })
    }
    answer(response, 200, applied)
  }

  #answeredSettings() {
    const { listenHost, sharesPorts, siblings, version } = this.#settings
    return { listenHost, sharesPorts, siblings, version, isRetiring: this.#router.isRetiring }
  }

  #shutdown(response: ServerResponse, body: Buffer): void {
    const asked = JSON.parse(body.length === 0 ? '{}' : body.toString()) as {
      readonly graceSeconds?: number
      readonly lingerSeconds?: number
    }
    const { graceSeconds = defaultGraceSeconds, lingerSeconds = 0 } = asked
    response.writeHead(202, { 'Content-Type': 'application/json' })
    response.write('{}\n')
    if (this.#isShuttingDown) return
    this.#isShuttingDown = true
    this.#settings.onShutdown({ graceMilliseconds: graceSeconds * 1000, lingerMilliseconds: lingerSeconds * 1000 })
  }
}

function answer(response: ServerResponse, statusCode: number, body: unknown): void {
  answerText(response, statusCode, JSON.stringify(body))
}

/** Each call is a connection of its own: at the next one another router may be in charge. */
function answerText(response: ServerResponse, statusCode: number, text: string): void {
  response.writeHead(statusCode, { 'Content-Type': 'application/json', Connection: 'close' }).end(text)
}
