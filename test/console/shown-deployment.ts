import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { ConsoleSite } from '../../src/console/site.ts'
import { TokenGuard } from '../../src/console/token-guard.ts'
import type { ConsoleSource, DeploymentQuery, WatchListener } from '../../src/console/source.ts'
import type { DeploymentPage, DeploymentRow, DeploymentView, DocumentView, Overview } from '../../src/console/views.ts'

const none = { answered: 0, failed: 0, p50: undefined, p99: undefined }

/** A deployment's page with as little as a page can have on it, but for what is told. */
export function shownDeployment(
  id: string,
  told: Partial<{ [Part in keyof DeploymentView]: Partial<DeploymentView[Part]> }> = {},
): DeploymentView {
  const at = Date.now() - 5_000
  const head: DeploymentView['head'] = {
    id,
    target: id,
    region: 'us-east-1',
    by: 'CodeDeploy',
    title: 'shop / web',
    facts: [],
    status: 'InProgress',
    tone: 'busy',
    description: undefined,
    createdAt: at,
    startedAt: at,
    endedAt: undefined,
    failure: undefined,
    sides: {
      blue: { targetGroup: 'web-blue', taskDefinition: 'web:1' },
      green: { targetGroup: 'web-green', taskDefinition: 'web:2' },
    },
    minuteMilliseconds: 60_000,
    limits: [],
    isExact: true,
  }
  const now: DeploymentView['now'] = {
    sentence: 'Now holding 10% to web-green.',
    next: undefined,
    until: undefined,
    since: at,
    earliestEnd: undefined,
    greenPercentage: 10,
    wouldStop: [],
  }
  const account = {
    isCounted: true,
    answered: 0,
    failed: 0,
    givenUp: 0,
    rows: [],
    verdict: 'No requests yet.',
  }
  const lists = { stages: [], steps: [], taskSets: [], targets: [], hooks: [], alarms: [], happenings: [], actions: [] }
  const traffic = [{ from: at, to: at + 1_000, weight: 0, blue: none, green: none, test: 0 }]
  return {
    ...lists,
    traffic,
    ...(told as Partial<DeploymentView>),
    head: { ...head, ...told.head },
    now: { ...now, ...told.now },
    account: { ...account, ...told.account },
  }
}

/** Where a console has what a test says, which may change at any time. */
export class ShownSource implements ConsoleSource {
  views: DeploymentView[] = []
  readonly #listeners = new Set<WatchListener>()

  show(...views: readonly DeploymentView[]): void {
    const ids = new Set(views.map(({ head }) => head.id))
    this.views = [...views, ...this.views.filter(({ head }) => !ids.has(head.id))]
    for (const listener of this.#listeners) listener.changed()
  }

  async overview(): Promise<Overview> {
    return { place: '', limits: [], services: [], serviceCount: 0, isReadOnly: false, minuteMilliseconds: 60_000 }
  }

  async deployments({ offset, limit }: DeploymentQuery): Promise<DeploymentPage> {
    const rows = this.views.map(({ head }): DeploymentRow => {
      const { id, by, title: of, status, tone, createdAt, endedAt, description } = head
      return { id, by, of, status, tone, createdAt, endedAt, isRollback: false, description }
    })
    const statuses = Map.groupBy(rows, ({ status }) => status)
    return {
      rows: rows.slice(offset, offset + limit),
      total: rows.length,
      statuses: Array.from(statuses, ([status, its]) => [status, its.length] as const),
    }
  }

  async deployment(id: string): Promise<DeploymentView | undefined> {
    return this.views.find(({ head }) => head.id === id)
  }

  async documents(): Promise<readonly DocumentView[]> {
    return []
  }

  async record(): Promise<undefined> {
    return undefined
  }

  watch(_id: string | undefined, listener: WatchListener): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }
}

/** The console of a source, at an address of its own. */
export class ShownServer {
  readonly url: string
  readonly #server: Server
  readonly #source: ConsoleSource
  #site: ConsoleSite
  /** Nobody listens there. */
  readonly #actions = { endpoint: 'http://127.0.0.1:1' }
  #isStanding = false
  #isAsking = false

  private constructor(server: Server, source: ConsoleSource) {
    this.#server = server
    this.#source = source
    this.#site = this.#siteOf(undefined)
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      if (this.#isAsking) request.headers['x-forwarded-for'] = '192.0.2.7'
      if (!this.#isStanding) void this.#site.serve(request, response)
    })
  }

  static async start(source: ConsoleSource): Promise<ShownServer> {
    const server = createServer()
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new ShownServer(server, source)
  }

  /** It answers nothing, and ends nothing. */
  standStill(): void {
    this.#isStanding = true
  }

  goOn(): void {
    this.#isStanding = false
  }

  /** Whoever watches has to connect again, and to show the token then, as from another machine. */
  askForToken(): void {
    this.#isAsking = true
    this.#site.close()
    this.#site = this.#siteOf('open sesame')
  }

  async close(): Promise<void> {
    this.#site.close()
    this.#server.close()
    this.#server.closeAllConnections()
    await once(this.#server, 'close')
  }

  #siteOf(token: string | undefined): ConsoleSite {
    const guard = token === undefined ? undefined : new TokenGuard({ token, servedName: '127.0.0.1' })
    const credentials = { accessKeyId: 'teal', secretAccessKey: 'teal' }
    const actions = { configuration: () => ({ ...this.#actions, credentials, region: 'us-east-1', maxAttempts: 1 }) }
    return new ConsoleSite({ source: this.#source, actions, isReadOnly: false, host: '127.0.0.1', guard })
  }
}
