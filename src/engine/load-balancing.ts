import { AwsError } from '../domain/aws-error.ts'
import { deregistrationDelaySeconds } from '../domain/load-balancer-attributes.ts'
import type { Listener, ListenerAction, ListenerRule, RegisteredTarget, TargetGroup } from '../domain/load-balancer.ts'
import type { RouterReport, TargetReport } from '../domain/router-report.ts'
import { targetGroupsOfAction } from '../domain/routing-table-of.ts'
import { targetKey } from '../domain/routing-table.ts'
import type { TargetHealth } from '../domain/target-health.ts'
import { Changes } from './changes.ts'
import type { LoadBalancing, TargetAddress } from './engine.ts'
import type { AppliedTable, Clock, Durability, EngineSettings, Log, Router } from './ports.ts'
import type { Store } from './store.ts'
import { TablePublisher } from './table-publisher.ts'

const retryMilliseconds = 1000

/** Load balancing by a router: the store says what shall be, tables tell the router, its reports say what is. */
export class RouterLoadBalancing implements LoadBalancing {
  readonly #store: Store
  readonly #clock: Clock
  readonly #router: Router
  readonly #changes: Changes
  readonly #log: Log
  readonly #publisher: TablePublisher
  readonly #healthListeners = new Set<(targetGroupArns: Iterable<string>) => void>()
  /** The report whose health was told last. */
  #told: RouterReport | undefined
  /** By ARN, the groups that targets drain from. */
  readonly #draining = new Set<string>()
  /** Its own: notified when there may be a drain to end, or a table to tell. */
  readonly #duties: Changes
  /** The groups that listeners and rules forward to, as long as these are the same: it is asked for every target. */
  #referenced:
    | {
        readonly listeners: readonly Listener[]
        readonly rules: readonly ListenerRule[]
        readonly targetGroupArns: ReadonlySet<string>
      }
    | undefined
  #running: { readonly stop: AbortController; readonly loop: Promise<void> } | undefined

  constructor(world: {
    readonly store: Store
    readonly clock: Clock
    readonly router: Router
    readonly changes: Changes
    readonly log: Log
    /** Absent where minutes are minutes. */
    readonly settings?: Pick<EngineSettings, 'minuteMilliseconds'>
  }) {
    this.#store = world.store
    this.#clock = world.clock
    this.#router = world.router
    this.#changes = world.changes
    this.#log = world.log
    this.#publisher = new TablePublisher(world)
    this.#duties = new Changes(world.clock)
    for (const group of this.#store.targetGroups.list()) this.#noteDraining(group.targetGroupArn)
    this.#store.onChange((changes) => {
      for (const { kind, key, before, value } of changes) {
        if (kind === 'targetGroups') this.#noteDraining(key)
        // A group that nothing forwards to has no health.
        else if (kind === 'listeners') {
          this.#tellForwards([...(before?.defaultActions ?? []), ...(value?.defaultActions ?? [])])
        } else if (kind === 'rules') this.#tellForwards([...(before?.actions ?? []), ...(value?.actions ?? [])])
      }
    })
    this.#router.onReport(() => {
      this.#tellHealth()
      if (this.#draining.size > 0) this.#duties.notify()
    })
  }

  /** Tells the router what the store says, whatever it served by before, and begins to take drained targets away. */
  async start(): Promise<void> {
    const { refusedListeners } = await this.publish()
    for (const { listenerArn, message } of refusedListeners) {
      this.#log.warn(`Listener ${listenerArn} gets no requests: ${message}.`)
    }
    const stop = new AbortController()
    this.#running = { stop, loop: this.#removeDrainedTargets(stop.signal) }
  }

  /** Draining targets stay as they are until the next start. */
  async stop(): Promise<void> {
    this.#running?.stop.abort()
    await this.#running?.loop
    this.#running = undefined
  }

  async publish(): Promise<AppliedTable> {
    try {
      return await this.#publisher.publish()
    } catch (error) {
      // The router is behind, and is told again.
      this.#duties.notify()
      this.#changes.notify()
      throw error
    }
  }

  async registerTargets(
    targetGroupArn: string,
    targets: readonly TargetAddress[],
    durability: Durability = 'kept',
  ): Promise<void> {
    this.#changeTargets(targetGroupArn, durability, (registered) => targets.reduce(withRegistered, registered))
    if (!targets.every((target) => this.#isPublishedAs('registered', targetGroupArn, target))) await this.publish()
  }

  async deregisterTargets(
    targetGroupArn: string,
    targets: readonly TargetAddress[],
    durability: Durability = 'kept',
  ): Promise<void> {
    const since = this.#clock.now()
    const left = new Set(targets.map(addressKey))
    this.#changeTargets(targetGroupArn, durability, (registered) =>
      registered.map((each) =>
        left.has(addressKey(each)) && each.draining === undefined ? { ...each, draining: { since } } : each,
      ),
    )
    if (!targets.every((target) => this.#isPublishedAs('draining', targetGroupArn, target))) await this.publish()
  }

  isDrained(targetGroupArn: string, target: TargetAddress): boolean {
    return this.#registered(targetGroupArn, target) === undefined
  }

  health(targetGroupArn: string, target: TargetAddress): TargetHealth {
    const registered = this.#registered(targetGroupArn, target)
    if (registered === undefined) return unregistered
    if (registered.draining !== undefined) return draining
    if (!this.#isReferenced(targetGroupArn)) return notInUse
    const reported = this.#report(targetGroupArn, target)?.health
    return reported === undefined || reported.state === 'draining' ? registering : reported
  }

  lastCheck(targetGroupArn: string, target: TargetAddress): string | undefined {
    return this.#report(targetGroupArn, target)?.lastCheck
  }

  healthyTargetCount(targetGroupArn: string): number {
    const targets = this.#store.targetGroups.get(targetGroupArn)?.targets ?? []
    return targets.filter((target) => this.health(targetGroupArn, target).state === 'healthy').length
  }

  onHealthChange(listener: (targetGroupArns: Iterable<string>) => void): void {
    this.#healthListeners.add(listener)
  }

  /** By what the router says of each target, and by the targets that its table has come to. */
  #tellHealth(): void {
    const [before, report] = [this.#told, this.#router.report()]
    if (report === before || report === undefined) return
    this.#told = report
    const versions = [before?.tableVersion ?? 0, report.tableVersion] as const
    const keys = changedTargets(before?.targets ?? new Map(), report.targets)
    if (versions[0] !== versions[1]) {
      keys.push(...this.#publisher.targetsSince(Math.min(...versions), Math.max(...versions)))
    }
    if (keys.length === 0) return
    const targetGroupArns = new Set(keys.map((key) => key.slice(0, key.indexOf(' '))))
    for (const listener of this.#healthListeners) listener(targetGroupArns)
  }

  #tellForwards(actions: readonly ListenerAction[]): void {
    const targetGroupArns = new Set(actions.flatMap(targetGroupsOfAction))
    for (const listener of this.#healthListeners) listener(targetGroupArns)
  }

  #noteDraining(targetGroupArn: string): void {
    const targets = this.#store.targetGroups.get(targetGroupArn)?.targets ?? []
    const isDraining = targets.some((target) => target.draining !== undefined)
    if (!isDraining && !this.#draining.delete(targetGroupArn)) return
    if (isDraining) this.#draining.add(targetGroupArn)
    this.#duties.notify()
  }

  #drainingGroups(): readonly TargetGroup[] {
    return Array.from(this.#draining, (arn) => this.#store.targetGroups.get(arn)).filter((group) => group !== undefined)
  }

  #changeTargets(
    targetGroupArn: string,
    durability: Durability,
    change: (targets: readonly RegisteredTarget[]) => readonly RegisteredTarget[],
  ): void {
    this.#store.perform(durability, () => {
      const group = this.#store.targetGroups.get(targetGroupArn)
      if (group === undefined) throw new AwsError('TargetGroupNotFoundException', 'One or more target groups not found')
      const targets = change(group.targets)
      const isChanged =
        targets.length !== group.targets.length || targets.some((each, at) => each !== group.targets[at])
      if (isChanged) this.#store.targetGroups.put(targetGroupArn, { ...group, targets })
    })
  }

  /** The router has confirmed a table that has the target so (or, draining, no longer has it at all). */
  #isPublishedAs(wanted: 'registered' | 'draining', targetGroupArn: string, target: TargetAddress): boolean {
    const published = this.#publisher.target(targetKey(targetGroupArn, target))
    if (published === undefined) return wanted === 'draining' && this.isDrained(targetGroupArn, target)
    const isDraining = published.state === 'draining'
    return isDraining === (wanted === 'draining') && published.version <= this.#publisher.appliedVersion
  }

  #registered(targetGroupArn: string, target: TargetAddress): RegisteredTarget | undefined {
    const { id, port } = target
    return this.#store.targetGroups.get(targetGroupArn)?.targets.find((each) => each.port === port && each.id === id)
  }

  #isReferenced(targetGroupArn: string): boolean {
    const [listeners, rules] = [this.#store.listeners.list(), this.#store.rules.list()]
    if (this.#referenced?.listeners !== listeners || this.#referenced.rules !== rules) {
      const actions = [
        ...listeners.flatMap(({ defaultActions }) => defaultActions),
        ...rules.flatMap((rule) => rule.actions),
      ]
      this.#referenced = { listeners, rules, targetGroupArns: new Set(actions.flatMap(targetGroupsOfAction)) }
    }
    return this.#referenced.targetGroupArns.has(targetGroupArn)
  }

  /** What the router says of a target that serves. A report from before its registration speaks of another one. */
  #report(targetGroupArn: string, target: TargetAddress): TargetReport | undefined {
    const key = targetKey(targetGroupArn, target)
    const published = this.#publisher.target(key)
    const report = this.#router.report()
    if (published?.state !== 'serving' || report === undefined || report.tableVersion < published.version)
      return undefined
    return report.targets.get(key)
  }

  async #removeDrainedTargets(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.#nextDuty(signal)
        if (signal.aborted) return
        this.#store.transaction(() => this.#removeDrained())
        await unlessAborted(this.publish(), signal)
      } catch (error) {
        if (signal.aborted) return
        this.#log.warn(
          `Drained targets stay and the router keeps an older table until this succeeds: ${messageOf(error)}`,
        )
        await this.#clock.sleep(retryMilliseconds, signal).catch(() => undefined)
      }
    }
  }

  /** Resolves when there is something to do: a drain is over, or the router does not have the newest table. */
  async #nextDuty(signal: AbortSignal): Promise<void> {
    const hasDuty = (): boolean =>
      this.#publisher.isBehind ||
      this.#drainingGroups().some((group) => group.targets.some((target) => this.#isDrainOver(group, target)))
    for (;;) {
      const deadline = this.#nextDeadline()
      const look = (): 'duty' | 'deadline moved' | undefined => {
        if (hasDuty()) return 'duty'
        return this.#nextDeadline() === deadline ? undefined : 'deadline moved'
      }
      const seen = await this.#duties.until(look, deadline === undefined ? { signal } : { deadline, signal })
      if (seen === 'duty') return
    }
  }

  #removeDrained(): void {
    for (const group of this.#drainingGroups()) {
      const targets = group.targets.filter((target) => !this.#isDrainOver(group, target))
      if (targets.length < group.targets.length) {
        this.#store.targetGroups.put(group.targetGroupArn, { ...group, targets })
      }
    }
  }

  #isDrainOver(group: TargetGroup, target: RegisteredTarget): boolean {
    if (target.draining === undefined) return false
    if (this.#clock.now() >= drainDeadline(group, target.draining)) return true
    const key = targetKey(group.targetGroupArn, target)
    const published = this.#publisher.target(key)
    const report = this.#router.report()
    if (published?.state !== 'draining' || report === undefined || report.tableVersion < published.version) return false
    return (report.targets.get(key)?.inFlight ?? 0) === 0
  }

  #nextDeadline(): number | undefined {
    const deadlines = this.#drainingGroups().flatMap((group) =>
      group.targets.flatMap(({ draining: since }) => (since === undefined ? [] : [drainDeadline(group, since)])),
    )
    return deadlines.length === 0 ? undefined : Math.min(...deadlines)
  }
}

const unregistered: TargetHealth = {
  state: 'unused',
  reason: 'Target.NotRegistered',
  description: 'Target is not registered to the target group',
}
const draining: TargetHealth = {
  state: 'draining',
  reason: 'Target.DeregistrationInProgress',
  description: 'Target deregistration is in progress',
}
const notInUse: TargetHealth = {
  state: 'unused',
  reason: 'Target.NotInUse',
  description: 'Target group is not configured to receive traffic from the load balancer',
}
const registering: TargetHealth = {
  state: 'initial',
  reason: 'Elb.RegistrationInProgress',
  description: 'Target registration is in progress',
}

/** Registering what drains makes it a target like any other; registering what is registered changes nothing. */
function withRegistered(targets: readonly RegisteredTarget[], target: TargetAddress): readonly RegisteredTarget[] {
  const { id, port, availabilityZone } = target
  const at = targets.findIndex((each) => addressKey(each) === addressKey(target))
  const known = targets[at]
  if (known !== undefined && known.draining === undefined) return targets
  const registered = { id, port, ...(availabilityZone === undefined ? {} : { availabilityZone }) }
  return known === undefined ? [...targets, registered] : targets.with(at, registered)
}

function drainDeadline(group: TargetGroup, { since }: { readonly since: number }): number {
  return since + deregistrationDelaySeconds(group) * 1000
}

/** The keys of the targets of which the two reports say something else, but for their requests. */
function changedTargets(before: RouterReport['targets'], now: RouterReport['targets']): string[] {
  if (before === now) return []
  const changed = [...now].filter(([key, other]) => {
    const one = before.get(key)
    if (one === undefined) return true
    return (
      one.health.state !== other.health.state ||
      one.health.reason !== other.health.reason ||
      one.health.description !== other.health.description ||
      one.lastCheck !== other.lastCheck
    )
  })
  return [...changed.map(([key]) => key), ...[...before.keys()].filter((key) => !now.has(key))]
}

/** A router that cannot be reached holds up nobody who wants to end. */
async function unlessAborted(work: Promise<unknown>, signal: AbortSignal): Promise<void> {
  const { promise, reject } = Promise.withResolvers<never>()
  const abort = (): void => reject(signal.reason as Error)
  signal.addEventListener('abort', abort, { once: true })
  try {
    await Promise.race([work, promise])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}

function addressKey({ id, port }: TargetAddress): string {
  return `${id}:${port}`
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
