import { deploymentRecord } from '../domain/deployment-record.ts'
import type { DeploymentRecord } from '../domain/deployment-record.ts'
import { lastPart } from '../domain/identifiers.ts'
import { journalKey } from '../domain/journal.ts'
import type { JournalEntry } from '../domain/journal.ts'
import type { RecordedNotification } from '../domain/notification.ts'
import { serviceDeploymentRecord } from '../domain/service-deployment-record.ts'
import type { ServiceDeploymentRecord } from '../domain/service-deployment-record.ts'
import { observationsOf } from './deployment-watch.ts'
import type { DeploymentSupervisor } from './engine.ts'
import { scalingDuring } from './scaling-activities.ts'
import type { Store } from './store.ts'

/** Everything that is known about a deployment; undefined when there is none of this id. */
export function recordOf(
  { store, deployments }: { readonly store: Store; readonly deployments: Pick<DeploymentSupervisor, 'taskSets'> },
  deploymentId: string,
): DeploymentRecord | undefined {
  const deployment = store.deployments.get(deploymentId)
  if (deployment === undefined) return undefined
  const watch = store.deploymentWatches.get(deploymentId)
  const record = deploymentRecord({
    deployment,
    journal: journalOf(store, deploymentId),
    taskSets: deployments.taskSets(deployment),
    observations: watch && observationsOf(store, watch),
    taskDefinitions: watch?.taskDefinitions ?? {},
  })
  const scaling = scalingDuring(store, deployment).map(({ at, sentence }) => ({
    at: new Date(at).toISOString(),
    sentence,
  }))
  return {
    ...record,
    notifications: notificationsOf(store, deploymentId),
    ...(scaling.length === 0 ? {} : { scaling }),
  }
}

/** The same of a deployment that ECS itself did, by what stands after the last slash of its ARN. */
export function serviceRecordOf({ store }: { readonly store: Store }, id: string): ServiceDeploymentRecord | undefined {
  const deployment = store.serviceDeployments.list().find((each) => lastPart(each.serviceDeploymentArn) === id)
  if (deployment === undefined) return undefined
  const notifications = notificationsOf(store, deployment.serviceDeploymentArn)
  const watch = store.deploymentWatches.get(deployment.serviceDeploymentArn)
  return serviceDeploymentRecord({
    deployment,
    journal: journalOf(store, id),
    notifications,
    observations: watch && observationsOf(store, watch),
    taskDefinitions: watch?.taskDefinitions ?? {},
  })
}

/** What was told of it to SNS topics and EventBridge, and whether the webhook took it. */
function notificationsOf(store: Store, deploymentId: string): readonly RecordedNotification[] {
  return store.notifications
    .list()
    .filter((notification) => notification.deploymentId === deploymentId)
    .map(({ at, content, delivery }) => ({
      at: new Date(at).toISOString(),
      ...content,
      ...(delivery === undefined ? {} : { delivery }),
    }))
}

/** In the order of positions. */
export function journalOf(store: Store, deploymentId: string): readonly JournalEntry[] {
  const entries: JournalEntry[] = []
  for (;;) {
    const entry = store.journal.get(journalKey(deploymentId, entries.length))
    if (entry === undefined) return entries
    entries.push(entry)
  }
}
