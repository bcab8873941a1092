import type { Cluster } from '../../domain/cluster.ts'
import { arn, parseArn, type Place } from '../../domain/identifiers.ts'
import type { Service, TaskSet } from '../../domain/service.ts'
import type { TaskDefinition } from '../../domain/task-definition.ts'
import type { Engine } from '../../engine/engine.ts'
import type { Store } from '../../engine/store.ts'
import { clientError, clusterNotFound, invalidParameter, serviceNotFound } from './errors.ts'

/** How clusters, services, task definitions and container names are spelt. */
export const namePattern = /^[A-Za-z0-9_-]{1,255}$/

type Kind = 'cluster' | 'service' | 'task' | 'task-set' | 'task-definition'

/** The ARN of the cluster a request names, by name or ARN; of `default` where it names none. */
export function clusterArn(place: Place, cluster: string | undefined): string {
  return arn.cluster(place, named(place, 'cluster', cluster || 'default'))
}

/**
 * The cluster a request names. `default` is there without having been created, as users of a new account expect after
 * their first steps in the console: it is made on first use. Once deleted it is like any other deleted cluster.
 * @throws ClusterNotFoundException
 */
export function findCluster({ store, clock }: Engine, place: Place, cluster: string | undefined): Cluster {
  const key = clusterArn(place, cluster)
  const found = store.clusters.get(key)
  if (found !== undefined) return found
  if (key !== clusterArn(place, 'default')) throw clusterNotFound()
  const made: Cluster = newCluster(key, clock.now())
  store.clusters.put(key, made)
  return made
}

export function newCluster(key: string, createdAt: number): Cluster {
  const clusterName = key.slice(key.lastIndexOf('/') + 1)
  return { clusterArn: key, clusterName, status: 'ACTIVE', createdAt, tags: {}, recorded: {} }
}

/** The same for requests that put something into the cluster. */
export function findActiveCluster(engine: Engine, place: Place, cluster: string | undefined): Cluster {
  const found = findCluster(engine, place, cluster)
  if (found.status !== 'ACTIVE') throw clientError('The referenced cluster was inactive.')
  return found
}

/** The ARN of a service by name, ARN, or ARN of the old form without the cluster. */
export function serviceArn(place: Place, cluster: Cluster, service: string): string {
  return arn.service(cluster.clusterArn, inCluster(cluster, named(place, 'service', service)))
}

/**
 * A service, also one that is INACTIVE.
 * @throws ServiceNotFoundException
 */
export function findService(store: Store, place: Place, cluster: Cluster, service: string): Service {
  const found = store.services.get(serviceArn(place, cluster, service))
  if (found === undefined) throw serviceNotFound()
  return found
}

const taskIdLengths: readonly number[] = [32, 36]

/** The ARN of a task by id, ARN, or ARN of the old form without the cluster. */
export function taskArn(place: Place, cluster: Cluster, task: string): string {
  const id = inCluster(cluster, named(place, 'task', task))
  if (!taskIdLengths.includes(id.length)) throw invalidParameter('taskId length should be one of [32,36]')
  return arn.task(cluster.clusterArn, id)
}

/** The ARN of a task set by ARN, id (`ecs-svc/…`), or the id's digits. */
export function taskSetArn(place: Place, service: Service, taskSet: string): string {
  const path = named(place, 'task-set', taskSet)
  const digits = path.slice(path.lastIndexOf('/') + 1)
  const found = arn.taskSet(service.serviceArn, `ecs-svc/${digits}`)
  if (taskSet.startsWith('arn:') && taskSet !== found) {
    throw invalidParameter(`Invalid identifier: ${taskSet} is not a task set of service ${service.serviceName}.`)
  }
  return found
}

/** The task sets of a service, the PRIMARY first, then the oldest first. */
export function taskSetsOf(store: Store, service: Service): readonly TaskSet[] {
  return store.taskSets
    .ofService(service.serviceArn)
    .toSorted((one, other) => rank(one) - rank(other) || one.createdAt - other.createdAt)
}
const rank = ({ status }: TaskSet): number => (status === 'PRIMARY' ? 0 : 1)

/**
 * The task definition by `family` (its latest ACTIVE revision), `family:revision` or ARN; undefined when there is none.
 * @throws InvalidParameterException where the revision is not a number.
 */
export function findTaskDefinition(store: Store, place: Place, text: string): TaskDefinition | undefined {
  const { family, revision } = familyAndRevision(place, text)
  if (revision !== undefined) return store.taskDefinitions.get(arn.taskDefinition(place, family, revision))
  return taskDefinitionsIn(store, place)
    .filter((definition) => definition.family === family && definition.status === 'ACTIVE')
    .toSorted((one, other) => other.revision - one.revision)[0]
}

export function familyAndRevision(
  place: Place,
  text: string,
): { readonly family: string; readonly revision: number | undefined } {
  const [family = '', revision] = named(place, 'task-definition', text).split(':')
  if (revision === undefined) return { family, revision: undefined }
  if (!/^[1-9]\d{0,9}$/.test(revision)) throw invalidParameter(`Invalid revision number. Number: ${revision}`)
  return { family, revision: Number(revision) }
}

/** The task definitions of the call's region. */
export function taskDefinitionsIn(store: Store, place: Place): readonly TaskDefinition[] {
  const prefix = arn.taskDefinition(place, '', 0).replace(/:0$/, '')
  return store.taskDefinitions.list().filter(({ taskDefinitionArn }) => taskDefinitionArn.startsWith(prefix))
}

/**
 * A definition that new tasks may be made of.
 * @throws ClientException where there is none, or it was deregistered.
 */
export function findUsableTaskDefinition(store: Store, place: Place, text: string): TaskDefinition {
  const definition = findTaskDefinition(store, place, text)
  if (definition === undefined) throw clientError('TaskDefinition not found.')
  if (definition.status !== 'ACTIVE') throw clientError('TaskDefinition is inactive')
  return definition
}

/** What stands after `cluster/`, `service/` … in an ARN; the text itself when it is a name. */
function named(place: Place, kind: Kind, text: string): string {
  if (!text.startsWith('arn:')) return text
  const parsed = parseArn(text)
  if (parsed?.service !== 'ecs') throw invalidParameter(`Invalid identifier: ${text} is not an Amazon ECS ARN.`)
  if (parsed.region !== place.region) throw invalidParameter('Invalid Region in ARN')
  if (parsed.accountId !== place.accountId) {
    throw invalidParameter(`Invalid identifier: ${text} is of another account. Your account is ${place.accountId}.`)
  }
  const slash = parsed.resource.indexOf('/')
  const found = slash < 0 ? parsed.resource : parsed.resource.slice(0, slash)
  if (found !== kind) throw invalidParameter(`Invalid identifier: ${text} is the ARN of a ${found}, not of a ${kind}.`)
  return parsed.resource.slice(slash + 1)
}

/** `C/X` → `X`, where C must be the request's cluster. */
function inCluster({ clusterName }: Cluster, path: string): string {
  const slash = path.indexOf('/')
  if (slash < 0) return path
  const cluster = path.slice(0, slash)
  if (cluster === clusterName) return path.slice(slash + 1)
  throw invalidParameter(`Invalid identifier: Identifier is for cluster ${cluster}. Your cluster is ${clusterName}`)
}
