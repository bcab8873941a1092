import type { TargetReport } from '../domain/router-report.ts'
import { targetKey, type TargetGroupRoute, type TargetRoute } from '../domain/routing-table.ts'
import type { Counted, GroupTally, Tally } from './tallies.ts'
import { TargetChoice, type Candidate } from './target-choice.ts'
import type { TargetConnection } from './target-connection.ts'

/** No more idle connections are kept to one target. */
export const mostIdleConnections = 1024

/** A target as requests know it: one object for as long as anybody speaks of the target. */
export class LiveTarget implements Candidate, Counted {
  readonly key: string
  readonly id: string
  readonly port: number
  /** `id:port`. */
  readonly address: string
  readonly group: LiveGroup
  /** Requests claimed for it and not yet over; a drain waits for them. */
  inFlight = 0
  healthySince: number | undefined
  state: 'serving' | 'draining' | 'removed' = 'serving'
  /** Open connections without a request, the one used last at the end: it is the least likely to be just closing. */
  readonly idle: TargetConnection[] = []
  connections: Set<TargetConnection> | undefined
  /** As in `Candidate`. */
  startsAtOnce = false
  /** When it began to leave, by `performance.now()`. */
  leftAt = 0
  cutTimer: NodeJS.Timeout | undefined
  groupTally: GroupTally | undefined
  tally: Tally | undefined
  /** Of its group when it was last in a table: a group may be deleted while its last targets drain. */
  deregistrationDelaySeconds = 0
  /** The same: it is spoken to by TLS. */
  isSecure = false
  /** By which the next connection need not begin TLS from the start. */
  tlsSession: Buffer | undefined
  /** What was reported of it last; undefined where that, but for the requests in flight, may not be true any more. */
  reported: TargetReport | undefined

  constructor(group: LiveGroup, key: string, { id, port }: Pick<TargetRoute, 'id' | 'port'>) {
    this.group = group
    this.key = key
    this.id = id
    this.port = port
    this.address = `${id}:${port}`
  }
}

/** A target group as requests know it. It outlives tables; a table that changes it makes its choice stale. */
export class LiveGroup {
  readonly targetGroupArn: string
  route: TargetGroupRoute | undefined
  targets: readonly LiveTarget[] = []
  /** Of its targets, those that somebody may still speak of. */
  known = 0
  /** There with the first request. */
  #choice: TargetChoice<LiveTarget> | undefined
  #isStale = true

  constructor(targetGroupArn: string) {
    this.targetGroupArn = targetGroupArn
  }

  /** Looked at anew with the next request: many changes at once then cost one look. */
  markStale(): void {
    this.#isStale = true
  }

  get choice(): TargetChoice<LiveTarget> {
    return this.#choice === undefined || this.#isStale ? this.#updatedChoice() : this.#choice
  }

  #updatedChoice(): TargetChoice<LiveTarget> {
    const choice = (this.#choice ??= new TargetChoice())
    this.#isStale = false
    const registered = this.targets.filter(({ state }) => state === 'serving')
    choice.update(registered, this.route?.balancing)
    return choice
  }
}

type Observer = {
  /** The target left the table and its last request is over. */
  readonly onGone: (target: LiveTarget) => void
}

/** A group as the next table has it. */
export type PreparedGroup = {
  readonly group: LiveGroup
  readonly route: TargetGroupRoute
  readonly targets: readonly LiveTarget[]
  /** Of these, those that are to take no more requests. */
  readonly draining: ReadonlySet<LiveTarget>
}

const none: ReadonlySet<LiveTarget> = new Set()

/** All target groups and targets, what each has in hand, and when its time is over. */
export class LiveTargets {
  readonly #observer: Observer
  readonly #groups = new Map<string, LiveGroup>()
  readonly #targets = new Map<string, LiveTarget>()

  constructor(observer: Observer) {
    this.#observer = observer
  }

  /** The group of this ARN: of the table, or an empty one to be filled by a later table. */
  group(targetGroupArn: string): LiveGroup {
    const known = this.#groups.get(targetGroupArn)
    if (known !== undefined) return known
    const group = new LiveGroup(targetGroupArn)
    this.#groups.set(targetGroupArn, group)
    return group
  }

  /** Makes what a group of the next table needs, and changes nothing that is in force. */
  prepare(route: TargetGroupRoute): PreparedGroup {
    const group = this.group(route.targetGroupArn)
    const targets = route.targets.map((target) => this.#prepared(group, target))
    const draining = targets.filter((_, at) => route.targets[at]?.draining === true)
    return { group, route, targets, draining: draining.length === 0 ? none : new Set(draining) }
  }

  /**
   * From here on this is the table. In one go, so that no request sees half of it, and with as little to do as can be: what
   * is made here for a thousand groups holds requests up. What is neither among the prepared nor gone stays as it was.
   * Returns the targets that nobody chooses any more, to be given to `remove`.
   */
  commit(prepared: readonly PreparedGroup[], gone: readonly LiveGroup[]): readonly LiveTarget[] {
    const left: LiveTarget[] = []
    for (const next of prepared) this.#commitGroup(next, left)
    for (const group of gone) {
      for (const target of group.targets) left.push(target)
      empty(group)
    }
    return left
  }

  /** It has left the table. */
  remove(target: LiveTarget): void {
    if (target.state === 'removed') return
    this.#beginLeaving(target, 'removed')
    if (target.inFlight === 0) this.#gone(target)
  }

  /** What health checks say: since when the target has been healthy; undefined while it is not. */
  noteHealth(key: string, healthySince: number | undefined): void {
    const target = this.#targets.get(key)
    // What a check says of one that leaves comes too late.
    if (target?.state !== 'serving') return
    target.healthySince = healthySince
    if (healthySince === undefined) target.startsAtOnce = false
    target.group.markStale()
  }

  /** Something that is reported of it has changed. */
  noteNews(key: string): void {
    const target = this.#targets.get(key)
    if (target !== undefined) target.reported = undefined
  }

  /** Those of the table, and those that left it and still have requests. */
  *present(): Generator<LiveTarget> {
    for (const target of this.#targets.values()) {
      if (target.state !== 'removed' || target.inFlight > 0) yield target
    }
  }

  /** A request is over. */
  release(target: LiveTarget): void {
    target.inFlight--
    if (target.state === 'removed' && target.inFlight === 0) this.#gone(target)
  }

  /** Nobody speaks of it any more. False where it has come back. */
  forget(target: LiveTarget): boolean {
    if (target.state !== 'removed' || target.inFlight > 0) return false
    if (this.#targets.delete(target.key)) target.group.known--
    return true
  }

  /** One that the table does not have, and no listener names, any more. False where one of its targets is still known. */
  forgetGroup(targetGroupArn: string): boolean {
    const group = this.#groups.get(targetGroupArn)
    if (group === undefined || group.route !== undefined || group.known > 0) return false
    return this.#groups.delete(targetGroupArn)
  }

  /** Groups that no table has any more. `isNamed` says of an ARN whether some listener still leads to it. */
  forgetGroups(isNamed: (targetGroupArn: string) => boolean): void {
    const inUse = new Set(Array.from(this.#targets.values(), ({ group }) => group))
    for (const group of this.#groups.values()) {
      const isThere = group.route !== undefined || inUse.has(group) || isNamed(group.targetGroupArn)
      if (!isThere) this.#groups.delete(group.targetGroupArn)
    }
  }

  /** Cuts everything that is in flight. */
  close(): void {
    for (const target of this.#targets.values()) {
      clearTimeout(target.cutTimer)
      cut(target)
      closeIdle(target)
    }
  }

  #prepared(group: LiveGroup, route: TargetRoute): LiveTarget {
    const key = targetKey(group.targetGroupArn, route)
    return this.#targets.get(key) ?? new LiveTarget(group, key, route)
  }

  #commitGroup({ group, route, targets, draining }: PreparedGroup, left: LiveTarget[]): void {
    const before = group.targets
    const isEmpty = !before.some(({ state }) => state === 'serving')
    if (startsSlowly(route) && !startsSlowly(group.route)) for (const target of before) target.startsAtOnce = true
    group.route = route
    group.targets = targets
    group.markStale()
    for (const target of targets) {
      if (this.#know(target) || target.state !== 'serving') target.startsAtOnce = isEmpty
      setDelay(target, route.deregistrationDelaySeconds)
      target.isSecure = route.protocol === 'HTTPS'
      if (draining.has(target)) this.#beginLeaving(target, 'draining')
      else beginServing(target)
    }
    if (before.length > 0) for (const target of missingIn(targets, before)) left.push(target)
  }

  /** False where it is known already. */
  #know(target: LiveTarget): boolean {
    if (this.#targets.has(target.key)) return false
    this.#targets.set(target.key, target)
    target.group.known++
    return true
  }

  #beginLeaving(target: LiveTarget, state: 'draining' | 'removed'): void {
    const wasServing = target.state === 'serving'
    target.state = state
    target.reported = undefined
    target.group.markStale()
    if (!wasServing) return
    target.healthySince = undefined
    closeIdle(target)
    target.leftAt = performance.now()
    // It gets no new ones.
    if (target.inFlight > 0) cutLater(target)
  }

  #gone(target: LiveTarget): void {
    clearTimeout(target.cutTimer)
    this.#observer.onGone(target)
  }
}

/** One that is registered again keeps the requests it still has; they are not cut any more. */
function beginServing(target: LiveTarget): void {
  if (target.state === 'serving') return
  clearTimeout(target.cutTimer)
  target.state = 'serving'
  target.reported = undefined
}

function empty(group: LiveGroup): void {
  if (group.route === undefined) return
  group.route = undefined
  group.targets = []
  group.markStale()
}

function missingIn(now: readonly LiveTarget[], before: readonly LiveTarget[]): readonly LiveTarget[] {
  const present = new Set(now)
  return before.filter((target) => !present.has(target))
}

function startsSlowly(route: TargetGroupRoute | undefined): boolean {
  return (route?.balancing?.slowStartSeconds ?? 0) > 0
}

/** A new delay holds for those that are draining, too: the engine tells when they are gone by the same one. */
function setDelay(target: LiveTarget, seconds: number): void {
  if (target.deregistrationDelaySeconds === seconds) return
  target.deregistrationDelaySeconds = seconds
  if (target.state === 'draining') cutLater(target)
}

/** When its deregistration delay is over, counted from when it began to leave. */
function cutLater(target: LiveTarget): void {
  clearTimeout(target.cutTimer)
  const wait = target.leftAt + target.deregistrationDelaySeconds * 1000 - performance.now()
  target.cutTimer = setTimeout(() => cut(target), Math.max(0, wait)).unref()
}

function cut(target: LiveTarget): void {
  for (const connection of target.connections ?? []) connection.cut()
}

function closeIdle({ idle }: LiveTarget): void {
  for (const connection of idle.splice(0)) connection.destroy()
}
