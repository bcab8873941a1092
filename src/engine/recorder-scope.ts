import { isTerminal } from '../domain/deployment.ts'
import type { RouterReport } from '../domain/router-report.ts'
import { isOver } from '../domain/service-deployment.ts'
import type { Store, StoreChange } from './store.ts'
import { watchedDeployment } from './watched-deployment.ts'
import type { WatchedDeployment } from './watched-deployment.ts'

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
    const { deployments, serviceDeployments, deploymentWatches } = this.#store
    const running = [
      ...deployments.list().flatMap(({ deploymentId, status }) => (isTerminal(status) ? [] : [deploymentId])),
      ...serviceDeployments.list().flatMap((each) => (isOver(each) ? [] : [each.serviceDeploymentArn])),
    ]
    const watched = deploymentWatches
      .list()
      .flatMap(({ deploymentId, endedAt }) => (endedAt === undefined ? [deploymentId] : []))
    for (const id of new Set([...running, ...watched])) {
      if (deploymentWatches.get(id)?.endedAt === undefined) this.#enter(watchedDeployment(this.#store, id))
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
      if ((kind === 'deployments' || kind === 'serviceDeployments') && value !== undefined) {
        this.#enter(watchedDeployment(this.#store, key))
      }
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
    return watchedDeployment(this.#store, deploymentId)?.isOver !== false
  }

  #enter(deployment: WatchedDeployment | undefined): void {
    if (deployment === undefined) return
    const { id, subjects } = deployment
    if (!this.#lookedAt.has(id)) {
      if (deployment.isOver && this.#store.deploymentWatches.get(id)?.endedAt !== undefined) return
      this.#lookedAt.set(id, 0)
      for (const subject of subjects) {
        this.#concerned.set(subject, (this.#concerned.get(subject) ?? new Set()).add(id))
      }
    }
    this.#due.add(id)
  }

  #touch(subject: string | undefined): void {
    for (const deploymentId of this.#concerned.get(subject ?? '') ?? []) this.#due.add(deploymentId)
  }
}
