import { Server } from 'node:net'
import { mergedReport } from '../domain/router-merge.ts'
import type { RouterReport, TargetReport } from '../domain/router-report.ts'
import type { RoutingTable } from '../domain/routing-table.ts'
import { InheritedPort } from './ports.ts'
import type { FromPredecessor, FromSuccessor } from './succession.ts'

/** A predecessor that is silent is not waited for longer. */
const answerMilliseconds = 2_000
/** What it counted last is told for so long after its end, so that everyone has seen it. */
const remembranceMilliseconds = 30_000

/**
 * The router before this one, as long as connections of its time are open. Its requests in flight are part of every
 * report, so that no drain overlooks them, and it follows every table before that counts as applied.
 */
export class Predecessor {
  readonly #send: (message: FromSuccessor) => void
  readonly #ports = new Map<number, InheritedPort>()
  readonly #begin = Promise.withResolvers<void>()
  readonly #takeCharge = Promise.withResolvers<void>()
  readonly #gone = Promise.withResolvers<void>()
  readonly #following = new Map<number, () => void>()
  #report: RouterReport | undefined
  #isGone = false

  /** To be made before anything else is done: messages wait for nobody. */
  constructor(channel: NodeJS.Process) {
    this.#send = (message) => void channel.send?.(message, undefined, undefined, () => undefined)
    channel.on('message', (message, handle) => this.#note(message as FromPredecessor, handle))
    channel.once('disconnect', () => this.#onGone())
  }

  /** The ports it had open. Rejects where it has ended before. */
  async ports(): Promise<Map<number, InheritedPort>> {
    this.#send({ kind: 'ready' })
    await this.#begin.promise
    return this.#ports
  }

  /** Resolves when it has let go of the lock and the control socket, or has ended. */
  async untilCharge(): Promise<void> {
    this.#send({ kind: 'serving' })
    await this.#takeCharge.promise
  }

  inCharge(): void {
    this.#send({ kind: 'in-charge' })
  }

  /** Resolves when it has the table, too. */
  async follow(table: RoutingTable): Promise<void> {
    if (this.#isGone) return
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, answerMilliseconds)
    this.#following.set(table.version, resolve)
    this.#send({ kind: 'table', table })
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

  /** This router's report with what the predecessor has counted and still has in flight. */
  addedTo(own: RouterReport): RouterReport {
    const before = this.#report
    if (before === undefined) return own
    const inFlight = Object.entries(before.targets).filter(([, target]) => !this.#isGone && target.inFlight > 0)
    const targets = Object.fromEntries(inFlight.map(([key, target]) => [key, asSeenBy(own, key, target)]))
    const merged = mergedReport([own, { ...before, targets, refusedListeners: [], tableVersion: own.tableVersion }])
    return { ...merged, routerId: own.routerId }
  }

  #note(message: FromPredecessor, handle: unknown): void {
    switch (message.kind) {
      case 'port':
        if (handle instanceof Server) this.#ports.set(message.port, new InheritedPort(handle))
        return
      case 'begin':
        return this.#begin.resolve()
      case 'take-charge':
        return this.#takeCharge.resolve()
      case 'following':
        return this.#following.get(message.version)?.()
      case 'report':
        this.#report = message.report
        return
      default:
        message satisfies never
    }
  }

  #onGone(): void {
    this.#isGone = true
    this.#begin.reject(new Error('The router before this one has ended before it handed over'))
    this.#takeCharge.resolve()
    this.#gone.resolve()
    for (const resolve of this.#following.values()) resolve()
    setTimeout(() => (this.#report = undefined), remembranceMilliseconds).unref()
  }
}

/** Of a target's health the successor alone judges. */
function asSeenBy(own: RouterReport, key: string, { inFlight, health }: TargetReport): TargetReport {
  const known = own.targets[key]
  return known === undefined ? { health, inFlight } : { ...known, inFlight }
}
