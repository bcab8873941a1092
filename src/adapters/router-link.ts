import type { ChildProcess } from 'node:child_process'
import { isDeepStrictEqual } from 'node:util'
import type { RouterReport } from '../domain/router-report.ts'
import type { RoutingTable } from '../domain/routing-table.ts'
import type { AppliedTable, Clock, Log } from '../engine/ports.ts'
import {
  callRouter,
  callShutdown,
  directoryTakenCode,
  killHungRouter,
  lastLogLine,
  routerCommand,
  type RouterNumber,
  RouterRefused,
  RouterUnreachable,
  routerSocketPath,
  siblingSockets,
  spawnRouter,
} from './router-process.ts'
import { RouterPulse, type PulseState } from './router-pulse.ts'
import { TableSender } from './table-sender.ts'

export type RouterLinkSettings = {
  readonly dataDirectory: string
  /** Where listeners are bound. */
  readonly listenHost: string
  readonly clock: Clock
  readonly log: Log
  readonly router: RouterNumber
  /** How many routers share the ports. */
  readonly routers: number
  /** Of this program; a router of another version hands over to one of this. Without it, any is adopted. */
  readonly version?: string | undefined
}

const reportMilliseconds = 100
const retryMilliseconds = 25
/** A router that cannot start is not started more often than this. */
const restartMilliseconds = 500
/** A router that was begun serves after a tenth of a second; a busy machine may take longer. */
const startMilliseconds = 15_000
const defaultGraceSeconds = 5
/** A router gives up each of the three steps of it after ten seconds, and is as it was. */
const handOverMilliseconds = 35_000
/** What a router answers that is just handing over for somebody else. */
const handingOverStatus = 409

/**
 * A router as a process of its own, which outlives the engine: a running one is adopted, a missing one is started, one
 * that dies is replaced, with the table it has kept on disk, within a second. One of another version hands its ports and
 * connections over to one of this version, and nothing is interrupted.
 */
export class RouterLink {
  readonly #settings: RouterLinkSettings
  readonly #socketPath: string
  readonly #listeners: (() => void)[] = []
  readonly #stopped = new AbortController()
  readonly #pulse: RouterPulse
  readonly #tables: TableSender
  #child: ChildProcess | undefined
  #childStartedAt = Number.NEGATIVE_INFINITY
  #watching: Promise<void> | undefined

  constructor(settings: RouterLinkSettings) {
    this.#settings = settings
    this.#socketPath = routerSocketPath(settings.dataDirectory, settings.router)
    this.#pulse = new RouterPulse(settings)
    this.#tables = new TableSender(this.#socketPath)
  }

  /** Resolves when a router answers. Rejects with an Error that says why none could be started. */
  async start(): Promise<void> {
    await this.#replaceForeignRouter()
    const { clock, dataDirectory, router } = this.#settings
    let deadline = clock.now() + startMilliseconds
    let hasKilled = false
    for (;;) {
      const state = await this.#look()
      if (state === 'answers') break
      if (state === 'killed' && !hasKilled) {
        hasKilled = true
        deadline = clock.now() + startMilliseconds
      }
      // A router that is just ending keeps the directory until its last requests are over.
      const child = this.#child
      const hasFailed = child !== undefined && hasEnded(child) && child.exitCode !== directoryTakenCode
      if (hasFailed || clock.now() > deadline) {
        if (state === 'silent') throw new Error('The running router does not answer: end its process.')
        const reason = lastLogLine(dataDirectory, router) || 'it left no word why. Is the disk full?'
        throw new Error(`The router could not be started: ${reason}`)
      }
      if (state === 'gone') this.#startRouter()
      await clock.sleep(retryMilliseconds, this.#stopped.signal)
    }
    this.#watching = this.#watch()
  }

  /** Also across the death of a router: the next one is told. Rejects when the router cannot keep the table on disk. */
  async apply(table: RoutingTable): Promise<AppliedTable> {
    for (;;) {
      try {
        return await this.#tables.send(table)
      } catch (error) {
        if (!(error instanceof RouterUnreachable)) throw error
      }
      await this.#settings.clock.sleep(retryMilliseconds, this.#stopped.signal)
    }
  }

  report(): RouterReport | undefined {
    return this.#pulse.report
  }

  onReport(listener: () => void): void {
    this.#listeners.push(listener)
  }

  /** Lets go of the router, which serves on. */
  async stop(): Promise<void> {
    this.#stopped.abort(new Error('The router is not watched any more'))
    await this.#watching
  }

  /** Ends the router: running requests may take so long. Resolves when it is gone. */
  async shutdown({ graceSeconds = defaultGraceSeconds } = {}): Promise<void> {
    await this.stop()
    const ending = await callShutdown(this.#socketPath, graceSeconds)
    const { dataDirectory, router } = this.#settings
    if (ending === 'stuck') killHungRouter(dataDirectory, router, this.#pulse.report?.pid)
    const child = this.#child
    if (child === undefined || hasEnded(child)) return
    // Begun a moment ago, and not yet on its socket.
    if (ending === 'absent') child.kill('SIGTERM')
    const { promise, resolve } = Promise.withResolvers<void>()
    child.ref()
    child.once('exit', () => resolve())
    await promise
  }

  async #watch(): Promise<void> {
    const { clock, log } = this.#settings
    const { signal } = this.#stopped
    let wait = reportMilliseconds
    let told = ''
    while (!signal.aborted) {
      try {
        await clock.sleep(wait, signal)
        const state = await this.#look()
        wait = state === 'answers' ? reportMilliseconds : retryMilliseconds
        if (state === 'answers') await this.#tellNewestTable()
        if (state === 'gone' && !signal.aborted) this.#startRouter()
      } catch (error) {
        // Ten times a second it would be the same again.
        const message = `The router could not be asked or told: ${String(error)}`
        if (!signal.aborted && message !== told) log.warn(message)
        told = message
      }
    }
  }

  async #look(): Promise<PulseState> {
    const state = await this.#pulse.take()
    if (state === 'answers') for (const listener of this.#listeners) listener()
    return state
  }

  /** Does nothing while the one it began last is still on its way, or when that was only just. */
  #startRouter(): void {
    const { clock, dataDirectory, listenHost, log, router, routers, version = '' } = this.#settings
    if (this.#child !== undefined && !hasEnded(this.#child)) return
    if (clock.now() - this.#childStartedAt < restartMilliseconds) return
    const { report } = this.#pulse
    if (report !== undefined) log.warn(`The router (process ${report.pid}) is gone; another one is started.`)
    this.#childStartedAt = clock.now()
    this.#child = spawnRouter(dataDirectory, { listenHost, router, routers, version })
    this.#child.once('error', (error) => log.warn(`The router could not be started: ${error.message}`))
  }

  /** A router that lost its disk comes back with an older table, or none. */
  async #tellNewestTable(): Promise<void> {
    const { confirmed } = this.#tables
    if (confirmed === undefined || (this.#pulse.report?.tableVersion ?? 0) >= confirmed.version) return
    await this.#tables.send(confirmed)
  }

  /**
   * What a router was started with it cannot change: one with another address, or that opened its ports for itself alone
   * where others are to share them, has to end before the next can begin. One that only is of another version, or was one
   * of fewer or more, hands over.
   */
  async #replaceForeignRouter(): Promise<void> {
    const { clock, log } = this.#settings
    for (;;) {
      try {
        return await this.#replaceWhatIsRunning()
      } catch (error) {
        if (error instanceof RouterUnreachable) return
        if (!(error instanceof RouterRefused)) throw error
        if (error.statusCode !== handingOverStatus) {
          return log.warn(`The running router could not hand over, and serves on: ${error.message}`)
        }
      }
      // An engine that was killed had begun with that; it takes half a minute at most.
      await clock.sleep(retryMilliseconds, this.#stopped.signal)
    }
  }

  async #replaceWhatIsRunning(): Promise<void> {
    const { dataDirectory, listenHost, log, router, routers, version = '' } = this.#settings
    const found = (await this.#pulse.call('GET', '/settings')) as Partial<RouterSettings>
    if (found.listenHost !== listenHost || (found.sharesPorts !== true && routers > 1)) {
      log.info(`The running router has other settings than ${listenHost}, ${routers} in all; it is replaced.`)
      await callShutdown(this.#socketPath, defaultGraceSeconds)
      return
    }
    const why = this.#whyToHandOver(found)
    if (why === undefined) return
    log.info(why)
    const command = routerCommand(dataDirectory, { listenHost, router, routers, version })
    const call = { method: 'POST', path: '/succession', body: { command } } as const
    await callRouter(this.#socketPath, { ...call, answerMilliseconds: handOverMilliseconds })
  }

  #whyToHandOver({ version: itsVersion, siblings, isRetiring }: Partial<RouterSettings>): string | undefined {
    const { dataDirectory, routers, version = '' } = this.#settings
    if (isRetiring === true) return 'The running router was one too many, and is ending; another one takes its place.'
    if (version !== '' && itsVersion !== undefined && itsVersion !== version) {
      return `The running router is of version ${itsVersion}; it hands over to one of version ${version}.`
    }
    if (siblings === undefined || isDeepStrictEqual(siblings, siblingSockets(dataDirectory, this.#settings))) return
    return `The running router was one of ${siblings.length + 1}; it hands over to one of ${routers}.`
  }
}

/** What a router answers to `GET /settings`; one of an older version leaves the newer ones out. */
type RouterSettings = {
  readonly listenHost: string
  readonly sharesPorts: boolean
  readonly siblings: readonly string[]
  readonly version: string
  readonly isRetiring: boolean
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null
}
