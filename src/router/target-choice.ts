import { defaultBalancing, type TargetBalancing } from '../domain/routing-table.ts'
import { stickyId } from './sticky-cookies.ts'

/** What a choice looks at. The caller's own objects are chosen from, so that nothing is looked up or made. */
export interface Candidate {
  /** `targetKey`: the same in every router process and after a restart. */
  readonly key: string
  /** Requests it has in hand now. */
  readonly inFlight: number
  /** Since when it has been healthy without a break, in the milliseconds `choose` is given; undefined while it is not. */
  readonly healthySince: number | undefined
  /** It need not start slowly: it came into an empty group, or was there when slow start was switched on. */
  readonly startsAtOnce: boolean
}

/** Those of one target group that are registered and not draining, in the order of the table. */
export type Registered<Target extends Candidate> = readonly Target[]

/**
 * Which target of one group gets a request. `update` says what there is; between two updates a choice reads lists that
 * are made already, and allocates nothing.
 */
export class TargetChoice<Target extends Candidate> {
  #balancing: TargetBalancing = defaultBalancing
  #eligible: readonly Target[] = []
  #isFailingOpen = false
  #turn = 0
  /** Healthy ones whose slow start is not over, by key. Empty for nearly all groups, nearly all of the time. */
  readonly #slow = new Map<string, SlowStart>()
  /** Healthy at the last update, by key, and since when: of those is known whether they start slowly. */
  #known: ReadonlyMap<string, number> = new Map()
  #byStickyId: ReadonlyMap<string, Target> | undefined

  /** To be called when the table, or the health of one of the targets, has changed. */
  update(registered: Registered<Target>, balancing: TargetBalancing = defaultBalancing): void {
    const healthy = registered.filter(({ healthySince }) => healthySince !== undefined)
    this.#balancing = balancing
    this.#isFailingOpen = isTooFew(healthy.length, registered.length, balancing.minimumHealthy)
    this.#eligible = this.#isFailingOpen ? registered : healthy
    this.#byStickyId = undefined
    this.#updateSlowStarts(healthy, balancing.slowStartSeconds)
  }

  /**
   * True while fewer targets are healthy than are to be: requests then go to all registered ones, because health checks
   * may be wrong, and few targets break under the requests of all. Such requests are counted as unhealthy routings.
   */
  get isFailingOpen(): boolean {
    return this.#isFailingOpen
  }

  /** True where nothing is registered, which is answered with 503. */
  get isEmpty(): boolean {
    return this.#eligible.length === 0
  }

  /**
   * The target for a request, none of those tried before; undefined where there is no other. `random` draws from [0, 1),
   * and is asked only where the algorithm draws; `now` is in the milliseconds of `healthySince`.
   */
  choose(now: number, random: () => number, tried?: ReadonlySet<string>): Target | undefined {
    switch (this.#balancing.algorithm) {
      case 'round_robin':
        return this.#slow.size > 0 ? this.#nextWithSlowStart(now, tried) : this.#next(tried)
      case 'least_outstanding_requests':
        return this.#leastOutstanding(tried)
      case 'weighted_random':
        return this.#after(Math.floor(random() * this.#eligible.length), tried)
    }
  }

  /** The target a sticky cookie names; undefined where it may not get requests any more. */
  sticky(id: string): Target | undefined {
    this.#byStickyId ??= new Map(this.#eligible.map((target) => [stickyId(target.key), target]))
    return this.#byStickyId.get(id)
  }

  #next(tried: ReadonlySet<string> | undefined): Target | undefined {
    return this.#after(this.#turn++, tried)
  }

  /** The first one from this place on, around the list, that was not tried. */
  #after(place: number, tried: ReadonlySet<string> | undefined): Target | undefined {
    const count = this.#eligible.length
    for (let step = 0; step < count; step++) {
      const target = this.#eligible[(place + step) % count]
      if (target !== undefined && tried?.has(target.key) !== true) return target
    }
    return undefined
  }

  /** Of several with as few, the next in turn: otherwise the first one would get all requests of a quiet group. */
  #leastOutstanding(tried: ReadonlySet<string> | undefined): Target | undefined {
    const count = this.#eligible.length
    const turn = this.#turn++
    let best: Target | undefined
    for (let step = 0; step < count; step++) {
      const target = this.#eligible[(turn + step) % count]
      if (target === undefined || tried?.has(target.key) === true) continue
      if (best === undefined || target.inFlight < best.inFlight) best = target
      if (best.inFlight === 0) return best
    }
    return best
  }

  /**
   * Round robin in which a slow starter gives its turn away until the parts of a request that are due to it make up a
   * whole one: half-way through its slow start it gets half as many requests as the others.
   */
  #nextWithSlowStart(now: number, tried: ReadonlySet<string> | undefined): Target | undefined {
    for (let step = 0; step < this.#eligible.length; step++) {
      const target = this.#next(tried)
      if (target === undefined || this.#takesItsTurn(target, now)) return target
    }
    return this.#next(tried)
  }

  #takesItsTurn({ key }: Target, now: number): boolean {
    const start = this.#slow.get(key)
    if (start === undefined) return true
    const share = (now - start.since) / (this.#balancing.slowStartSeconds * 1000)
    if (share >= 1) {
      this.#slow.delete(key)
      return true
    }
    start.due += Math.max(share, 0)
    if (start.due < 1) return false
    start.due -= 1
    return true
  }

  /**
   * As on AWS: it is those who join that start slowly, and only where somebody else is there already at full share when
   * they become healthy. The last update may have been before all of them: when each became healthy tells who was first.
   */
  #updateSlowStarts(healthy: readonly Target[], slowStartSeconds: number): void {
    const [known, slow] = [this.#known, new Map(this.#slow)]
    this.#known = new Map(healthy.map(({ key, healthySince = 0 }) => [key, healthySince]))
    this.#slow.clear()
    if (slowStartSeconds === 0) return
    let atFullShareFrom = Infinity
    for (const { key, healthySince = 0, startsAtOnce } of healthy.toSorted(bySince)) {
      const before = known.get(key) === healthySince ? slow.get(key) : undefined
      const joins = known.get(key) !== healthySince && !startsAtOnce && atFullShareFrom < healthySince
      const start = before ?? (joins ? { since: healthySince, due: 0 } : undefined)
      if (start !== undefined) this.#slow.set(key, start)
      atFullShareFrom = Math.min(atFullShareFrom, healthySince + (start === undefined ? 0 : slowStartSeconds * 1000))
    }
  }
}

function bySince(one: Candidate, other: Candidate): number {
  return (one.healthySince ?? 0) - (other.healthySince ?? 0)
}

type SlowStart = {
  readonly since: number
  /** Parts of a request it has not got yet. */
  due: number
}

function isTooFew(
  healthy: number,
  registered: number,
  { count, percentage = 0 }: TargetBalancing['minimumHealthy'],
): boolean {
  return healthy < count || healthy * 100 < percentage * registered
}
