import { mergedRefusals, mergedReport, withRetiring } from '../domain/router-merge.ts'
import type { RouterReport } from '../domain/router-report.ts'
import type { RoutingTable } from '../domain/routing-table.ts'
import type { AppliedTable, Clock, Log, Router } from '../engine/ports.ts'
import { RetiringRouter } from './retiring-router.ts'
import { RouterLink } from './router-link.ts'
import { callShutdown, killHungRouter, routerNumbers, type RouterNumber, routerSocketPath } from './router-process.ts'

export type RouterClientSettings = {
  readonly dataDirectory: string
  /** Where listeners are bound. */
  readonly listenHost: string
  readonly clock: Clock
  readonly log: Log
  /** How many routers share the ports; 1 by default. */
  readonly routers?: number
  /** Of this program; a router of another version hands over to one of this. Without it, any is adopted. */
  readonly version?: string
}

const graceSeconds = 5
/** A router serves a second after it was begun, on a busy machine some more. */
const lateLooks = 15
const lateLookMilliseconds = 1_000

/** All routers of a data directory as one. They share the listeners' ports: the kernel deals connections out to them. */
export class RouterClient implements Router {
  readonly #settings: RouterClientSettings
  readonly #links: readonly [RouterLink, ...RouterLink[]]
  /** Those of a time when more of them were wanted, until their connections are over. */
  readonly #retiring = new Map<RouterNumber, RetiringRouter>()
  readonly #stopped = new AbortController()
  #looking: Promise<void> | undefined
  readonly #listeners: (() => void)[] = []
  /** Made when it is asked for, of the reports that are there. */
  #merged: RouterReport | undefined
  #mergedFrom: readonly (RouterReport | undefined)[] = []

  constructor(settings: RouterClientSettings) {
    this.#settings = settings
    const { routers = 1 } = settings
    const link = (router: number): RouterLink => new RouterLink({ ...settings, router, routers })
    this.#links = [link(1), ...Array.from({ length: routers - 1 }, (_, at) => link(at + 2))]
    for (const each of this.#links) each.onReport(() => this.#onReport())
  }

  /** Resolves when all routers answer. Rejects with an Error that says why one could not be started. */
  async start(): Promise<void> {
    await this.#retireSurplus()
    // One after the other: the first one finds out whether a port is free, the others open it beside it.
    for (const link of this.#links) await link.start()
    this.#looking = this.#retireLate()
  }

  /** Resolves once every router serves by the table. Rejects when one cannot keep it on disk. */
  async apply(table: RoutingTable): Promise<AppliedTable> {
    const refusals: AppliedTable['refusedListeners'][] = []
    for (const link of this.#links) refusals.push((await link.apply(table)).refusedListeners)
    await Promise.all(Array.from(this.#retiring.values(), (router) => router.follow(table)))
    return { refusedListeners: mergedRefusals(refusals) }
  }

  report(): RouterReport | undefined {
    this.#merged ??= this.#mergedReport()
    return this.#merged
  }

  onReport(listener: () => void): void {
    this.#listeners.push(listener)
  }

  /** Lets go of the routers, which serve on. */
  async stop(): Promise<void> {
    await this.#stopLooking()
    await Promise.all([...this.#links, ...this.#retiring.values()].map((router) => router.stop()))
  }

  /** Ends the routers: running requests may take so long. Resolves when they are gone. */
  async shutdown(grace?: { readonly graceSeconds?: number }): Promise<void> {
    await Promise.all([...this.#links.map((link) => link.shutdown(grace)), this.#endSurplus(grace)])
  }

  #onReport(): void {
    const reports = this.#reports()
    const areSame =
      reports.length === this.#mergedFrom.length && reports.every((one, at) => one === this.#mergedFrom[at])
    if (!areSame) this.#merged = undefined
    for (const listener of this.#listeners) listener()
  }

  #reports(): readonly (RouterReport | undefined)[] {
    return [...this.#links, ...this.#retiring.values()].map((router) => router.report())
  }

  #mergedReport(): RouterReport | undefined {
    this.#mergedFrom = this.#reports()
    const [first, ...others] = this.#mergedFrom.slice(0, this.#links.length).filter((report) => report !== undefined)
    if (first === undefined) return undefined
    const retiring = this.#mergedFrom.slice(this.#links.length).filter((report) => report !== undefined)
    return retiring.reduce(withRetiring, mergedReport([first, ...others]))
  }

  #surplus(): readonly RouterNumber[] {
    return routerNumbers(this.#settings.dataDirectory).filter((router) => router > this.#links.length)
  }

  async #retireSurplus(): Promise<void> {
    const found = this.#surplus().filter((router) => !this.#retiring.has(router))
    await Promise.all(found.map((router) => this.#retire(router)))
  }

  /** One that an engine had just begun when it was killed opens its socket only later. */
  async #retireLate(): Promise<void> {
    const { clock, log } = this.#settings
    const { signal } = this.#stopped
    let problem = ''
    for (let looks = 0; looks < lateLooks && !signal.aborted; looks++) {
      try {
        await clock.sleep(lateLookMilliseconds, signal)
        await this.#retireSurplus()
        problem = ''
      } catch (error) {
        // Whatever it is, as too many open files, the next look may do better.
        problem = String(error)
      }
    }
    if (problem === '' || signal.aborted) return
    log.warn(`Routers that are too many could not be looked for: ${problem}`)
  }

  async #stopLooking(): Promise<void> {
    this.#stopped.abort(new Error('Nobody looks for routers any more'))
    await this.#looking
  }

  async #retire(router: RouterNumber): Promise<void> {
    const { dataDirectory, clock, log } = this.#settings
    const onReport = (): void => this.#onReport()
    const onForgotten = (): void => void this.#retiring.delete(router)
    const retiring = new RetiringRouter({ dataDirectory, router, clock, log, onReport, onForgotten })
    this.#retiring.set(router, retiring)
    if (!(await retiring.begin())) this.#retiring.delete(router)
  }

  async #endSurplus(grace: { readonly graceSeconds?: number } = {}): Promise<void> {
    const { dataDirectory } = this.#settings
    await this.#stopLooking()
    await Promise.all(Array.from(this.#retiring.values(), (router) => router.stop()))
    const end = async (router: RouterNumber): Promise<void> => {
      const ending = await callShutdown(routerSocketPath(dataDirectory, router), grace.graceSeconds ?? graceSeconds)
      // Nobody would look after it.
      if (ending === 'stuck') killHungRouter(dataDirectory, router)
    }
    await Promise.all(this.#surplus().map(end))
  }
}
