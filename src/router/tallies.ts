import { latencyBucket, latencyBuckets } from '../domain/latency-bucket.ts'
import type {
  ListenerTotals,
  RequestCount,
  RequestOutcome,
  RouterReport,
  TargetGroupExchanges,
} from '../domain/router-report.ts'
import { Kept } from './kept.ts'
import type { RequestScan } from './request-scan.ts'
import { itemsOfStep } from './slices.ts'

/** By their place in a tally. */
const outcomes: readonly RequestOutcome[] = [
  '1xx',
  '2xx',
  '3xx',
  '4xx',
  '5xx',
  'elb-2xx',
  'elb-3xx',
  'elb-4xx',
  'elb-5xx',
  'client-closed',
  'target-closed',
  'client-closed',
]
/** The client had gone before an answer began; counted with 460, or 400 where its own body was not whole. */
export const clientClosed = outcomes.indexOf('client-closed')
export const targetClosed = outcomes.indexOf('target-closed')
/** The client has gone within a target's answer. */
export const answerLeft = outcomes.lastIndexOf('client-closed')
const ownServerError = outcomes.indexOf('elb-5xx')

/** Of a target's answer. */
export function targetOutcome(statusCode: number): number {
  return statusCode < 600 ? Math.floor(statusCode / 100) - 1 : outcomes.indexOf('5xx')
}

/** Of the load balancer's own answer. */
export function ownOutcome(statusCode: number): number {
  return Math.min(ownServerError, 3 + Math.max(2, Math.floor(statusCode / 100)))
}

/** The load balancer has answered by itself. */
export function isOwnOutcome(outcome: number): boolean {
  return outcome > targetOutcome(500) && outcome <= ownServerError
}

type Whose = Pick<RequestCount, 'listenerArn' | 'targetGroupArn' | 'target'>

const noRows: readonly RequestCount[] = []

/** Requests that ended, by outcome: of one listener and, as far as one was chosen, target group and target. */
export class Tally {
  readonly counts: number[] = outcomes.map(() => 0)
  /** Of the outcomes from `ownServerError` on, by `detailKey`. */
  #details: Map<number, number> | undefined
  #rows: readonly RequestCount[] = noRows
  #hasNews = false

  /** `statusCode`: the target's where it has answered, else the load balancer's own. */
  add(outcome: number, statusCode: number): void {
    this.counts[outcome] = (this.counts[outcome] ?? 0) + 1
    this.#hasNews = true
    if (outcome >= ownServerError) this.#addDetail(detailKey(outcome, statusCode), 1)
  }

  addAll(other: Tally): void {
    for (const [outcome, count] of other.counts.entries()) this.counts[outcome] = (this.counts[outcome] ?? 0) + count
    for (const [key, count] of other.#details ?? []) this.#addDetail(key, count)
    this.#hasNews = true
  }

  /** The same as the last time where nothing was counted since. */
  rows(whose: Whose): readonly RequestCount[] {
    if (!this.#hasNews) return this.#rows
    this.#hasNews = false
    this.#rows = this.#makeRows(whose)
    return this.#rows
  }

  #makeRows(whose: Whose): readonly RequestCount[] {
    const rows: RequestCount[] = []
    for (const [place, outcome] of outcomes.entries()) {
      const count = this.counts[place] ?? 0
      if (count > 0 && place < ownServerError) rows.push({ ...whose, outcome, count })
    }
    for (const [key, count] of this.#details ?? []) rows.push({ ...whose, ...detailOf(key), count })
    return rows
  }

  #addDetail(key: number, count: number): void {
    this.#details ??= new Map()
    this.#details.set(key, (this.#details.get(key) ?? 0) + count)
  }
}

/** Statuses of targets are told by their hundred alone: there may be as many as a target can think of. */
function detailKey(outcome: number, statusCode: number): number {
  const isTargets = outcome === targetClosed || outcome === answerLeft
  return outcome * 1000 + (isTargets ? targetOutcome(statusCode) : statusCode)
}

function detailOf(key: number): Pick<RequestCount, 'outcome' | 'statusCode' | 'targetAnswer'> {
  const place = Math.floor(key / 1000)
  const outcome = outcomes[place] ?? 'elb-5xx'
  if (place !== targetClosed && place !== answerLeft) return { outcome, statusCode: key % 1000 }
  return { outcome, targetAnswer: outcomes[key % 1000] ?? '5xx' }
}

/** Something with an address, of which the same object is given for the same target. */
export interface Counted {
  readonly address: string
  /** Where its requests were counted last, which saves looking that up: a target mostly has one listener. */
  groupTally?: GroupTally | undefined
  tally?: Tally | undefined
}

/** What one listener has had to do with one target group. */
export class GroupTally {
  readonly targetGroupArn: string
  connectionErrors = 0
  /** Connections that were there, and on which no TLS came to be. */
  tlsNegotiationErrors = 0
  unhealthyRoutings = 0
  nonStickyRequests = 0
  /** When the group left the table; undefined while it is there. */
  goneAt: number | undefined
  /** What nobody has asked for yet is not there yet: most of a thousand groups are not asked for hours. */
  #own: Tally | undefined
  #targets: Map<Counted, Tally> | undefined
  #sumSeconds = 0
  #responses = 0
  /** By bucket; there with the first response. */
  #responsesByBucket: Float64Array | undefined
  #exchanges: TargetGroupExchanges | undefined
  /** Everything that `#exchanges` counts, added up. */
  #exchangesSum = 0

  constructor(targetGroupArn: string) {
    this.targetGroupArn = targetGroupArn
  }

  /** Nobody has ever been about to count something. */
  get isUnused(): boolean {
    return this.#own === undefined && this.#targets === undefined
  }

  /** Where no target was chosen, and what targets long gone had. */
  get own(): Tally {
    return (this.#own ??= new Tally())
  }

  ofTarget(target: Counted): Tally {
    if (target.groupTally === this && target.tally !== undefined) return target.tally
    const targets = (this.#targets ??= new Map())
    const tally = targets.get(target) ?? new Tally()
    targets.set(target, tally)
    target.groupTally = this
    target.tally = tally
    return tally
  }

  addFailedConnection(inHandshake: boolean): void {
    if (inHandshake) this.tlsNegotiationErrors++
    else this.connectionErrors++
  }

  addResponse(seconds: number): void {
    const bucket = latencyBucket(seconds)
    const counts = (this.#responsesByBucket ??= new Float64Array(latencyBuckets))
    this.#sumSeconds += seconds
    this.#responses++
    counts[bucket] = (counts[bucket] ?? 0) + 1
  }

  /** A target that is gone is no longer told apart, so that ten thousand tasks that come and go leave one row. */
  fold(target: Counted): void {
    const tally = this.#targets?.get(target)
    if (tally === undefined) return
    target.groupTally = undefined
    target.tally = undefined
    this.own.addAll(tally)
    this.#targets?.delete(target)
  }

  /** Put to the others'. */
  addRows(listenerArn: string, all: (readonly RequestCount[])[]): void {
    const { targetGroupArn } = this
    if (this.#own !== undefined) all.push(this.#own.rows({ listenerArn, targetGroupArn }))
    for (const [{ address }, tally] of this.#targets ?? []) {
      all.push(tally.rows({ listenerArn, targetGroupArn, target: address }))
    }
  }

  /** Undefined where nothing was exchanged yet; the same as the last time where nothing was since. */
  exchanges(listenerArn: string): TargetGroupExchanges | undefined {
    const { targetGroupArn, connectionErrors, tlsNegotiationErrors, unhealthyRoutings, nonStickyRequests } = this
    const sum = this.#responses + connectionErrors + tlsNegotiationErrors + unhealthyRoutings + nonStickyRequests
    if (sum === this.#exchangesSum) return this.#exchanges
    this.#exchangesSum = sum
    this.#exchanges = {
      listenerArn,
      targetGroupArn,
      connectionErrors,
      ...(tlsNegotiationErrors === 0 ? {} : { tlsNegotiationErrors }),
      ...(unhealthyRoutings === 0 ? {} : { unhealthyRoutings }),
      ...(nonStickyRequests === 0 ? {} : { nonStickyRequests }),
      responseTimes: { sumSeconds: this.#sumSeconds, counts: pairsOf(this.#responsesByBucket) },
    }
    return this.#exchanges
  }
}

function pairsOf(counts: Float64Array | undefined): [bucket: number, count: number][] {
  return Array.from(counts ?? [], (count, bucket): [number, number] => [bucket, count]).filter(([, count]) => count > 0)
}

type Totals = { -readonly [Key in Exclude<keyof ListenerTotals, 'listenerArn'>]: number }

/** What one listener has seen. */
export class ListenerTally implements Totals {
  readonly listenerArn: string
  /** Where no target group was chosen. */
  readonly own = new Tally()
  newConnections = 0
  activeConnections = 0
  rejectedConnections = 0
  tlsNegotiationErrors = 0
  processedBytes = 0
  ruleEvaluations = 0
  desyncNonCompliantRequests = 0
  droppedInvalidHeaderRequests = 0
  forwardedInvalidHeaderRequests = 0
  fixedResponses = 0
  goneAt: number | undefined
  readonly groups = new Map<string, GroupTally>()
  #totals: ListenerTotals | undefined

  constructor(listenerArn: string) {
    this.listenerArn = listenerArn
  }

  ofGroup(targetGroupArn: string): GroupTally {
    const known = this.groups.get(targetGroupArn)
    if (known !== undefined) return known
    const tally = new GroupTally(targetGroupArn)
    this.groups.set(targetGroupArn, tally)
    return tally
  }

  /** Of these target groups, to which no listener leads any more, forgets those of which nobody has counted anything. */
  forgetUnused(targetGroupArns: readonly string[]): void {
    for (const arn of targetGroupArns) if (this.groups.get(arn)?.isUnused === true) this.groups.delete(arn)
  }

  /** Of a request, also of one that is refused: what its head has that it should not have. */
  noteHead({ desyncReason, invalidCount }: RequestScan, dropsInvalidHeaders: boolean): void {
    if (desyncReason !== 0) this.desyncNonCompliantRequests++
    if (invalidCount === 0) return
    if (dropsInvalidHeaders) this.droppedInvalidHeaderRequests++
    else this.forwardedInvalidHeaderRequests++
  }

  /** The same as the last time where nothing was counted since. */
  totals(): ListenerTotals {
    const told = this.#totals
    if (
      told !== undefined &&
      (Object.keys(told) as (keyof ListenerTotals)[]).every((name) => told[name] === this[name])
    ) {
      return told
    }
    const { groups: _, own: __, goneAt: ___, ...totals } = this
    this.#totals = totals
    return totals
  }
}

/** Everything that is counted. Requests hold on to what they count in, so nothing is looked up by name for them. */
export class Tallies {
  readonly #listeners = new Map<string, ListenerTally>()
  readonly #counts = new Kept<readonly RequestCount[], readonly RequestCount[]>()
  readonly #exchanges = new Kept<TargetGroupExchanges, readonly TargetGroupExchanges[]>()
  readonly #totals = new Kept<ListenerTotals, readonly ListenerTotals[]>()

  ofListener(listenerArn: string): ListenerTally {
    const known = this.#listeners.get(listenerArn)
    if (known !== undefined) return known
    const tally = new ListenerTally(listenerArn)
    this.#listeners.set(listenerArn, tally)
    return tally
  }

  ofListeners(): Iterable<ListenerTally> {
    return this.#listeners.values()
  }

  /** It is asked for ten times a second: each part is the same as the last time where nothing was counted in it since. */
  *reporting(): Generator<void, Required<Pick<RouterReport, 'counts' | 'exchanges' | 'listeners'>>> {
    const counts: (readonly RequestCount[])[] = []
    const exchanges: TargetGroupExchanges[] = []
    const totals: ListenerTotals[] = []
    let groupsSeen = 0
    for (const listener of this.#listeners.values()) {
      const { listenerArn, own, groups } = listener
      totals.push(listener.totals())
      counts.push(own.rows({ listenerArn }))
      for (const group of groups.values()) {
        group.addRows(listenerArn, counts)
        const exchanged = group.exchanges(listenerArn)
        if (exchanged !== undefined) exchanges.push(exchanged)
        if (++groupsSeen % itemsOfStep === 0) yield
      }
    }
    return {
      counts: this.#counts.of(counts, (all) => all.flat()),
      exchanges: this.#exchanges.of(exchanges, (all) => all),
      listeners: this.#totals.of(totals, (all) => all),
    }
  }

  fold(targetGroupArn: string, target: Counted): void {
    for (const { groups } of this.#listeners.values()) groups.get(targetGroupArn)?.fold(target)
  }

  /**
   * Forgets listeners and target groups that left the table so long ago that everyone has read what they counted last.
   * `isThere` says of an ARN whether the table has it.
   */
  forgetGone(isThere: (arn: string) => boolean, now: number, rememberMilliseconds: number): void {
    for (const listener of this.#listeners.values()) {
      if (isLongGone(listener, isThere(listener.listenerArn), now, rememberMilliseconds)) {
        if (listener.activeConnections === 0) this.#listeners.delete(listener.listenerArn)
      }
      for (const group of listener.groups.values()) {
        if (isLongGone(group, isThere(group.targetGroupArn), now, rememberMilliseconds)) {
          listener.groups.delete(group.targetGroupArn)
        }
      }
    }
  }
}

function isLongGone(
  tally: { goneAt: number | undefined },
  isThere: boolean,
  now: number,
  rememberMilliseconds: number,
): boolean {
  if (isThere) tally.goneAt = undefined
  else tally.goneAt ??= now
  return tally.goneAt !== undefined && now - tally.goneAt >= rememberMilliseconds
}
