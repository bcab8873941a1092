import { randomUUID } from 'node:crypto'
import type { Server } from 'node:net'
import { drainingHealth } from '../domain/health-check.ts'
import type { RefusedListener, RouterReport, TargetReport } from '../domain/router-report.ts'
import type { RoutingTable } from '../domain/routing-table.ts'
import { CoarseClock } from './coarse-clock.ts'
import type { Core } from './core.ts'
import { Door } from './door.ts'
import type { ExchangeRecord } from './exchange-record.ts'
import { mostClients } from './file-limit.ts'
import { HealthChecks, type Probe } from './health-checks.ts'
import { liveListener, type LiveListener } from './live-table.ts'
import { LiveTargets, type LiveTarget } from './live-targets.ts'
import type { Ports } from './ports.ts'
import type { SavedState } from './saved-state.ts'
import type { Secure } from './securing.ts'
import { Seldom } from './seldom.ts'
import { eachInSlices } from './slices.ts'
import { StickyCookies } from './sticky-cookies.ts'
import { Tallies } from './tallies.ts'
import { TargetHeadPlaces } from './target-head-context.ts'
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

const emptyTable: RoutingTable = { version: 0, listeners: [], targetGroups: {} }
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
  readonly #doors = new Map<number, Door>()
  readonly #closing = new Set<Door>()
  readonly #foldTimers = new Map<LiveTarget, NodeJS.Timeout>()
  #table = emptyTable
  #refused: readonly RefusedListener[] = []
  /** Tables are applied one after the other. */
  #lastChange: Promise<unknown> = Promise.resolve()
  #retryTimer: NodeJS.Timeout | undefined
  #forgetTimer: NodeJS.Timeout | undefined
  /** All of it is written each time, so not for each of a thousand targets that become healthy one after the other. */
  readonly #healthSaving = new Seldom(() => this.#parts.savedState.saveHealth(this.#health.known()))
  #isClosed = false

  constructor(parts: DataPlaneParts) {
    this.#parts = parts
    this.#health = new HealthChecks(parts.probe, {
      restored: parts.savedState.loadHealth(),
      onHealth: (key, healthySince) => this.#targets.noteHealth(key, healthySince),
      onChange: () => this.#healthSaving.call(),
    })
    this.#targets = new LiveTargets({ onGone: (target) => this.#foldLater(target) })
    const { transport, random, onExchange, log } = parts
    this.#core = {
      transport,
      random,
      onExchange,
      log,
      clock: this.#clock,
      targets: this.#targets,
      cookies: new StickyCookies(),
      traceIds: new TraceIds(),
      places: new TargetHeadPlaces(),
      clients: { open: 0, most: parts.clientLimit ?? mostClients() },
    }
    this.#forgetTimer = setInterval(() => this.#forgetGone(), forgetMilliseconds).unref()
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
   * the table as JSON: making it anew would hold requests up.
   */
  apply(
    table: RoutingTable,
    text: string | Buffer = JSON.stringify(table),
  ): Promise<Pick<RouterReport, 'refusedListeners'>> {
    return this.#inTurn(async () => {
      const isNew = table.version > this.#table.version
      if (isNew) await this.#parts.savedState.saveTable(text)
      // The same table again is a wish to try the refused ports again.
      if (isNew || this.#refused.length > 0) await this.#change(isNew ? table : this.#table)
      return { refusedListeners: this.#refused }
    })
  }

  report(): RouterReport {
    return {
      routerId: this.#routerId,
      pid: process.pid,
      tableVersion: this.#table.version,
      refusedListeners: this.#refused,
      targets: this.#targetReports(),
      ...this.#tallies.report(),
    }
  }

  /** What accepts the connections of each open port. */
  servers(): ReadonlyMap<number, Server> {
    return new Map(Array.from(this.#doors, ([port, door]) => [port, door.server]))
  }

  /**
   * Another router has the ports now, too, and takes all new connections. Those that are open go on: a request on a kept
   * one is still answered, and is the last one there. Resolves when all are over; then what is left is cut.
   */
  async retire({ graceMilliseconds }: { readonly graceMilliseconds: number }): Promise<void> {
    this.#health.close()
    this.#healthSaving.close()
    const doors = [...this.#doors.values(), ...this.#closing]
    const longestIdle = Math.max(0, ...doors.map(({ listener }) => listener.idleMilliseconds))
    const cut = setTimeout(() => {
      this.#targets.close()
      for (const door of doors) door.cut()
    }, graceMilliseconds)
    const longest = Math.min(graceMilliseconds, longestIdle)
    await Promise.all(doors.map((door) => door.close({ lingerMilliseconds: longest })))
    clearTimeout(cut)
    await this.close({ graceMilliseconds: 0 })
  }

  /** What a router that has retired still gets is served by its successor's table. */
  follow(table: RoutingTable): void {
    if (table.version <= this.#table.version) return
    const { listeners } = split(table)
    const routes = listeners.map((route) => liveListener(route, this.#workshop))
    const groups = Object.values(table.targetGroups).map((group) => this.#targets.prepare(group))
    this.#table = table
    this.#targets.commit(groups)
    for (const listener of routes) {
      if (this.#tlsProblem(listener) === undefined) this.#doors.get(listener.route.port)?.follow(listener)
    }
  }

  /** Takes no more connections, lets running requests end for so long, and cuts the rest. */
  async close({
    graceMilliseconds,
    onPortsFree = () => undefined,
  }: {
    readonly graceMilliseconds: number
    readonly onPortsFree?: () => void
  }): Promise<void> {
    this.#isClosed = true
    await this.#lastChange
    clearTimeout(this.#retryTimer)
    clearInterval(this.#forgetTimer)
    for (const timer of this.#foldTimers.values()) clearTimeout(timer)
    this.#health.close()
    this.#healthSaving.close()
    const doors = [...this.#doors.values(), ...this.#closing]
    const cut = setTimeout(() => {
      this.#targets.close()
      for (const door of doors) door.cut()
    }, graceMilliseconds)
    const closing = doors.map((door) => door.close({ lingerMilliseconds: 0 }))
    onPortsFree()
    await Promise.all(closing)
    clearTimeout(cut)
    this.#targets.close()
    this.#clock.close()
  }

  /**
   * Opens what is new, swaps, closes what is gone: at every moment each request is served by one whole table. What takes
   * time is done before, in slices; the swap itself only puts in place what is ready.
   */
  async #change(table: RoutingTable): Promise<void> {
    const { listeners, doubles } = split(table)
    const routes = await eachInSlices(listeners, (route) => liveListener(route, this.#workshop))
    const groups = await eachInSlices(Object.values(table.targetGroups), (group) => this.#targets.prepare(group))
    const problems = await eachInSlices(routes, (listener) => this.#tlsProblem(listener))
    const usable = new Set(routes.filter((_, at) => problems[at] === undefined))
    const { opened, refused } = await this.#openDoors([...usable])
    this.#table = table
    this.#targets.commit(groups)
    // Before anything is served by it: without health, requests would go to targets that are known to be broken.
    this.#health.apply(table)
    this.#refused = [...doubles, ...refused, ...problems.filter((problem) => problem !== undefined)]
    for (const door of opened) this.#doors.set(door.port, door)
    const byPort = new Map(routes.map((listener) => [listener.route.port, listener]))
    for (const [port, door] of this.#doors) {
      const listener = byPort.get(port)
      if (listener === undefined) this.#closeDoor(door)
      // One whose new certificates cannot be used goes on as it was.
      else if (usable.has(listener)) door.follow(listener)
    }
    this.#retryRefusedLater()
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

  #tlsProblem({ route: { listenerArn, port, tls } }: LiveListener): RefusedListener | undefined {
    const problem = tls === undefined ? undefined : this.#parts.secure.problemOf(tls)
    if (problem === undefined) return undefined
    return { listenerArn, port, message: `The certificates of port ${port} cannot be used: ${problem}` }
  }

  get #workshop() {
    return { targets: this.#targets, tallies: this.#tallies }
  }

  #closeDoor(door: Door): void {
    this.#doors.delete(door.port)
    this.#closing.add(door)
    void door.close({ lingerMilliseconds }).then(() => this.#closing.delete(door))
  }

  #retryRefusedLater(): void {
    clearTimeout(this.#retryTimer)
    if (this.#refused.length === 0 || this.#isClosed) return
    this.#retryTimer = setTimeout(() => {
      void this.#inTurn(() => this.#change(this.#table))
    }, retryMilliseconds)
  }

  #foldLater(target: LiveTarget): void {
    clearTimeout(this.#foldTimers.get(target))
    const fold = (): void => {
      this.#foldTimers.delete(target)
      if (this.#targets.forget(target)) this.#tallies.fold(target.group.targetGroupArn, target)
    }
    this.#foldTimers.set(target, setTimeout(fold, rememberMilliseconds).unref())
  }

  #forgetGone(): void {
    const { listeners, targetGroups } = this.#table
    const arns = new Set([...listeners.map(({ listenerArn }) => listenerArn), ...Object.keys(targetGroups)])
    this.#tallies.forgetGone((arn) => arns.has(arn), performance.now(), rememberMilliseconds)
  }

  #targetReports(): Readonly<Record<string, TargetReport>> {
    const reports: Record<string, TargetReport> = {}
    for (const { key, inFlight, state } of this.#targets.present()) {
      const health = state === 'removed' ? drainingHealth : (this.#health.health(key) ?? drainingHealth)
      const lastCheck = this.#health.lastCheck(key)
      reports[key] = { health, inFlight, ...(lastCheck === undefined ? {} : { lastCheck }) }
    }
    return reports
  }

  #inTurn<Result>(change: () => Promise<Result>): Promise<Result> {
    const result = this.#lastChange.then(change)
    this.#lastChange = result.catch(() => undefined)
    return result
  }
}

/** Each port once: the first listener that names it has it. */
function split({ listeners }: RoutingTable): {
  readonly listeners: RoutingTable['listeners']
  readonly doubles: readonly RefusedListener[]
} {
  const ports = new Set<number>()
  const served = listeners.filter(({ port }) => !ports.has(port) && ports.add(port))
  const doubles = listeners
    .filter((route) => !served.includes(route))
    .map(({ listenerArn, port }) => ({ listenerArn, port, message: `Another listener already has port ${port}` }))
  return { listeners: served, doubles }
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
