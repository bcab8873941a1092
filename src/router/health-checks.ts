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
} from '../domain/health-check.ts'
import {
  targetKey,
  type HealthCheckSettings,
  type RoutingTable,
  type TargetGroupRoute,
  type TargetRoute,
} from '../domain/routing-table.ts'
import type { TargetHealth } from '../domain/target-health.ts'

/** Makes one check; never rejects. */
export type Probe = (
  target: { readonly id: string; readonly port: number },
  settings: HealthCheckSettings,
  signal: AbortSignal,
) => Promise<CheckResult>

type CheckedTarget = {
  readonly target: { readonly id: string; readonly port: number }
  settings: HealthCheckSettings
  checked: CheckedHealth
  /** Ends the checking of this target. */
  readonly stop: AbortController
  timer?: NodeJS.Timeout
  /** When the next check that counts is due, by `performance.now()`. */
  dueAt: number
}

/** How soon a new target that refuses connections is asked again. */
const earlyCheckMilliseconds = 250

/**
 * Checks the targets of every group which some rule or default action names, and no others; weight 0 counts as named.
 * The others are `unused`, as on AWS.
 */
export class HealthChecks {
  readonly #probe: Probe
  readonly #onChange: () => void
  readonly #checked = new Map<string, CheckedTarget>()
  /** Targets in the table that are not checked, and why. */
  #unchecked = new Map<string, TargetHealth>()
  #restored: ReadonlyMap<string, CheckedHealth>

  constructor(
    probe: Probe,
    { restored, onChange }: { readonly restored: ReadonlyMap<string, CheckedHealth>; readonly onChange: () => void },
  ) {
    this.#probe = probe
    this.#restored = restored
    this.#onChange = onChange
  }

  apply(table: RoutingTable): void {
    const referenced = referencedTargetGroups(table)
    const unchecked = new Map<string, TargetHealth>()
    const present = new Set<string>()
    for (const group of Object.values(table.targetGroups)) {
      for (const target of group.targets) {
        const key = targetKey(group.targetGroupArn, target)
        const reason = reasonNotToCheck(target, group, referenced)
        if (reason === undefined) {
          present.add(key)
          this.#check(key, target, group.healthCheck)
        } else unchecked.set(key, reason)
      }
    }
    this.#unchecked = unchecked
    // What was known at the last start is of use once: a target that comes back later is a new one.
    this.#restored = new Map()
    for (const [key, checked] of this.#checked) {
      if (!present.has(key)) this.#stopChecking(key, checked)
    }
    this.#onChange()
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

  /** What is known of every target that is checked, to be given to the next start. */
  known(): ReadonlyMap<string, CheckedHealth> {
    return new Map(Array.from(this.#checked, ([key, { checked }]) => [key, checked]))
  }

  close(): void {
    for (const [key, checked] of this.#checked) this.#stopChecking(key, checked)
  }

  #check(key: string, { id, port }: TargetRoute, settings: HealthCheckSettings): void {
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
    const entry: CheckedTarget = { target: { id, port }, settings, checked, stop: new AbortController(), dueAt: 0 }
    this.#checked.set(key, entry)
    void this.#checkNow(key, entry)
  }

  async #checkNow(key: string, entry: CheckedTarget): Promise<void> {
    delete entry.timer
    const begun = performance.now()
    const isEarly = begun < entry.dueAt
    const { settings } = entry
    const result = await this.#probe(entry.target, settings, entry.stop.signal)
    if (entry.stop.signal.aborted) return
    const before = entry.checked
    entry.checked = isEarly ? afterEarlyCheck(before, settings, result) : afterCheck(before, settings, result)
    // The interval runs from the beginning of one check to that of the next.
    if (!isEarly) entry.dueAt = begun + settings.intervalSeconds * 1000
    this.#scheduleNext(key, entry, isWorthAnEarlyCheck(entry.checked, result) ? earlyCheckMilliseconds : Infinity)
    if (before.health.state !== entry.checked.health.state) this.#onChange()
  }

  #scheduleNext(key: string, entry: CheckedTarget, mostMilliseconds = Infinity): void {
    clearTimeout(entry.timer)
    const wait = Math.min(mostMilliseconds, Math.max(0, entry.dueAt - performance.now()))
    // Timers may fire a fraction early; rounded up, a check that is due is never taken for an early one.
    entry.timer = setTimeout(() => void this.#checkNow(key, entry), Math.ceil(wait) + 1)
  }

  #stopChecking(key: string, entry: CheckedTarget): void {
    entry.stop.abort()
    clearTimeout(entry.timer)
    this.#checked.delete(key)
  }
}

function reasonNotToCheck(
  target: TargetRoute,
  group: TargetGroupRoute,
  referenced: ReadonlySet<string>,
): TargetHealth | undefined {
  if (target.draining) return drainingHealth
  if (!referenced.has(group.targetGroupArn)) return unusedHealth
  return group.healthCheck.enabled ? undefined : uncheckedHealth
}

function referencedTargetGroups({ listeners }: RoutingTable): ReadonlySet<string> {
  const actions = listeners.flatMap(({ rules, defaultAction }) => [defaultAction, ...rules.map(({ action }) => action)])
  return new Set(
    actions.flatMap((action) =>
      action.type === 'forward' ? action.targetGroups.map(({ targetGroupArn }) => targetGroupArn) : [],
    ),
  )
}
