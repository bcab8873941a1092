import { drainingHealth } from '../domain/health-check.ts'
import type { TargetReport } from '../domain/router-report.ts'
import type { HealthChecks } from './health-checks.ts'
import { Kept } from './kept.ts'
import type { LiveTarget, LiveTargets } from './live-targets.ts'
import { itemsOfStep } from './slices.ts'

/** What is reported of the targets, by their keys. */
export class TargetReports {
  readonly #targets: Pick<LiveTargets, 'present'>
  readonly #health: Pick<HealthChecks, 'health' | 'lastCheck'>
  readonly #kept = new Kept<TargetReport, ReadonlyMap<string, TargetReport>>()

  constructor(targets: Pick<LiveTargets, 'present'>, health: Pick<HealthChecks, 'health' | 'lastCheck'>) {
    this.#targets = targets
    this.#health = health
  }

  /** The same object as the last time where nothing of it has changed. */
  *take(): Generator<void, ReadonlyMap<string, TargetReport>> {
    const keys: string[] = []
    const reports: TargetReport[] = []
    for (const target of this.#targets.present()) {
      if (target.reported?.inFlight !== target.inFlight) target.reported = this.#reportOf(target)
      keys.push(target.key)
      reports.push(target.reported)
      if (reports.length % itemsOfStep === 0) yield
    }
    return this.#kept.of(reports, () => new Map(reports.map((report, at) => [keys[at] ?? '', report])))
  }

  #reportOf({ key, inFlight, state }: LiveTarget): TargetReport {
    const health = state === 'removed' ? drainingHealth : (this.#health.health(key) ?? drainingHealth)
    const lastCheck = this.#health.lastCheck(key)
    return { health, inFlight, ...(lastCheck === undefined ? {} : { lastCheck }) }
  }
}
