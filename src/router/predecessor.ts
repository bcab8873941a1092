import { Server } from 'node:net'
import { withoutConnections, withRetiring } from '../domain/router-merge.ts'
import { reportOutOfJson, type RouterReport } from '../domain/router-report.ts'
import { inJson } from '../domain/routing-table-json.ts'
import { newsOf } from '../domain/routing-table-news.ts'
import type { RoutingTable } from '../domain/routing-table.ts'
import { OpenPort } from './open-port.ts'
import type { FromPredecessor, FromSuccessor } from './succession.ts'

/** A predecessor that is silent is not waited for longer. */
const answerMilliseconds = 2_000
/**
 * It reports ten times a second. One that is silent in so many looks, one after the other, is hung; while everything is
 * stopped, nobody looks.
 */
const lookMilliseconds = 2_000
const mostSilentLooks = 3
/** What it counted last is told for so long after its end, so that everyone has seen it. */
const remembranceMilliseconds = 30_000

/**
 * The router before this one, as long as connections of its time are open. Its requests in flight are part of every
 * report, so that no drain overlooks them, and it follows every table before that counts as applied.
 */
export class Predecessor {
  readonly #send: (message: FromSuccessor) => void
  readonly #ports = new Map<number, OpenPort>()
  readonly #begin = Promise.withResolvers<void>()
  readonly #takeCharge = Promise.withResolvers<void>()
  readonly #gone = Promise.withResolvers<void>()
  readonly #following = new Map<number, { readonly table: RoutingTable; readonly resolve: () => void }>()
  /** What it is known to serve by: then it is only told what is different. */
  #followed: RoutingTable | undefined
  /** When it began to hand over; undefined where it is of a version that takes whole tables only. */
  #tableVersion: number | undefined
  #sharesPorts: boolean | undefined
  #report: RouterReport | undefined
  #silentLooks = 0
  #isGone = false

  /** To be made before anything else is done: messages wait for nobody. */
  constructor(channel: NodeJS.Process) {
    this.#send = (message) => void channel.send?.(message, undefined, undefined, () => undefined)
    channel.on('message', (message, handle) => this.#note(message as FromPredecessor, handle))
    channel.once('disconnect', () => this.#onGone())
  }

  /** The ports it had open. Rejects where it has ended before. */
  async ports(): Promise<Map<number, OpenPort>> {
    this.#send({ kind: 'ready', takesSeveralSockets: true })
    await this.#begin.promise
    return this.#ports
  }

  /** Whether others can open the ports it has handed over; undefined where it is of a version that does not say so. */
  get sharesPorts(): boolean | undefined {
    return this.#sharesPorts
  }

  /** Resolves when it has let go of the lock and the control socket, or has ended. */
  async untilCharge(): Promise<void> {
    this.#send({ kind: 'serving' })
    await this.#takeCharge.promise
  }

  inCharge(): void {
    this.#send({ kind: 'in-charge' })
    const timer = setInterval(() => this.#look(), lookMilliseconds).unref()
    void this.#gone.promise.then(() => clearInterval(timer))
  }

  /** The table this router begins with: most likely the predecessor has the same. */
  beginsWith(table: RoutingTable): void {
    if (this.#tableVersion === table.version) this.#followed = table
  }

  /** Resolves when it has the table, too. */
  async follow(table: RoutingTable): Promise<void> {
    if (this.#isGone) return
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, answerMilliseconds)
    this.#following.set(table.version, { table, resolve })
    const known = this.#followed
    this.#followed = undefined
    this.#send(
      known === undefined
        ? { kind: 'table', table: inJson(table) }
        : { kind: 'news', news: inJson(newsOf(known, table)) },
    )
    await promise
    clearTimeout(timer)
    this.#following.delete(table.version)
  }

  /** Resolves when it is gone, with everything it had open. */
  async end(graceMilliseconds: number): Promise<void> {
    if (this.#isGone) return
    this.#send({ kind: 'end', graceMilliseconds })
    await this.#gone.promise
  }

  /** The same without asking it to end, and for so long at most. */
  async untilGone(milliseconds: number): Promise<void> {
    if (this.#isGone) return
    const { promise: isLate, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, milliseconds)
    await Promise.race([this.#gone.promise, isLate])
    clearTimeout(timer)
  }

  /** This router's report with what the predecessor has counted and still has in flight. */
  addedTo(own: RouterReport): RouterReport {
    return this.#report === undefined ? own : withRetiring(own, this.#report)
  }

  /** Nobody knows by what table one would go on that wakes up again. */
  #look(): void {
    const pid = this.#report?.pid
    if (++this.#silentLooks < mostSilentLooks || pid === undefined || this.#isGone) return
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // It has just ended by itself.
    }
  }

  #note(message: FromPredecessor, handle: unknown): void {
    this.#silentLooks = 0
    switch (message.kind) {
      case 'port':
        if (handle instanceof Server) this.#inherit(message.port, handle)
        return
      case 'begin':
        this.#tableVersion = message.tableVersion
        this.#sharesPorts = message.sharesPorts
        return this.#begin.resolve()
      case 'take-charge':
        return this.#takeCharge.resolve()
      case 'following':
        return this.#noteFollowing(message.version)
      case 'lost': {
        const table = this.#following.get(message.version)?.table
        if (table !== undefined) this.#send({ kind: 'table', table: inJson(table) })
        return
      }
      case 'report':
        this.#report = reportOutOfJson(message.report)
        return
      default:
        message satisfies never
    }
  }

  #inherit(port: number, server: Server): void {
    const open = this.#ports.get(port) ?? new OpenPort()
    open.add(server)
    this.#ports.set(port, open)
  }

  #noteFollowing(version: number): void {
    const following = this.#following.get(version)
    if (this.#tableVersion !== undefined) this.#followed = following?.table
    following?.resolve()
  }

  #onGone(): void {
    this.#isGone = true
    if (this.#report !== undefined) this.#report = withoutConnections(this.#report)
    this.#begin.reject(new Error('The router before this one has ended before it handed over'))
    this.#takeCharge.resolve()
    this.#gone.resolve()
    for (const { resolve } of this.#following.values()) resolve()
    setTimeout(() => (this.#report = undefined), remembranceMilliseconds).unref()
  }
}
