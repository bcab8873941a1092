import { withoutConnections } from '../domain/router-merge.ts'
import type { RouterReport } from '../domain/router-report.ts'
import type { RoutingTable } from '../domain/routing-table.ts'
import type { Clock, Log } from '../engine/ports.ts'
import {
  callShutdown,
  type RouterNumber,
  RouterRefused,
  RouterUnreachable,
  routerSocketPath,
} from './router-process.ts'
import { RouterPulse } from './router-pulse.ts'
import { TableSender } from './table-sender.ts'

const lookMilliseconds = 100
const retryMilliseconds = 25
/** What it counted last is told for so long after its end, so that everyone has seen it. */
const remembranceMilliseconds = 30_000
/** One of an older version cannot retire: what is on its way on open connections is still answered for so long. */
const ofOlderVersion = { graceSeconds: 5, lingerSeconds: 2 }

/**
 * A router that is one too many. It takes no more connections, and ends with the last of those that it has; until then its
 * requests in flight count, and it follows every table before that counts as applied, so that no drain overlooks them.
 */
export class RetiringRouter {
  readonly #settings: RetiringRouterSettings
  readonly #pulse: RouterPulse
  readonly #tables: TableSender
  readonly #stopped = new AbortController()
  #running: Promise<void> | undefined
  #isGone = false
  #lastReport: RouterReport | undefined

  constructor(settings: RetiringRouterSettings) {
    this.#settings = settings
    this.#pulse = new RouterPulse(settings)
    this.#tables = new TableSender(routerSocketPath(settings.dataDirectory, settings.router))
  }

  /** Resolves when its ports are closed; to false where there is no such router, or no more. */
  async begin(): Promise<boolean> {
    const { clock } = this.#settings
    for (;;) {
      const state = await this.#look()
      if (state === 'gone') {
        this.#isGone = true
        return false
      }
      if (state === 'answers' && (await this.#retire())) break
      await clock.sleep(retryMilliseconds, this.#stopped.signal)
    }
    this.#running = this.#watch()
    return true
  }

  /** Resolves when it serves by the table, or is gone. */
  async follow(table: RoutingTable): Promise<void> {
    const { clock, log } = this.#settings
    const { signal } = this.#stopped
    while (!this.#isGone) {
      try {
        await this.#tables.send(table)
        return
      } catch (error) {
        if (error instanceof RouterRefused)
          return log.warn(`A router that is ending goes on as it was: ${error.message}`)
        if (!(error instanceof RouterUnreachable)) throw error
      }
      await clock.sleep(retryMilliseconds, signal)
    }
  }

  report(): RouterReport | undefined {
    return this.#lastReport ?? this.#pulse.report
  }

  /** Lets go of it. */
  async stop(): Promise<void> {
    this.#stopped.abort(new Error('The router is not watched any more'))
    await this.#running
  }

  /** False where it could not be told this time. */
  async #retire(): Promise<boolean> {
    const { dataDirectory, router } = this.#settings
    try {
      await this.#pulse.call('POST', '/retirement')
    } catch (error) {
      if (error instanceof RouterUnreachable) return false
      if (!(error instanceof RouterRefused)) throw error
      const { graceSeconds, lingerSeconds } = ofOlderVersion
      await callShutdown(routerSocketPath(dataDirectory, router), graceSeconds, lingerSeconds)
    }
    return true
  }

  async #watch(): Promise<void> {
    const { clock, onReport, onForgotten } = this.#settings
    const { signal } = this.#stopped
    try {
      while ((await this.#look()) !== 'gone') {
        onReport()
        await clock.sleep(lookMilliseconds, signal)
      }
      this.#isGone = true
      const { report } = this.#pulse
      this.#lastReport = report && withoutConnections(report)
      onReport()
      await clock.sleep(remembranceMilliseconds, signal)
      onForgotten()
    } catch (error) {
      if (!signal.aborted) throw error
    }
  }

  async #look(): Promise<'answers' | 'there' | 'gone'> {
    const state = await this.#pulse.take()
    if (state === 'gone' || state === 'killed') return 'gone'
    return state === 'answers' ? state : 'there'
  }
}

export type RetiringRouterSettings = {
  readonly dataDirectory: string
  readonly router: RouterNumber
  readonly clock: Clock
  readonly log: Log
  readonly onReport: () => void
  /** It has ended a while ago. */
  readonly onForgotten: () => void
}
