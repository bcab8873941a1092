import {
  afterCheck,
  afterEarlyCheck,
  drainingHealth,
  isWorthAnEarlyCheck,
  registeredHealth,
  uncheckedHealth,
  unusedHealth,
  type CheckedHealth,
  type CheckResult,
  type KnownHealth,
} from '../domain/health-check.ts'
import {
  targetKey,
  type HealthCheckSettings,
  type RoutingTable,
  type TargetGroupRoute,
  type TargetRoute,
} from '../domain/routing-table.ts'
import type { TargetHealth } from '../domain/target-health.ts'
import { changedTargetGroups } from '../domain/routing-table-news.ts'
import { CheckSlots } from './check-slots.ts'
import { ReferencedGroups } from './referenced-groups.ts'
import { eachInSlices } from './slices.ts'

/** Makes one check. */
export type Probe = (
  target: { readonly id: string; readonly port: number },
  settings: HealthCheckSettings,
  events: ProbeEvents,
) => RunningProbe

export type ProbeEvents = {
  /** Once, unless the check is aborted before. Never from within the call that begins the check. */
  readonly onResult: (result: CheckResult) => void
  /** Once, after the result: nothing of the check is open any more. */
  readonly onClosed: () => void
}

export type RunningProbe = { readonly abort: () => void }

type HealthChecksSettings = {
  /** What the router knew when it ended the last time. */
  readonly restored: ReadonlyMap<string, CheckedHealth>
  /** Told at once: since when the target is healthy (by `performance.now()`), or, as undefined, that it is not any more. */
  readonly onHealth: (key: string, healthySince: number | undefined) => void
  /** What `health` and `lastCheck` say of this target may be something else now. */
  readonly onNews: (key: string) => void
  /** Some target's state is another one, or other targets are checked. */
  readonly onChange: () => void
}

type CheckedTarget = {
  readonly target: { readonly id: string; readonly port: number }
  settings: HealthCheckSettings
  checked: CheckedHealth
  /** By `performance.now()`; undefined while it is not healthy. */
  healthySince: number | undefined
  /** Not checked any more. */
  isGone: boolean
  /** The last check ran into its time-out. */
  didHang: boolean
  /** It is new and refuses connections: the next check does not wait for the interval. */
  isAskedEarly: boolean
  /** While anything of a check is open: it holds on to a connection, and to all that belongs to it. */
  running: RunningProbe | undefined
  timer: NodeJS.Timeout | undefined
  /** When the next check that counts is due, by `performance.now()`. */
  dueAt: number
  /** Of the interval: how much earlier its second check is, so that targets that came together are not checked together. */
  headStart: number
}

/** How soon a new target that refuses connections is asked again. */
const earlyCheckMilliseconds = 250

/**
 * Checks the targets of every group which some rule or default action names, and no others; weight 0 counts as named.
 * The others are `unused`, as on AWS.
 */
export class HealthChecks {
  readonly #probe: Probe
  readonly #onHealth: HealthChecksSettings['onHealth']
  readonly #onNews: HealthChecksSettings['onNews']
  readonly #onChange: () => void
  readonly #slots = new CheckSlots()
  readonly #checked = new Map<string, CheckedTarget>()
  /** Targets in the table that are not checked, and why. */
  readonly #unchecked = new Map<string, TargetHealth>()
  readonly #referenced = new ReferencedGroups()
  #table: RoutingTable = { version: 0, listeners: [], targetGroups: new Map() }
  #restored: ReadonlyMap<string, CheckedHealth>
  #isClosed = false
  /** How many targets have been checked up to now. */
  #begun = 0

  constructor(probe: Probe, { restored, onHealth, onNews, onChange }: HealthChecksSettings) {
    this.#probe = probe
    this.#restored = restored
    this.#onHealth = onHealth
    this.#onNews = onNews
    this.#onChange = onChange
  }

  /** In slices. Looks only at what is not the same object as in the table before. */
  async apply(table: RoutingTable): Promise<void> {
    const before = this.#table.targetGroups
    const changed = changedTargetGroups(this.#table, table)
    this.#table = table
    const arns = new Set([...changed, ...(await this.#referenced.follow(table.listeners))])
    await eachInSlices([...arns], (arn) => this.#follow(before.get(arn), table.targetGroups.get(arn)))
    // What was known at the last start is of use once: a target that comes back later is a new one.
    this.#restored = new Map()
    if (arns.size > 0) this.#onChange()
  }

  /** Some listener of the table leads to this target group. */
  isNamed(targetGroupArn: string): boolean {
    return this.#referenced.has(targetGroupArn)
  }

  /** Undefined for a target that is not in the table. */
  health(key: string): TargetHealth | undefined {
    return this.#checked.get(key)?.checked.health ?? this.#unchecked.get(key)
  }

  lastCheck(key: string): string | undefined {
    return this.#checked.get(key)?.checked.lastCheck
  }

  isHealthy(key: string): boolean {
    return this.#checked.get(key)?.checked.health.state === 'healthy'
  }

  /** What is known of every target that is checked, to be given to the next start; at the time when it is read. */
  *known(): Generator<KnownHealth> {
    for (const [key, { checked }] of this.#checked) yield [key, checked]
  }

  /** No more checks. What is known stays: requests that still run, or still come, go by it. */
  close(): void {
    this.#isClosed = true
    for (const entry of this.#checked.values()) endChecking(entry)
  }

  #follow(before: TargetGroupRoute | undefined, now: TargetGroupRoute | undefined): void {
    for (const target of now?.targets ?? []) this.#followTarget(target, now as TargetGroupRoute)
    if (before === undefined) return
    const present = now && new Set(now.targets.map((target) => targetKey(now.targetGroupArn, target)))
    for (const target of before.targets) {
      const key = targetKey(before.targetGroupArn, target)
      if (present?.has(key) === true) continue
      this.#stopChecking(key)
      this.#unchecked.delete(key)
    }
  }

  #followTarget(target: TargetRoute, group: TargetGroupRoute): void {
    const key = targetKey(group.targetGroupArn, target)
    const reason = this.#reasonNotToCheck(target, group)
    if (reason === undefined) {
      this.#unchecked.delete(key)
      this.#check(key, target, group.healthCheck)
    } else {
      this.#stopChecking(key)
      this.#unchecked.set(key, reason)
    }
    this.#onNews(key)
  }

  #reasonNotToCheck(target: TargetRoute, group: TargetGroupRoute): TargetHealth | undefined {
    if (target.draining) return drainingHealth
    if (!this.#referenced.has(group.targetGroupArn)) return unusedHealth
    return group.healthCheck.enabled ? undefined : uncheckedHealth
  }

  #check(key: string, { id, port }: TargetRoute, settings: HealthCheckSettings): void {
    if (this.#isClosed) return
    const known = this.#checked.get(key)
    if (known !== undefined) {
      const hasNewRhythm = known.settings.intervalSeconds !== settings.intervalSeconds
      known.settings = settings
      if (hasNewRhythm && known.timer !== undefined) {
        known.dueAt = performance.now() + settings.intervalSeconds * 1000
        this.#scheduleNext(key, known)
      }
      return
    }
    const checked = this.#restored.get(key) ?? registeredHealth
    const entry: CheckedTarget = {
      target: { id, port },
      settings,
      checked,
      healthySince: undefined,
      isGone: false,
      didHang: false,
      isAskedEarly: false,
      running: undefined,
      timer: undefined,
      dueAt: 0,
      headStart: this.#nextHeadStart(),
    }
    this.#checked.set(key, entry)
    this.#noteHealthy(key, entry, entry.checked.health.state === 'healthy')
    this.#checkNow(key, entry)
  }

  #checkNow(key: string, entry: CheckedTarget): void {
    entry.timer = undefined
    this.#slots.run((release) => {
      if (entry.isGone) return release()
      const { settings } = entry
      const begun = performance.now()
      entry.running = this.#probe(entry.target, settings, {
        onResult: (result) => {
          if (!entry.isGone) this.#note(key, entry, { settings, begun, result })
        },
        onClosed: () => {
          entry.running = undefined
          release()
        },
      })
    }, entry)
  }

  #note(key: string, entry: CheckedTarget, { settings, begun, result }: MadeCheck): void {
    const before = entry.checked
    const isEarly = begun < entry.dueAt
    entry.didHang = result.kind === 'answer-timeout' || result.kind === 'connect-timeout'
    entry.checked = isEarly ? afterEarlyCheck(before, settings, result) : afterCheck(before, settings, result)
    if (before.health !== entry.checked.health || before.lastCheck !== entry.checked.lastCheck) this.#onNews(key)
    this.#noteHealthy(key, entry, entry.checked.health.state === 'healthy')
    // The interval runs from the beginning of one check to that of the next.
    if (!isEarly) {
      // It may be another one than when the check began.
      const { intervalSeconds } = entry.settings
      entry.dueAt = nextTime(begun, intervalSeconds * 1000, entry.headStart)
      entry.headStart = 0
    }
    entry.isAskedEarly = isWorthAnEarlyCheck(entry.checked, result)
    this.#scheduleNext(key, entry)
    if (before.health.state !== entry.checked.health.state) this.#onChange()
  }

  #scheduleNext(key: string, entry: CheckedTarget): void {
    clearTimeout(entry.timer)
    const most = entry.isAskedEarly ? earlyCheckMilliseconds : Infinity
    const wait = Math.min(most, Math.max(0, entry.dueAt - performance.now()))
    // Timers may fire a fraction early; rounded up, a check that is due is never taken for an early one.
    entry.timer = setTimeout(() => this.#checkNow(key, entry), Math.ceil(wait) + 1)
  }

  /** Up to half the interval, spread evenly over the targets whatever their number: multiples of the golden ratio. */
  #nextHeadStart(): number {
    return ((this.#begun++ * 0.618_034) % 1) / 2
  }

  #noteHealthy(key: string, entry: CheckedTarget, isHealthy: boolean): void {
    if (isHealthy === (entry.healthySince !== undefined)) return
    entry.healthySince = isHealthy ? performance.now() : undefined
    this.#onHealth(key, entry.healthySince)
  }

  #stopChecking(key: string): void {
    const entry = this.#checked.get(key)
    if (entry === undefined) return
    endChecking(entry)
    this.#checked.delete(key)
    this.#noteHealthy(key, entry, false)
  }
}

function endChecking(entry: CheckedTarget): void {
  entry.isGone = true
  entry.running?.abort()
  clearTimeout(entry.timer)
}

type MadeCheck = {
  readonly settings: HealthCheckSettings
  /** By `performance.now()`. */
  readonly begun: number
  readonly result: CheckResult
}

/**
 * Checks are spread over the interval, but in fifty groups: a process that is woken for each check by itself spends more on
 * waking than on checking.
 */
function nextTime(begun: number, intervalMilliseconds: number, headStart: number): number {
  const step = intervalMilliseconds / 50
  return Math.round((begun + intervalMilliseconds * (1 - headStart)) / step) * step
}
