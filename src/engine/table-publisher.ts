import { accessLogPeriodMinutes } from '../domain/access-log-file.ts'
import type { TargetGroup } from '../domain/load-balancer.ts'
import { referencedTargetGroups, routingTableOf, type LoadBalancing } from '../domain/routing-table-of.ts'
import { targetKey } from '../domain/routing-table.ts'
import type { AppliedTable, Clock, EngineSettings, Router } from './ports.ts'
import type { Store } from './store.ts'

/** How a target stands in the newest table, and the first version that has it so. */
export type PublishedTarget = { readonly state: PublishedState; readonly version: number }
type PublishedState = 'serving' | 'draining' | 'unused'

/**
 * Makes routing tables from the store and hands them to the router, one at a time: whoever asks while one is on its way
 * shares the next, which is made from the store as it is then.
 */
export class TablePublisher {
  readonly #store: Store
  readonly #clock: Clock
  readonly #router: Router
  readonly #fromSettings: Pick<LoadBalancing, 'accessLogPeriodMilliseconds'>
  #lastVersion = 0
  #appliedVersion = 0
  #running: Promise<AppliedTable> | undefined
  #next: Promise<AppliedTable> | undefined
  #targets: ReadonlyMap<string, PublishedTarget> = new Map()

  constructor({
    store,
    clock,
    router,
    settings,
  }: {
    readonly store: Store
    readonly clock: Clock
    readonly router: Router
    readonly settings?: Pick<EngineSettings, 'minuteMilliseconds'>
  }) {
    this.#store = store
    this.#clock = clock
    this.#router = router
    this.#fromSettings = settings === undefined ? {} : { accessLogPeriodMilliseconds: accessLogPeriod(settings) }
  }

  /** Resolves once the router serves by a table at least as new as the store is now; rejects when it cannot be told. */
  publish(): Promise<AppliedTable> {
    if (this.#next !== undefined) return this.#next
    if (this.#running === undefined) return this.#run()
    const runNext = (): Promise<AppliedTable> => {
      this.#next = undefined
      return this.#run()
    }
    this.#next = this.#running.then(runNext, runNext)
    return this.#next
  }

  /** The version the router has confirmed last; 0 before the first. */
  get appliedVersion(): number {
    return this.#appliedVersion
  }

  /** True when the router does not have the newest table, and none is on its way. */
  get isBehind(): boolean {
    return this.#appliedVersion < this.#lastVersion && this.#running === undefined && this.#next === undefined
  }

  /** The keys of the targets that stand as they do since a version after `from`, up to `to`. */
  targetsSince(from: number, to: number): readonly string[] {
    return [...this.#targets].filter(([, { version }]) => version > from && version <= to).map(([key]) => key)
  }

  /** By `targetKey`; undefined for a target that is in no table yet. */
  target(key: string): PublishedTarget | undefined {
    return this.#targets.get(key)
  }

  #run(): Promise<AppliedTable> {
    this.#running = this.#apply()
    return this.#running
  }

  async #apply(): Promise<AppliedTable> {
    const version = this.#nextVersion()
    const { loadBalancers, listeners, rules, targetGroups, certificates } = this.#store
    const source = {
      loadBalancers: loadBalancers.list(),
      listeners: listeners.list(),
      rules: rules.list(),
      targetGroups: targetGroups.list(),
      certificates: certificates.list(),
      ...this.#fromSettings,
    }
    this.#lastVersion = version
    this.#targets = publishedTargets(source.targetGroups, referencedTargetGroups(source), version, this.#targets)
    try {
      const applied = await this.#router.apply(routingTableOf(source, version))
      this.#appliedVersion = version
      return applied
    } finally {
      this.#running = undefined
    }
  }

  /** Time makes versions grow across restarts of the engine; the rest keeps them growing when the clock is set back. */
  #nextVersion(): number {
    return Math.max(this.#clock.now(), this.#lastVersion + 1, (this.#router.report()?.tableVersion ?? 0) + 1)
  }
}

/** Where minutes are milliseconds, there is still no more than a file a second. */
function accessLogPeriod({ minuteMilliseconds }: Pick<EngineSettings, 'minuteMilliseconds'>): number {
  return Math.max(1000, accessLogPeriodMinutes * minuteMilliseconds)
}

function publishedTargets(
  groups: readonly TargetGroup[],
  referenced: ReadonlySet<string>,
  version: number,
  before: ReadonlyMap<string, PublishedTarget>,
): ReadonlyMap<string, PublishedTarget> {
  const published = new Map<string, PublishedTarget>()
  for (const { targetGroupArn, targets } of groups) {
    const stateWhenRegistered = referenced.has(targetGroupArn) ? 'serving' : 'unused'
    for (const target of targets) {
      const key = targetKey(targetGroupArn, target)
      const state = target.draining === undefined ? stateWhenRegistered : 'draining'
      const last = before.get(key)
      published.set(key, last?.state === state ? last : { state, version })
    }
  }
  return published
}
