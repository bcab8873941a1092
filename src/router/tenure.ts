import { setTimeout as delay } from 'node:timers/promises'
import type { RouterReport } from '../domain/router-report.ts'
import type { RoutingTableNews } from '../domain/routing-table-news.ts'
import type { RoutingTable } from '../domain/routing-table.ts'
import type { AccessLog } from './access-log.ts'
import type { Control, Controlled, ShutdownTime } from './control.ts'
import type { DataPlane } from './data-plane.ts'
import type { Predecessor } from './predecessor.ts'
import { atOnce } from './slices.ts'
import { handOver, type Retiring, type Successor } from './succession.ts'

/** Connections that a router still has when it takes no more end after so long: streams, WebSockets. */
const retirementMilliseconds = 3_600_000
/** Whoever asks for reports gets the last one within this time. */
const farewellMilliseconds = 1_000

export type TenureParts = {
  readonly plane: DataPlane
  readonly accessLog: AccessLog
  readonly predecessor: Predecessor | undefined
  readonly sharesPorts: boolean
  /** The data directory's, as it is held now. */
  readonly lock: Lock
  readonly takeLock: () => Lock
  readonly openControl: (tenure: Tenure) => Promise<Control>
  readonly log: (message: string) => void
}

type Lock = { readonly release: () => void }

/**
 * A router's time in charge, and how it ends: told to, within a time; or by itself with its last connection, when another
 * one has taken its place, or when it was one too many.
 */
export class Tenure implements Controlled, Retiring {
  readonly #parts: TenureParts
  #lock: Lock
  #control: Control | undefined
  /** Lock and control socket are this router's. */
  #isInCharge = true
  /** Resolves when its ports are closed. */
  #retirement: Promise<void> | undefined
  #successor: Successor | undefined
  #isEnding = false
  #isOver = false

  /** Resolves when the control socket is open. */
  static async begin(parts: TenureParts): Promise<Tenure> {
    const tenure = new Tenure(parts)
    tenure.#control = await parts.openControl(tenure)
    return tenure
  }

  private constructor(parts: TenureParts) {
    this.#parts = parts
    this.#lock = parts.lock
  }

  get sharesPorts(): boolean {
    return this.#parts.sharesPorts
  }

  get isRetiring(): boolean {
    return this.#retirement !== undefined
  }

  async apply(table: RoutingTable, text: Buffer): Promise<Pick<RouterReport, 'refusedListeners'>> {
    if (this.isRetiring) {
      await this.follow(table)
      return nothingRefused
    }
    const { plane, predecessor } = this.#parts
    const applied = await plane.apply(table, text)
    await predecessor?.follow(plane.table)
    return applied
  }

  async applyNews(news: RoutingTableNews): Promise<Pick<RouterReport, 'refusedListeners'> | undefined> {
    if (this.isRetiring) return (await this.follow(news)) ? nothingRefused : undefined
    const { plane, predecessor } = this.#parts
    const applied = await plane.applyNews(news)
    if (applied !== undefined) await predecessor?.follow(plane.table)
    return applied
  }

  async follow(told: RoutingTable | RoutingTableNews): Promise<boolean> {
    const { plane, predecessor } = this.#parts
    const isFollowing = await plane.follow(told)
    if (isFollowing) await predecessor?.follow(plane.table)
    return isFollowing
  }

  report(): RouterReport {
    return atOnce(this.reporting())
  }

  *reporting(): Generator<void, RouterReport> {
    const { plane, predecessor } = this.#parts
    const own = yield* plane.reporting()
    return predecessor?.addedTo(own) ?? own
  }

  servers(): ReturnType<DataPlane['servers']> {
    return this.isRetiring ? new Map() : this.#parts.plane.servers()
  }

  ports(): readonly number[] {
    return [...this.servers().keys()]
  }

  async handOver(command: readonly string[]): Promise<void> {
    this.#parts.log('Handing over to another router')
    this.#successor = await handOver(command, this)
    void this.#beginRetirement()
  }

  async retire(): Promise<void> {
    if (!this.isRetiring) this.#parts.log('Ending, as one too many: no more connections are taken, open ones go on')
    await this.#beginRetirement()
  }

  letGo(): void {
    this.#isInCharge = false
    this.#control?.close()
    this.#lock.release()
  }

  async takeBack(): Promise<void> {
    try {
      this.#lock = this.#parts.takeLock()
    } catch (error) {
      // A third one was faster. Nobody can tell this one anything any more, so it ends as it would behind a successor.
      void this.#beginRetirement()
      throw error
    }
    this.#isInCharge = true
    this.#control = await this.#parts.openControl(this)
  }

  end(graceMilliseconds: number): void {
    void this.shutDown({ graceMilliseconds, lingerMilliseconds: 0 })
  }

  async shutDown({ graceMilliseconds, lingerMilliseconds }: ShutdownTime): Promise<void> {
    if (this.#isEnding) return
    this.#isEnding = true
    const { plane, predecessor, log } = this.#parts
    log('Ending: no more connections are taken, running requests may end')
    const isInCharge = this.#isInCharge
    if (isInCharge) this.#control?.close()
    this.#isInCharge = false
    // The next router need not wait for the last requests of this one: it can open the ports at once.
    const onPortsFree = (): void => (isInCharge ? this.#lock.release() : undefined)
    const closing = plane.close({ graceMilliseconds, lingerMilliseconds, onPortsFree })
    await Promise.all([closing, predecessor?.end(graceMilliseconds)])
    await this.#exit()
  }

  #beginRetirement(): Promise<void> {
    if (this.#retirement === undefined) {
      const { promise, resolve } = Promise.withResolvers<void>()
      this.#retirement = promise
      void this.#finish(resolve)
    }
    return this.#retirement
  }

  /** Not before the router whose place it has taken itself: of that one, nobody else would know. */
  async #finish(onPortsFree: () => void): Promise<void> {
    const { plane, predecessor } = this.#parts
    const graceMilliseconds = retirementMilliseconds
    const retired = plane.retire({ graceMilliseconds, onPortsFree })
    await Promise.all([retired, predecessor?.untilGone(graceMilliseconds)])
    await this.#successor?.tellLast()
    if (this.#isInCharge) await delay(farewellMilliseconds)
    if (this.#isInCharge) this.#control?.close()
    await this.#exit()
  }

  async #exit(): Promise<void> {
    if (this.#isOver) return
    this.#isOver = true
    await this.#parts.accessLog.close()
    this.#parts.log('Ended')
    process.exit(0)
  }
}

const nothingRefused = { refusedListeners: [] }
