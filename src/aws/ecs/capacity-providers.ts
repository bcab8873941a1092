import type * as sdk from '@aws-sdk/client-ecs'
import {
  associationRefusal,
  completedStrategy,
  strategyRefusal,
  unknownProviderRefusal,
} from '../../domain/capacity-provider.ts'
import { capacityProvidersOf } from '../../domain/cluster.ts'
import type { Cluster } from '../../domain/cluster.ts'
import type { CapacityProviderStrategyItem } from '../../domain/service.ts'
import type { Answer } from '../handlers.ts'
import { defined } from './defined.ts'
import { invalidParameter } from './errors.ts'
import { isAsked } from './members.ts'

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
  if (JSON.stringify(asked) === JSON.stringify(completedStrategy(current))) return current
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
  cluster: Cluster,
): readonly CapacityProviderStrategyItem[] | undefined {
  const refusal = strategy && associationRefusal(strategy, capacityProvidersOf(cluster))
  if (refusal !== undefined) throw invalidParameter(refusal)
  return strategy
}

/**
 * A capacity provider strategy with the values that ECS answers for what is left out. Undefined where none is given or an
 * empty one takes it away.
 * @throws InvalidParameterException
 */
export function readCapacityProviderStrategy(
  given: Answer<sdk.CapacityProviderStrategyItem>[] | undefined,
): readonly CapacityProviderStrategyItem[] | undefined {
  const strategy = givenStrategy(given)
  const refusal = strategy && (unknownProviderRefusal(strategy) ?? strategyRefusal(strategy))
  if (refusal !== undefined) throw invalidParameter(refusal)
  return strategy
}

/** As it is given, with ECS's values for what is left out. Nothing of it is checked. */
export function givenStrategy(
  given: Answer<sdk.CapacityProviderStrategyItem>[] | undefined,
): readonly CapacityProviderStrategyItem[] | undefined {
  return completedStrategy(
    given?.map(({ capacityProvider = '', weight, base }) => ({ capacityProvider, ...defined({ weight, base }) })),
  )
}
