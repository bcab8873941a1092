import type * as sdk from '@aws-sdk/client-ecs'
import type { CapacityProviderStrategyItem } from '../../domain/service.ts'
import type { Answer } from '../handlers.ts'
import { defined } from './defined.ts'
import { invalidParameter } from './errors.ts'

const known: readonly string[] = ['FARGATE', 'FARGATE_SPOT']

/**
 * A capacity provider strategy: recorded and answered back, as one machine has nothing to choose from. Undefined where none is
 * given or an empty one takes it away.
 * @throws InvalidParameterException
 */
export function readCapacityProviderStrategy(
  given: Answer<sdk.CapacityProviderStrategyItem>[] | undefined,
): readonly CapacityProviderStrategyItem[] | undefined {
  if (given === undefined || given.length === 0) return undefined
  if (given.length > 20) throw invalidParameter('capacityProviderStrategy can have at most 20 items.')
  const strategy = given.map(readItem)
  if (strategy.filter(({ base = 0 }) => base > 0).length > 1) {
    throw invalidParameter('Only one capacity provider in a capacity provider strategy can have a base defined.')
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
  return { capacityProvider, ...defined({ weight, base }) }
}
