import { targetKey, type RoutingTable, type TargetGroupRoute, type TargetRoute } from '../domain/routing-table.ts'

/** A request's hold on a target; a drain waits for it. */
export type Claim = {
  readonly targetKey: string
  readonly address: { readonly id: string; readonly port: number }
  /** Aborted when the target's deregistration delay is over. */
  readonly cut: AbortSignal
  /** To be called once. */
  readonly release: () => void
}

type Entry = {
  readonly key: string
  readonly id: string
  readonly port: number
  cut: AbortController
  inFlight: number
  /** Of its group when it was last in a table: a group may be deleted while its last targets drain. */
  delaySeconds: number
  state: 'serving' | 'draining' | 'removed'
  cutTimer?: NodeJS.Timeout
}

type Observer = {
  readonly isHealthy: (targetKey: string) => boolean
  /** The target is to get nothing new: what is kept open to it can be closed. */
  readonly onLeaving: (targetKey: string) => void
  /** The target left the table and its last request is over. */
  readonly onGone: (targetKey: string) => void
}

/** Which target gets a request, what each of them has in hand, and when its time is over. */
export class Targets {
  readonly #observer: Observer
  readonly #entries = new Map<string, Entry>()
  /** How many requests each target group has had, for the round robin. */
  readonly #turns = new Map<string, number>()

  constructor(observer: Observer) {
    this.#observer = observer
  }

  apply(table: RoutingTable): void {
    const present = new Set<string>()
    for (const group of Object.values(table.targetGroups)) {
      for (const target of group.targets) {
        const key = targetKey(group.targetGroupArn, target)
        present.add(key)
        this.#update(key, target, group)
      }
    }
    for (const entry of this.#entries.values()) {
      if (!present.has(entry.key)) this.#remove(entry)
    }
    for (const arn of this.#turns.keys()) {
      if (table.targetGroups[arn] === undefined) this.#turns.delete(arn)
    }
  }

  /**
   * Claims the next target in turn; undefined where there is none that was not tried yet. With no healthy target at all
   * every registered one gets requests: health checks may be wrong, and a request cannot fare worse than a 503.
   */
  claim(group: TargetGroupRoute, tried: ReadonlySet<string>): Claim | undefined {
    const registered = group.targets.filter(({ draining }) => !draining)
    const keyOf = (target: TargetRoute): string => targetKey(group.targetGroupArn, target)
    const healthy = registered.filter((target) => this.#observer.isHealthy(keyOf(target)))
    const candidates = (healthy.length > 0 ? healthy : registered).filter((target) => !tried.has(keyOf(target)))
    const turn = this.#turns.get(group.targetGroupArn) ?? 0
    const chosen = candidates[turn % candidates.length]
    if (chosen === undefined) return undefined
    this.#turns.set(group.targetGroupArn, turn + 1)
    return this.#claim(keyOf(chosen))
  }

  /** In-flight counts by target key, with targets that left the table and still have requests. */
  inFlight(): ReadonlyMap<string, { readonly inFlight: number; readonly isRemoved: boolean }> {
    return new Map(
      Array.from(this.#entries.values(), ({ key, inFlight, state }) => [
        key,
        { inFlight, isRemoved: state === 'removed' },
      ]),
    )
  }

  /** Cuts everything that is in flight. */
  close(): void {
    for (const { cut, cutTimer } of this.#entries.values()) {
      clearTimeout(cutTimer)
      cut.abort()
    }
  }

  #claim(key: string): Claim | undefined {
    const entry = this.#entries.get(key)
    if (entry === undefined) return undefined
    entry.inFlight++
    const release = (): void => {
      entry.inFlight--
      this.#forgetIfGone(entry)
    }
    return { targetKey: key, address: { id: entry.id, port: entry.port }, cut: entry.cut.signal, release }
  }

  #update(key: string, { id, port, draining }: TargetRoute, group: TargetGroupRoute): void {
    const entry: Entry = this.#entries.get(key) ?? {
      key,
      id,
      port,
      cut: new AbortController(),
      inFlight: 0,
      delaySeconds: 0,
      state: 'serving',
    }
    this.#entries.set(key, entry)
    entry.delaySeconds = group.deregistrationDelaySeconds
    if (draining) this.#beginLeaving(entry, 'draining')
    else this.#beginServing(entry)
  }

  /** One that is registered again keeps the requests it still has; they are not cut any more. */
  #beginServing(entry: Entry): void {
    clearTimeout(entry.cutTimer)
    entry.state = 'serving'
    if (entry.cut.signal.aborted) entry.cut = new AbortController()
  }

  #remove(entry: Entry): void {
    this.#beginLeaving(entry, 'removed')
    this.#forgetIfGone(entry)
  }

  #beginLeaving(entry: Entry, state: 'draining' | 'removed'): void {
    const wasServing = entry.state === 'serving'
    entry.state = state
    if (!wasServing) return
    this.#observer.onLeaving(entry.key)
    entry.cutTimer = setTimeout(() => entry.cut.abort(), entry.delaySeconds * 1000)
    entry.cutTimer.unref()
  }

  #forgetIfGone(entry: Entry): void {
    if (entry.state !== 'removed' || entry.inFlight > 0 || this.#entries.get(entry.key) !== entry) return
    clearTimeout(entry.cutTimer)
    this.#entries.delete(entry.key)
    this.#observer.onGone(entry.key)
  }
}
