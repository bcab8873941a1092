import { isTerminal } from '../domain/deployment.ts'
import type { Deployment } from '../domain/deployment.ts'
import type { RouterReport } from '../domain/router-report.ts'
import type { Store, StoreChange } from './store.ts'

/** Counted requests are written down so often, also when nothing else is reported. */
const longestPauseMilliseconds = 1_000

/** The deployments of which a record is being kept, and those of them that something has changed about. */
export class RecorderScope {
  readonly #store: Store
  /** By id, when it was looked at last. */
  readonly #lookedAt = new Map<string, number>()
  /** By what it is about (a listener, a target group's name, an alarm), the ids of deployments. */
  readonly #concerned = new Map<string, Set<string>>()
  readonly #due = new Set<string>()
  #report: RouterReport | undefined

  constructor(store: Store) {
    this.#store = store
  }

  get hasDue(): boolean {
    return this.#due.size > 0
  }

  due(): readonly string[] {
    return [...this.#due]
  }

  /** Those that run, and those that ended without the end being written down. */
  begin(): void {
    for (const deployment of this.#store.deployments.list()) {
      const watch = this.#store.deploymentWatches.get(deployment.deploymentId)
      if (watch === undefined ? !isTerminal(deployment.status) : watch.endedAt === undefined) this.#enter(deployment)
    }
  }

  looked(deploymentId: string, now: number): void {
    this.#due.delete(deploymentId)
    if (this.#lookedAt.has(deploymentId)) this.#lookedAt.set(deploymentId, now)
  }

  leave(deploymentId: string): void {
    this.#due.delete(deploymentId)
    if (!this.#lookedAt.delete(deploymentId)) return
    for (const [subject, deploymentIds] of this.#concerned) {
      deploymentIds.delete(deploymentId)
      if (deploymentIds.size === 0) this.#concerned.delete(subject)
    }
  }

  changed(changes: readonly StoreChange[]): void {
    for (const { kind, key, value, before } of changes) {
      if (kind === 'deployments' && value !== undefined) this.#enter(value)
      if (this.#lookedAt.size === 0) continue
      if (kind === 'targetGroups') this.#touch((value ?? before)?.name)
      else if (kind === 'taskSets') {
        this.targetGroups((value ?? before)?.loadBalancers.map(({ targetGroupArn }) => targetGroupArn) ?? [])
      } else if (kind === 'rules') {
        this.#touch(key)
        this.#touch((value ?? before)?.listenerArn)
      } else if (kind === 'listeners' || kind === 'alarms') this.#touch(key)
    }
  }

  targetGroups(targetGroupArns: Iterable<string>): void {
    for (const targetGroupArn of targetGroupArns) this.#touch(this.#store.targetGroups.get(targetGroupArn)?.name)
  }

  /** Where the report is the one before, no request has been counted. */
  reported(report: RouterReport | undefined, now: number): void {
    const isNew = report !== this.#report
    this.#report = report
    for (const [deploymentId, lookedAt] of this.#lookedAt) {
      if (isNew || now >= lookedAt + longestPauseMilliseconds || this.#isEnding(deploymentId))
        this.#due.add(deploymentId)
    }
  }

  #isEnding(deploymentId: string): boolean {
    const deployment = this.#store.deployments.get(deploymentId)
    return deployment === undefined || isTerminal(deployment.status)
  }

  #enter(deployment: Deployment): void {
    const { deploymentId, region, group, alarmConfiguration } = deployment
    if (!this.#lookedAt.has(deploymentId)) {
      if (isTerminal(deployment.status) && this.#store.deploymentWatches.get(deploymentId)?.endedAt !== undefined)
        return
      this.#lookedAt.set(deploymentId, 0)
      const { targetGroupNames, prodListenerArn, testListenerArn } = group.targetGroupPair
      const alarms = alarmConfiguration?.alarms.map(({ name }) => `${region}/${name}`) ?? []
      for (const subject of [...targetGroupNames, prodListenerArn, testListenerArn, ...alarms]) {
        if (subject === undefined) continue
        this.#concerned.set(subject, (this.#concerned.get(subject) ?? new Set()).add(deploymentId))
      }
    }
    this.#due.add(deploymentId)
  }

  #touch(subject: string | undefined): void {
    for (const deploymentId of this.#concerned.get(subject ?? '') ?? []) this.#due.add(deploymentId)
  }
}
