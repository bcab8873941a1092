import type * as sdk from '@aws-sdk/client-ecs'
import { AwsError } from '../../domain/aws-error.ts'
import type { Cluster } from '../../domain/cluster.ts'
import { arn, type Place } from '../../domain/identifiers.ts'
import type { Engine } from '../../engine/engine.ts'
import type { Store } from '../../engine/store.ts'
import type { Answer, Checked, Handlers } from '../handlers.ts'
import { readCapacityProviderStrategy } from './capacity-providers.ts'
import { clientError, invalidParameter } from './errors.ts'
import { isAsked } from './members.ts'
import { clusterArn, findActiveCluster, findCluster, namePattern, newCluster } from './names.ts'
import { page } from './pages.ts'
import { readTags, tagList } from './tags.ts'

export const clusters = (engine: Engine) =>
  ({
    CreateCluster(input, call) {
      return {
        cluster: answer(engine.store, createCluster(engine, call, input), ['TAGS', 'SETTINGS', 'CONFIGURATIONS']),
      }
    },
    DescribeClusters({ clusters: given = [], include = [] }, call) {
      const names = given.length === 0 ? ['default'] : given
      if (names.length > 100) throw invalidParameter('Clusters can have at most 100 items.')
      const asked = names.map((name) => ({ key: clusterArn(call, name), found: describable(engine, call, name) }))
      return {
        clusters: asked.flatMap(({ found }) => (found === undefined ? [] : [answer(engine.store, found, include)])),
        failures: asked.flatMap(({ key, found }) => (found === undefined ? [{ arn: key, reason: 'MISSING' }] : [])),
      }
    },
    ListClusters({ nextToken, maxResults }, call) {
      const prefix = arn.cluster(call, '')
      const active = engine.store.clusters
        .list()
        .filter((cluster) => cluster.clusterArn.startsWith(prefix) && cluster.status === 'ACTIVE')
      const scope = ['ListClusters', call.region]
      const shown = page(active, (cluster) => cluster.clusterArn, { scope, nextToken, maxResults, defaultSize: 100 })
      return { clusterArns: shown.items.map((cluster) => cluster.clusterArn), nextToken: shown.nextToken }
    },
    PutClusterCapacityProviders(input, call) {
      const cluster = findActiveCluster(engine, call, input.cluster)
      const { capacityProviders, defaultCapacityProviderStrategy } = input
      const given = recordedOf({ capacityProviders, defaultCapacityProviderStrategy })
      checkProviders(engine.store, cluster, input)
      const { capacityProviders: _providers, defaultCapacityProviderStrategy: _strategy, ...others } = cluster.recorded
      const changed = { ...cluster, recorded: { ...others, ...given } }
      engine.store.clusters.put(cluster.clusterArn, changed)
      return { cluster: answer(engine.store, changed, ['TAGS', 'SETTINGS', 'CONFIGURATIONS']) }
    },
    DeleteCluster({ cluster }, call) {
      return { cluster: answer(engine.store, deleteCluster(engine.store, findCluster(engine, call, cluster)), []) }
    },
  }) satisfies Handlers<typeof sdk>

/** Creating an ACTIVE cluster again with nothing else in it answers the one there is, as ECS does. */
function createCluster({ store, clock }: Engine, place: Place, input: Checked<sdk.CreateClusterRequest>): Cluster {
  const { clusterName = 'default' } = input
  if (!namePattern.test(clusterName)) {
    throw invalidParameter('A clusterName has 1 to 255 letters, numbers, hyphens and underscores.')
  }
  if (isAsked(input.serviceConnectDefaults)) {
    throw invalidParameter('serviceConnectDefaults is not supported by Teal yet. Remove it from the request.')
  }
  const key = arn.cluster(place, clusterName)
  const asked = { ...newCluster(key, clock.now()), tags: readTags(input.tags), recorded: recordedOf(input) }
  const existing = store.clusters.get(key)
  if (existing?.status === 'ACTIVE') {
    if (isAsked(input.tags) || isAsked(asked.recorded)) checkSame(existing, asked)
    return existing
  }
  store.clusters.put(key, asked)
  return asked
}

function recordedOf({
  settings,
  configuration,
  capacityProviders,
  defaultCapacityProviderStrategy: strategy,
}: Checked<sdk.CreateClusterRequest>): Cluster['recorded'] {
  const providers = [...(capacityProviders ?? []), ...(strategy ?? []).map(({ capacityProvider }) => capacityProvider)]
  const unknown = providers.find((provider) => provider !== 'FARGATE' && provider !== 'FARGATE_SPOT')
  if (unknown !== undefined) {
    throw clientError(
      `The specified capacity provider '${unknown}' was not found. Specify FARGATE or FARGATE_SPOT: ` +
        'this machine has no others.',
    )
  }
  const defaultCapacityProviderStrategy = readCapacityProviderStrategy(strategy)
  const given = { settings, configuration, capacityProviders, defaultCapacityProviderStrategy }
  return Object.fromEntries(Object.entries(given).filter(([, value]) => isAsked(value)))
}

/**
 * The exact words of ECS are not known.
 * @throws InvalidParameterException, ResourceInUseException
 */
function checkProviders(
  store: Store,
  { clusterArn: key, recorded }: Cluster,
  input: Checked<sdk.PutClusterCapacityProvidersRequest>,
): void {
  const { capacityProviders: listed, defaultCapacityProviderStrategy: strategy } = input
  const foreign = strategy.find(({ capacityProvider }) => !listed.includes(capacityProvider))
  if (foreign !== undefined) {
    throw invalidParameter(
      `defaultCapacityProviderStrategy names the capacity provider ${foreign.capacityProvider}, and capacityProviders ` +
        'does not. Add it there.',
    )
  }
  const { capacityProviders: former = [] } = recorded as Pick<sdk.Cluster, 'capacityProviders'>
  const removed = former.filter((name) => !listed.includes(name))
  const used = store.tasks
    .list()
    .filter(({ clusterArn: own, lastStatus }) => own === key && lastStatus !== 'STOPPED')
    .find(({ capacityProviderName: name = '' }) => removed.includes(name))
  if (used === undefined) return
  throw new AwsError(
    'ResourceInUseException',
    `The capacity provider ${used.capacityProviderName} cannot be taken from the cluster while tasks use it, as ` +
      `${used.taskArn} does.`,
  )
}

function checkSame(existing: Cluster, asked: Cluster): void {
  if (settingsText(existing) === settingsText(asked)) return
  throw invalidParameter(
    'Arguments on this idempotent request are inconsistent with arguments used in previous request(s).',
  )
}

const settingsText = ({ tags, recorded }: Cluster): string => JSON.stringify([tags, recorded])

/** A deleted cluster stays describable as INACTIVE until one of its name is created again. */
function deleteCluster(store: Store, cluster: Cluster): Cluster {
  const { clusterArn: key } = cluster
  if (store.services.list().some((service) => service.clusterArn === key && service.status !== 'INACTIVE')) {
    throw new AwsError('ClusterContainsServicesException', 'The Cluster cannot be deleted while Services are active.')
  }
  if (store.tasks.list().some((task) => task.clusterArn === key && task.lastStatus !== 'STOPPED')) {
    throw new AwsError('ClusterContainsTasksException', 'The Cluster cannot be deleted while Tasks are active.')
  }
  const deleted: Cluster = { ...cluster, status: 'INACTIVE' }
  store.clusters.put(key, deleted)
  return deleted
}

function describable(engine: Engine, place: Place, name: string): Cluster | undefined {
  const key = clusterArn(place, name)
  return key === clusterArn(place, 'default') ? findCluster(engine, place, name) : engine.store.clusters.get(key)
}

function answer(store: Store, cluster: Cluster, include: readonly sdk.ClusterField[]): Answer<sdk.Cluster> {
  const recorded: Partial<sdk.Cluster> = cluster.recorded
  const tasks = store.tasks
    .list()
    .filter((task) => task.clusterArn === cluster.clusterArn && task.lastStatus !== 'STOPPED')
  const services = store.services.list().filter((service) => service.clusterArn === cluster.clusterArn)
  const running = tasks.filter((task) => task.lastStatus === 'RUNNING')
  const pending = tasks.filter((task) => ['PROVISIONING', 'PENDING', 'ACTIVATING'].includes(task.lastStatus))
  const active = services.filter((service) => service.status === 'ACTIVE')
  const draining = services.filter((service) => service.status === 'DRAINING')
  return {
    clusterArn: cluster.clusterArn,
    clusterName: cluster.clusterName,
    status: cluster.status,
    registeredContainerInstancesCount: 0,
    runningTasksCount: running.length,
    pendingTasksCount: pending.length,
    activeServicesCount: active.length,
    statistics: include.includes('STATISTICS')
      ? [
          ...byLaunchType(running, (type) => `running${type}TasksCount`),
          ...byLaunchType(pending, (type) => `pending${type}TasksCount`),
          ...byLaunchType(active, (type) => `active${type}ServiceCount`),
          ...byLaunchType(draining, (type) => `draining${type}ServiceCount`),
        ]
      : [],
    tags: include.includes('TAGS') ? tagList(cluster.tags) : [],
    settings: include.includes('SETTINGS')
      ? (recorded.settings ?? [{ name: 'containerInsights', value: 'disabled' }])
      : [],
    configuration: include.includes('CONFIGURATIONS') ? recorded.configuration : undefined,
    capacityProviders: recorded.capacityProviders ?? [],
    defaultCapacityProviderStrategy: recorded.defaultCapacityProviderStrategy ?? [],
  }
}

function byLaunchType(
  things: readonly { readonly launchType: string }[],
  name: (type: string) => string,
): readonly sdk.KeyValuePair[] {
  const count = (launchType: string): string => `${things.filter((thing) => thing.launchType === launchType).length}`
  return [
    { name: name('EC2'), value: count('EC2') },
    { name: name('Fargate'), value: count('FARGATE') },
  ]
}
