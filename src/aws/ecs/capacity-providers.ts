import type * as sdk from '@aws-sdk/client-ecs'
import type { Cluster } from '../../domain/cluster.ts'
import type { CapacityProviderStrategyItem } from '../../domain/service.ts'
import type { Answer } from '../handlers.ts'
import { invalidParameter } from './errors.ts'
import { isAsked } from './members.ts'

const known: readonly string[] = ['FARGATE', 'FARGATE_SPOT']

/**
 * The strategy by which the tasks of a request are dealt out: its own, or without a launch type the cluster's default one.
 * @throws InvalidParameterException
 */
export function strategyOf(
  { capacityProviderStrategy, launchType }: Pick<sdk.RunTaskRequest, 'capacityProviderStrategy' | 'launchType'>,
  cluster: Cluster,
): readonly CapacityProviderStrategyItem[] | undefined {
  if (launchType !== undefined || isAsked(capacityProviderStrategy)) {
    return associated(readCapacityProviderStrategy(capacityProviderStrategy), cluster)
  }
  const { defaultCapacityProviderStrategy } = cluster.recorded as Partial<sdk.Cluster>
  return readCapacityProviderStrategy(defaultCapacityProviderStrategy)
}

/**
 * The strategy of a service as UpdateService changes it: what the request leaves out stays, and an empty one takes it away.
 * @throws InvalidParameterException
 */
export function changedStrategy(
  {
    capacityProviderStrategy: given,
    forceNewDeployment,
  }: Pick<sdk.UpdateServiceRequest, 'capacityProviderStrategy' | 'forceNewDeployment'>,
  current: readonly CapacityProviderStrategyItem[] | undefined,
  cluster: Cluster,
): readonly CapacityProviderStrategyItem[] | undefined {
  if (given === undefined) return current
  const asked = readCapacityProviderStrategy(given)
  // An earlier engine kept what was left out as left out.
  if (JSON.stringify(asked) === JSON.stringify(current?.map(readItem))) return current
  if (forceNewDeployment !== true) {
    throw invalidParameter(
      'When switching from launch type to capacity provider strategy on an existing service, or making a change to a ' +
        'capacity provider strategy on a service that is already using one, you must force a new deployment.',
    )
  }
  return associated(asked, cluster)
}

/** @throws InvalidParameterException for a provider that the cluster does not have. */
function associated(
  strategy: readonly CapacityProviderStrategyItem[] | undefined,
  { recorded }: Cluster,
): readonly CapacityProviderStrategyItem[] | undefined {
  const { capacityProviders = [] } = recorded as Partial<sdk.Cluster>
  if (strategy?.every(({ capacityProvider }) => capacityProviders.includes(capacityProvider)) !== false) return strategy
  throw invalidParameter(
    'The specified capacity provider strategy cannot contain a capacity provider that is not associated with the ' +
      'cluster. Associate the capacity provider with the cluster or specify a valid capacity provider and try again.',
  )
}

/**
 * A capacity provider strategy with the values that ECS answers for what is left out. Undefined where none is given or an
 * empty one takes it away.
 * @throws InvalidParameterException
 */
export function readCapacityProviderStrategy(
  given: Answer<sdk.CapacityProviderStrategyItem>[] | undefined,
): readonly CapacityProviderStrategyItem[] | undefined {
  if (given === undefined || given.length === 0) return undefined
  if (given.length > 20) throw invalidParameter('capacityProviderStrategy can have at most 20 items.')
  const strategy = given.map(readItem)
  if (strategy.filter(({ base }) => base > 0).length > 1) {
    throw invalidParameter('Only one capacity provider in a capacity provider strategy can have a base defined.')
  }
  if (strategy.length > 1 && strategy.every(({ weight }) => weight === 0)) {
    throw invalidParameter(
      'At least one of several capacity providers in a strategy needs a weight greater than 0: no task could be placed.',
    )
  }
  return strategy
}

function readItem({ capacityProvider, weight, base }: Answer<sdk.CapacityProviderStrategyItem>) {
  if (capacityProvider === undefined || !known.includes(capacityProvider)) {
    throw invalidParameter(
      `The specified capacity provider '${capacityProvider ?? ''}' was not found. Specify FARGATE or FARGATE_SPOT: ` +
        'this machine has no others.',
    )
  }
  if ((weight ?? 0) < 0 || (weight ?? 0) > 1000) {
    throw invalidParameter('The weight of a capacity provider must be between 0 and 1000.')
  }
  if ((base ?? 0) < 0 || (base ?? 0) > 100_000) {
    throw invalidParameter('The base of a capacity provider must be between 0 and 100000.')
  }
  return { capacityProvider, weight: weight ?? 0, base: base ?? 0 }
}
