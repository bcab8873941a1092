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
  { recorded }: Cluster,
): readonly CapacityProviderStrategyItem[] | undefined {
  if (launchType !== undefined || isAsked(capacityProviderStrategy)) {
    return readCapacityProviderStrategy(capacityProviderStrategy)
  }
  const { defaultCapacityProviderStrategy } = recorded as Pick<sdk.Cluster, 'defaultCapacityProviderStrategy'>
  return readCapacityProviderStrategy(defaultCapacityProviderStrategy)
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
