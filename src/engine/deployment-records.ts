import { deploymentRecord } from '../domain/deployment-record.ts'
import type { DeploymentRecord } from '../domain/deployment-record.ts'
import { journalKey } from '../domain/journal.ts'
import type { JournalEntry } from '../domain/journal.ts'
import { observationsOf } from './deployment-watch.ts'
import type { DeploymentSupervisor } from './engine.ts'
import type { Store } from './store.ts'

/** Everything that is known about a deployment; undefined when there is none of this id. */
export function recordOf(
  { store, deployments }: { readonly store: Store; readonly deployments: Pick<DeploymentSupervisor, 'taskSets'> },
  deploymentId: string,
): DeploymentRecord | undefined {
  const deployment = store.deployments.get(deploymentId)
  if (deployment === undefined) return undefined
  const watch = store.deploymentWatches.get(deploymentId)
  return deploymentRecord({
    deployment,
    journal: journalOf(store, deploymentId),
    taskSets: deployments.taskSets(deployment),
    observations: watch && observationsOf(store, watch),
    taskDefinitions: watch?.taskDefinitions ?? {},
  })
}

function journalOf(store: Store, deploymentId: string): readonly JournalEntry[] {
  const entries: JournalEntry[] = []
  for (;;) {
    const entry = store.journal.get(journalKey(deploymentId, entries.length))
    if (entry === undefined) return entries
    entries.push(entry)
  }
}
