import { randomUUID } from 'node:crypto'
import type { Server } from 'node:net'
import { drainingHealth } from '../domain/health-check.ts'
import type { RefusedListener, RouterReport, TargetReport } from '../domain/router-report.ts'
import type { ListenerRoute, RoutingTable } from '../domain/routing-table.ts'
import { Door, type DoorHandlers } from './door.ts'
import { ExchangeCounts } from './exchange-counts.ts'
import type { Exchange, Forward } from './forward.ts'
import { HealthChecks, type Probe } from './health-checks.ts'
import type { Ports } from './ports.ts'
import { RequestCounts } from './request-counts.ts'
import { serveRequest, type Serving } from './request.ts'
import type { SavedState } from './saved-state.ts'
import { Targets } from './targets.ts'

export type DataPlaneParts = {
  readonly listenHost: string
  readonly ports: Ports
  readonly savedState: SavedState
  readonly forward: Forward
  readonly probe: Probe
  /** In [0, 1). */
  readonly random: () => number
  readonly log: (message: string) => void
}

const emptyTable: RoutingTable = { version: 0, listeners: [], targetGroups: {} }
/** How often a port that could not be bound is tried again. */
const retryMilliseconds = 1_000
/** Requests that are just arriving on kept connections of a removed listener are still answered. */
const lingerMilliseconds = 1_000
/** Counters of a target that left are kept apart for so long. */
const foldMilliseconds = 10 * 60_000

/** Everything the router does but its control: it serves by one table, and tells how that goes. */
export class DataPlane {
  readonly #parts: DataPlaneParts
  readonly #routerId = randomUUID()
  readonly #counts = new RequestCounts()
  readonly #exchanges = new ExchangeCounts()
  readonly #targets: Targets
  readonly #health: HealthChecks
  readonly #serving: Serving
  readonly #doors = new Map<number, Door>()
  readonly #closing = new Set<Door>()
  readonly #foldTimers = new Map<string, NodeJS.Timeout>()
  #table = emptyTable
  #refused: readonly RefusedListener[] = []
  /** Tables are applied one after the other. */
  #lastChange: Promise<unknown> = Promise.resolve()
  /** Set while ports of the next table are open and the table is not in force yet. */
  #comingTable: Promise<void> | undefined
  #retryTimer: NodeJS.Timeout | undefined
  #isClosed = false

  constructor(parts: DataPlaneParts) {
    this.#parts = parts
    const { forward, random } = parts
    this.#health = new HealthChecks(parts.probe, {
      restored: parts.savedState.loadHealth(),
      onChange: () => parts.savedState.saveHealth(this.#health.known()),
    })
    this.#targets = new Targets({
      isHealthy: (key) => this.#health.isHealthy(key),
      onLeaving: (key) => forward.retire(key),
      onGone: (key) => this.#foldLater(key),
    })
    this.#serving = {
      table: () => this.#table,
      targets: this.#targets,
      forward,
      counts: this.#counts,
      exchanges: this.#exchanges,
      random,
    }
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
   * the current one changes nothing. Rejects, and has changed nothing, when the table cannot be kept on disk.
   */
  apply(table: RoutingTable): Promise<Pick<RouterReport, 'refusedListeners'>> {
    return this.#inTurn(async () => {
      const isNew = table.version > this.#table.version
      if (isNew) await this.#parts.savedState.saveTable(table)
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
      counts: this.#counts.list(),
      exchanges: this.#exchanges.list(),
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
    const doors = [...this.#doors.values(), ...this.#closing]
    const longestIdle = Math.max(0, ...doors.map(({ route }) => route.idleTimeoutSeconds * 1000))
    const cut = setTimeout(() => {
      this.#targets.close()
      for (const door of doors) door.cut()
    }, graceMilliseconds)
    const lingerMilliseconds = Math.min(graceMilliseconds, longestIdle)
    await Promise.all(doors.map((door) => door.close({ lingerMilliseconds })))
    clearTimeout(cut)
    await this.close({ graceMilliseconds: 0 })
  }

  /** What a router that has retired still gets is served by its successor's table. */
  follow(table: RoutingTable): void {
    if (table.version <= this.#table.version) return
    this.#table = table
    for (const route of servedRoutes(table)) this.#doors.get(route.port)?.follow(route)
    this.#targets.apply(table)
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
    for (const timer of this.#foldTimers.values()) clearTimeout(timer)
    this.#health.close()
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
    this.#parts.forward.close()
  }

  /** Opens what is new, swaps, closes what is gone: at every moment each request is served by one whole table. */
  async #change(table: RoutingTable): Promise<void> {
    const coming = Promise.withResolvers<void>()
    this.#comingTable = coming.promise
    const { opened, refused } = await this.#openDoors(table)
    this.#table = table
    for (const door of opened) this.#doors.set(door.port, door)
    this.#refused = refused
    const routes = new Map(servedRoutes(table).map((route) => [route.port, route]))
    for (const [port, door] of this.#doors) {
      const route = routes.get(port)
      if (route === undefined) this.#closeDoor(door)
      else door.follow(route)
    }
    this.#health.apply(table)
    this.#targets.apply(table)
    this.#comingTable = undefined
    coming.resolve()
    this.#retryRefusedLater()
  }

  async #openDoors(
    table: RoutingTable,
  ): Promise<{ readonly opened: readonly Door[]; readonly refused: readonly RefusedListener[] }> {
    const { listenHost, ports } = this.#parts
    const routes = servedRoutes(table)
    const opened: Door[] = []
    const refused: RefusedListener[] = table.listeners
      .filter((route) => !routes.includes(route))
      .map(({ listenerArn, port }) => ({ listenerArn, port, message: `Another listener already has port ${port}` }))
    const open = async (route: ListenerRoute): Promise<void> => {
      try {
        opened.push(await Door.open(route, ports, this.#doorHandlers))
      } catch (error) {
        const { listenerArn, port } = route
        refused.push({ listenerArn, port, message: whyNotBound(error as NodeJS.ErrnoException, port, listenHost) })
      }
    }
    await Promise.all(routes.filter(({ port }) => !this.#doors.has(port)).map(open))
    return { opened, refused }
  }

  readonly #doorHandlers: DoorHandlers = {
    onRequest: (door, exchange) => this.#serve(door, exchange),
    onMalformed: ({ route: { listenerArn } }, statusCode) =>
      this.#counts.add({ listenerArn }, statusCode < 500 ? 'elb-4xx' : 'elb-5xx', statusCode),
  }

  async #serve(door: Door, exchange: Exchange): Promise<void> {
    try {
      if (this.#comingTable !== undefined && this.#doors.get(door.port) !== door && !this.#closing.has(door)) {
        await this.#comingTable
      }
      await serveRequest(this.#serving, door, exchange)
    } catch (error) {
      // One request that trips over a mistake of ours must not take all the others with it.
      this.#parts.log(`A request failed inside the router: ${String((error as Error).stack)}`)
      exchange.response.destroy()
    }
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

  #foldLater(key: string): void {
    clearTimeout(this.#foldTimers.get(key))
    const fold = (): void => {
      this.#foldTimers.delete(key)
      if (!this.#targets.inFlight().has(key)) this.#counts.fold(key)
    }
    this.#foldTimers.set(key, setTimeout(fold, foldMilliseconds).unref())
  }

  #targetReports(): Readonly<Record<string, TargetReport>> {
    const reports: Record<string, TargetReport> = {}
    for (const [key, { inFlight, isRemoved }] of this.#targets.inFlight()) {
      const health = isRemoved ? drainingHealth : (this.#health.health(key) ?? drainingHealth)
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
function servedRoutes({ listeners }: RoutingTable): readonly ListenerRoute[] {
  const ports = new Set<number>()
  return listeners.filter(({ port }) => !ports.has(port) && ports.add(port))
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
