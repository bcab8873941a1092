import { randomUUID } from 'node:crypto'
import type { Server } from 'node:net'
import type { RefusedListener, RouterReport } from '../domain/router-report.ts'
import { tableWith, type RoutingTableNews } from '../domain/routing-table-news.ts'
import { targetGroupsOf, type RoutingTable } from '../domain/routing-table.ts'
import { CoarseClock } from './coarse-clock.ts'
import type { Core } from './core.ts'
import { Door } from './door.ts'
import type { ExchangeRecord } from './exchange-record.ts'
import { shareOfOwnFiles } from './file-limit.ts'
import { HealthChecks, type Probe } from './health-checks.ts'
import type { LiveListener } from './live-table.ts'
import { LiveTargets, type LiveTarget } from './live-targets.ts'
import { ownTurn } from './own-turn.ts'
import type { Ports } from './ports.ts'
import type { SavedState } from './saved-state.ts'
import type { Secure } from './securing.ts'
import { Seldom } from './seldom.ts'
import { atOnce, eachInSlices } from './slices.ts'
import { StickyCookies } from './sticky-cookies.ts'
import { TablePreparation, withFormerParts, type PreparedTable } from './table-preparation.ts'
import { TableText } from './table-text.ts'
import { Tallies } from './tallies.ts'
import { TargetHeadContexts, TargetHeadPlaces } from './target-head-context.ts'
import { TargetReports } from './target-reports.ts'
import { TraceIds } from './trace-ids.ts'
import type { Transport } from './transport.ts'

export type DataPlaneParts = {
  readonly listenHost: string
  readonly ports: Ports
  readonly savedState: SavedState
  readonly probe: Probe
  readonly transport: Transport
  /** Does the TLS of HTTPS listeners. */
  readonly secure: Secure
  /** Told of each request that is over, where its listener's access log is on. */
  readonly onExchange: (record: ExchangeRecord) => void
  /** In [0, 1). */
  readonly random: () => number
  readonly log: (message: string) => void
  /** How many clients may be connected at once. By default what the system's limit of open files allows. */
  readonly clientLimit?: number
}

const emptyTable: RoutingTable = { version: 0, listeners: [], targetGroups: new Map() }
/** How often a port that could not be bound is tried again. */
const retryMilliseconds = 1_000
/** Requests that are just arriving on kept connections of a removed listener are still answered. */
const lingerMilliseconds = 1_000
/** Counters of what left the table are kept apart for so long. */
const rememberMilliseconds = 10 * 60_000
const forgetMilliseconds = 60_000

/** Everything the router does but its control: it serves by one table, and tells how that goes. */
export class DataPlane {
  readonly #parts: DataPlaneParts
  readonly #routerId = randomUUID()
  readonly #tallies = new Tallies()
  readonly #clock = new CoarseClock()
  readonly #targets: LiveTargets
  readonly #health: HealthChecks
  readonly #core: Core
  readonly #preparation: TablePreparation
  readonly #texts = new TableText()
  readonly #doors = new Map<number, Door>()
  readonly #closing = new Set<Door>()
  readonly #foldTimers = new Map<LiveTarget, NodeJS.Timeout>()
  readonly #targetReports: TargetReports
  #table = emptyTable
  /** Of the table, by port. */
  #listeners: PreparedTable['listeners'] = new Map()
  #refused: readonly RefusedListener[] = []
  /** Tables are applied one after the other. */
  #lastChange: Promise<unknown> = Promise.resolve()
  #retryTimer: NodeJS.Timeout | undefined
  #forgetTimer: NodeJS.Timeout | undefined
  /** All of it is written each time, so not for each of a thousand targets that become healthy one after the other. */
  readonly #healthSaving = new Seldom(() => void this.#parts.savedState.saveHealthInSlices(this.#health.known()))
  #isClosed = false

  constructor(parts: DataPlaneParts) {
    this.#parts = parts
    this.#health = new HealthChecks(parts.probe, {
      restored: parts.savedState.loadHealth(),
      onHealth: (key, healthySince) => this.#targets.noteHealth(key, healthySince),
      onNews: (key) => this.#targets.noteNews(key),
      onChange: () => this.#healthSaving.call(),
    })
    this.#targets = new LiveTargets({ onGone: (target) => this.#foldLater(target) })
    this.#targetReports = new TargetReports(this.#targets, this.#health)
    this.#preparation = new TablePreparation({ targets: this.#targets, tallies: this.#tallies }, parts.secure)
    const { transport, random, onExchange, log } = parts
    const traceIds = new TraceIds({ nowMilliseconds: () => this.#clock.epochMilliseconds })
    const places = new TargetHeadPlaces()
    this.#core = {
      transport,
      random,
      onExchange,
      log,
      clock: this.#clock,
      targets: this.#targets,
      cookies: new StickyCookies(),
      headContexts: new TargetHeadContexts(traceIds, places),
      places,
      clients: { open: 0, most: parts.clientLimit ?? shareOfOwnFiles().clients },
    }
    this.#forgetTimer = setInterval(() => void this.#inTurn(async () => this.#forgetGone()), forgetMilliseconds).unref()
  }

  /** Serves by the table that was in force when the last router ended. */
  async restore(): Promise<void> {
    const table = this.#parts.savedState.loadTable()
    if (table === undefined) return
    await this.#inTurn(() => this.#change(table))
    this.#parts.log(`Serving by table ${table.version}, kept from the last run`)
  }

  /**
   * Resolves when every request that begins from now on is served by this table or a later one. A lower version than
   * the current one changes nothing. Rejects, and has changed nothing, when the table cannot be kept on disk. `text` is
   * the table as JSON, where it has been made.
   */
  apply(table: RoutingTable, text?: Buffer): Promise<Pick<RouterReport, 'refusedListeners'>> {
    return this.#inTurn(async () => {
      const isNew = table.version > this.#table.version
      if (isNew) await this.#parts.savedState.saveTable(text ?? (await this.#texts.of(table)))
      // The same table again is a wish to try the refused ports again.
      if (isNew) await this.#change(await withFormerParts(table, this.#table))
      else if (this.#refused.length > 0) await this.#change(this.#table)
      return { refusedListeners: this.#refused }
    })
  }

  /** As `apply`, of the table that these are news of. Resolves to undefined where another one is in force than they begin with. */
  applyNews(news: RoutingTableNews): Promise<Pick<RouterReport, 'refusedListeners'> | undefined> {
    return this.#inTurn(async () => {
      if (news.since !== this.#table.version || news.version <= news.since) return undefined
      const table = tableWith(this.#table, news)
      await this.#parts.savedState.saveTable(await this.#texts.of(table))
      await this.#change(table)
      return { refusedListeners: this.#refused }
    })
  }

  /** In force. */
  get table(): RoutingTable {
    return this.#table
  }

  report(): RouterReport {
    return atOnce(this.reporting())
  }

  /**
   * Every part of it is the same object as the last time where nothing of it has changed. Of targets and counts it tells
   * what was true when they were looked at, one after the other: never what was before the table whose version it tells.
   */
  *reporting(): Generator<void, RouterReport> {
    const head = { tableVersion: this.#table.version, refusedListeners: this.#refused }
    const targets = yield* this.#targetReports.take()
    const counted = yield* this.#tallies.reporting()
    return { routerId: this.#routerId, pid: process.pid, ...head, targets, ...counted }
  }

  /** What accepts the connections of each open port. */
  servers(): ReadonlyMap<number, readonly Server[]> {
    return new Map(Array.from(this.#doors, ([port, door]) => [port, door.servers]))
  }

  /**
   * Another router has the ports now, too, and takes all new connections. Those that are open go on: a request on a kept
   * one is still answered, and is the last one there. Resolves when all are over; then what is left is cut.
   */
  async retire({
    graceMilliseconds,
    onPortsFree = () => undefined,
  }: {
    readonly graceMilliseconds: number
    readonly onPortsFree?: () => void
  }): Promise<void> {
    // A port that it had not got is the others' now; and one that is just being opened is to be closed with the rest.
    this.#isClosed = true
    clearTimeout(this.#retryTimer)
    await this.#lastChange
    this.#endChecks()
    const doors = [...this.#doors.values(), ...this.#closing]
    const longestIdle = Math.max(0, ...doors.map(({ listener }) => listener.idleMilliseconds))
    const cut = setTimeout(() => {
      this.#targets.close()
      for (const door of doors) door.cut()
    }, graceMilliseconds)
    const longest = Math.min(graceMilliseconds, longestIdle)
    await Promise.all(doors.map((door) => door.leavePort()))
    onPortsFree()
    const closing = doors.map((door) => door.close({ lingerMilliseconds: longest }))
    await Promise.all(closing)
    clearTimeout(cut)
    await this.close({ graceMilliseconds: 0 })
  }

  /**
   * What a router that has retired still gets is served by its successor's table. Resolves to false where another table is
   * in force than the news begin with.
   */
  follow(told: RoutingTable | RoutingTableNews): Promise<boolean> {
    return this.#inTurn(async () => {
      if (told.version <= this.#table.version) return true
      const isNews = 'since' in told
      if (isNews && told.since !== this.#table.version) return false
      const table = isNews ? tableWith(this.#table, told) : await withFormerParts(told, this.#table)
      const left = await this.#putInForce(await this.#preparation.of(table, this.#table))
      for (const door of this.#doors.values()) this.#followTable(door)
      await eachInSlices(left, (target) => this.#targets.remove(target))
      return true
    })
  }

  /** Takes no more connections, lets running requests end for so long, and cuts the rest. */
  async close({
    graceMilliseconds,
    lingerMilliseconds: lingers = 0,
    onPortsFree = () => undefined,
  }: {
    readonly graceMilliseconds: number
    readonly lingerMilliseconds?: number
    readonly onPortsFree?: () => void
  }): Promise<void> {
    this.#isClosed = true
    await this.#lastChange
    clearTimeout(this.#retryTimer)
    clearInterval(this.#forgetTimer)
    for (const timer of this.#foldTimers.values()) clearTimeout(timer)
    this.#endChecks()
    const doors = [...this.#doors.values(), ...this.#closing]
    const cut = setTimeout(() => {
      this.#targets.close()
      for (const door of doors) door.cut()
    }, graceMilliseconds)
    const closing = doors.map((door) => door.close({ lingerMilliseconds: lingers }))
    onPortsFree()
    await Promise.all(closing)
    clearTimeout(cut)
    this.#targets.close()
    this.#clock.close()
  }

  /**
   * Opens what is new, swaps, closes what is gone: at every moment each request is served by one whole table. What takes
   * time is done before, in slices; the swap only puts in place what is ready, and has a turn of the event loop to itself.
   */
  async #change(table: RoutingTable): Promise<void> {
    const prepared = await this.#preparation.of(table, this.#table)
    const usable = [...prepared.listeners.values()].filter(({ problem }) => problem === undefined)
    const { opened, refused } = await this.#openDoors(usable.map(({ listener }) => listener))
    const isFirst = this.#table === emptyTable
    const left = await this.#putInForce(prepared)
    // Before anything is served by it: without health, requests would go to targets that are known to be broken.
    if (isFirst) await this.#health.apply(table)
    const problems = [...prepared.listeners.values()].flatMap(({ problem }) => problem ?? [])
    this.#refused = [...prepared.doubles, ...refused, ...problems]
    for (const door of opened) this.#doors.set(door.port, door)
    for (const door of this.#doors.values()) this.#followTable(door)
    await ownTurn()
    await this.#closeDoors([...this.#doors.values()].filter(({ port }) => !prepared.listeners.has(port)))
    await eachInSlices(left, (target) => this.#targets.remove(target))
    if (!isFirst) await this.#health.apply(table)
    await this.#forgetUnused(prepared)
    this.#retryRefusedLater()
  }

  #endChecks(): void {
    this.#health.close()
    this.#healthSaving.close()
    this.#parts.savedState.saveHealth(this.#health.known())
  }

  /** Returns the targets that have left. All waiting is before: what is done then, and behind this, is one step. */
  async #putInForce(prepared: PreparedTable): Promise<readonly LiveTarget[]> {
    await ownTurn()
    this.#table = prepared.table
    this.#listeners = prepared.listeners
    return this.#targets.commit(prepared.groups, prepared.gone)
  }

  /** One whose new certificates cannot be used goes on as it was. */
  #followTable(door: Door): void {
    const { listener, problem } = this.#listeners.get(door.port) ?? {}
    if (listener !== undefined && problem === undefined) door.follow(listener)
  }

  async #openDoors(
    listeners: readonly LiveListener[],
  ): Promise<{ readonly opened: readonly Door[]; readonly refused: readonly RefusedListener[] }> {
    const { listenHost, ports, secure } = this.#parts
    const opened: Door[] = []
    const refused: RefusedListener[] = []
    const open = async (listener: LiveListener): Promise<void> => {
      try {
        opened.push(await Door.open(listener, { core: this.#core, ports, secure }))
      } catch (error) {
        const { listenerArn, port } = listener.route
        refused.push({ listenerArn, port, message: whyNotBound(error as NodeJS.ErrnoException, port, listenHost) })
      }
    }
    await Promise.all(listeners.filter(({ route }) => !this.#doors.has(route.port)).map(open))
    return { opened, refused }
  }

  /** One in each turn of the event loop: each has several sockets. */
  async #closeDoors(doors: readonly Door[]): Promise<void> {
    for (const door of doors) {
      this.#doors.delete(door.port)
      this.#closing.add(door)
      void door.close({ lingerMilliseconds }).then(() => this.#closing.delete(door))
      await ownTurn()
    }
  }

  #retryRefusedLater(): void {
    clearTimeout(this.#retryTimer)
    if (this.#refused.length === 0 || this.#isClosed) return
    this.#retryTimer = setTimeout(() => {
      void this.#inTurn(() => this.#change(this.#table))
    }, retryMilliseconds)
  }

  /** Those to which a door leads by an older table, because it is closing or cannot follow, may be asked yet. */
  async #forgetUnused({ listeners, gone }: PreparedTable): Promise<void> {
    const behind = [...this.#doors.values(), ...this.#closing].filter(
      ({ port, listener }) => listeners.get(port)?.listener !== listener,
    )
    const needed = new Set(behind.flatMap(({ listener }) => targetGroupsOf(listener.route)))
    const forgotten: string[] = []
    await eachInSlices(gone, ({ targetGroupArn: arn }) => {
      if (!needed.has(arn) && !this.#health.isNamed(arn) && this.#targets.forgetGroup(arn)) forgotten.push(arn)
    })
    await eachInSlices(this.#tallies.ofListeners(), (tally) => tally.forgetUnused(forgotten))
  }

  #foldLater(target: LiveTarget): void {
    // One that never got a request has left nothing to be told apart.
    if (target.tally === undefined && this.#targets.forget(target)) return
    clearTimeout(this.#foldTimers.get(target))
    const fold = (): void => {
      this.#foldTimers.delete(target)
      if (this.#targets.forget(target)) this.#tallies.fold(target.group.targetGroupArn, target)
    }
    this.#foldTimers.set(target, setTimeout(fold, rememberMilliseconds).unref())
  }

  #forgetGone(): void {
    const { listeners, targetGroups } = this.#table
    const routes = Array.from(this.#listeners.values(), ({ listener }) => listener.route)
    const named = new Set(routes.flatMap(targetGroupsOf))
    const arns = new Set([...listeners.map(({ listenerArn }) => listenerArn), ...targetGroups.keys(), ...named])
    this.#targets.forgetGroups((arn) => named.has(arn))
    this.#tallies.forgetGone((arn) => arns.has(arn), performance.now(), rememberMilliseconds)
  }

  #inTurn<Result>(change: () => Promise<Result>): Promise<Result> {
    const result = this.#lastChange.then(change)
    this.#lastChange = result.catch(() => undefined)
    return result
  }
}

function whyNotBound({ code = '', message }: NodeJS.ErrnoException, port: number, host: string): string {
  switch (code) {
    case 'EADDRINUSE':
      return `Port ${port} on ${host} is in use by another program`
    case 'EACCES':
      return `Port ${port} on ${host} may not be opened by this user`
    case 'EADDRNOTAVAIL':
      return `${host} is not an address of this machine`
    default:
      return `Port ${port} on ${host} could not be opened: ${message}`
  }
}
