import { isTerminal } from '../domain/deployment.ts'
import type { Deployment } from '../domain/deployment.ts'
import { journalKey } from '../domain/journal.ts'
import { forgetWatch } from './deployment-watch.ts'
import type { Store } from './store.ts'

type Bounds = {
  /** Deployments of one deployment group. */
  readonly ofGroup: number
  /** Of all groups together. */
  readonly inAll: number
}

const defaultBounds: Bounds = { ofGroup: 1_000, inAll: 10_000 }
/** At a time, so that a store with far too many does not hold anybody up. */
const mostForgotten = 20

/**
 * Forgets the oldest deployments beyond what is kept, with all that is known of them. One that runs stays, and so does the
 * last of a group that succeeded: the next one's previous revision is its.
 */
export function forgetOldDeployments(store: Store, { group }: Deployment, bounds = defaultBounds): void {
  const ofGroup = store.deployments.ofGroup(group.deploymentGroupId ?? '')
  const inAll = store.deployments.list()
  store.transaction(() => {
    for (const old of oldest(store, ofGroup, bounds.ofGroup)) forget(store, old)
    for (const old of oldest(store, inAll, bounds.inAll)) forget(store, old)
  })
}

export function forgetJournal(store: Store, journalId: string): void {
  for (let position = 0; store.journal.has(journalKey(journalId, position)); position += 1) {
    store.journal.delete(journalKey(journalId, position))
  }
}

function oldest(store: Store, deployments: readonly Deployment[], most: number): readonly Deployment[] {
  const surplus = Math.min(deployments.length - most, mostForgotten)
  const forgotten: Deployment[] = []
  for (const deployment of deployments) {
    if (forgotten.length >= surplus) break
    if (isTerminal(deployment.status) && !isLastSuccessful(store, deployment)) forgotten.push(deployment)
  }
  return forgotten
}

function isLastSuccessful(store: Store, { deploymentId, group, status }: Deployment): boolean {
  if (status !== 'Succeeded') return false
  const ofGroup = store.deployments.ofGroup(group.deploymentGroupId ?? '')
  return ofGroup.findLast((each) => each.status === 'Succeeded')?.deploymentId === deploymentId
}

function forget(store: Store, { deploymentId }: Deployment): void {
  const watch = store.deploymentWatches.get(deploymentId)
  if (watch !== undefined) forgetWatch(store, watch)
  forgetJournal(store, deploymentId)
  store.toldDeployments.delete(deploymentId)
  store.deployments.delete(deploymentId)
}
