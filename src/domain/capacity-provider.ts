import type { CapacityProviderStrategyItem } from './service.ts'
import type { Task } from './task.ts'

/** Those of Fargate, which every account has. */
export const fargateProviders: readonly string[] = ['FARGATE', 'FARGATE_SPOT']

/**
 * Deals tasks out to the capacity providers of a strategy as ECS does: first as many as are its base, then each to the one
 * that has the fewest for its weight. `tasks` are those that count already. Without a strategy there are no names.
 */
export function capacityProviders(
  strategy: readonly CapacityProviderStrategyItem[] | undefined,
  tasks: readonly Task[] = [],
): { next(): Pick<Task, 'capacityProviderName'> } {
  const counts = new Map<string, number>()
  const count = (name: string): number => counts.get(name) ?? 0
  for (const { capacityProviderName: name } of tasks) if (name !== undefined) counts.set(name, count(name) + 1)
  return {
    next() {
      if (strategy === undefined) return {}
      const name = chosen(strategy, count)
      counts.set(name, count(name) + 1)
      return { capacityProviderName: name }
    },
  }
}

function chosen(strategy: readonly CapacityProviderStrategyItem[], count: (name: string) => number): string {
  const first = strategy.find(({ capacityProvider, base = 0 }) => count(capacityProvider) < base)
  if (first !== undefined) return first.capacityProvider
  const load = ({ capacityProvider, base = 0, weight = 0 }: CapacityProviderStrategyItem): number =>
    weight === 0 ? Infinity : (count(capacityProvider) - base + 1) / weight
  const [least] = strategy.toSorted((one, other) => (load(one) < load(other) ? -1 : load(one) > load(other) ? 1 : 0))
  return least?.capacityProvider ?? ''
}

/** A strategy as ECS answers it, with its values for what is left out; an empty one is none. */
export function completedStrategy(
  given: readonly CapacityProviderStrategyItem[] | undefined,
): readonly CapacityProviderStrategyItem[] | undefined {
  if (given === undefined || given.length === 0) return undefined
  return given.map(({ capacityProvider, weight = 0, base = 0 }) => ({ capacityProvider, weight, base }))
}

/** What is said against the names of a strategy; undefined where this machine has all of them. */
export function unknownProviderRefusal(strategy: readonly CapacityProviderStrategyItem[]): string | undefined {
  const unknown = strategy.find(({ capacityProvider }) => !fargateProviders.includes(capacityProvider))
  if (unknown === undefined) return undefined
  return (
    `The specified capacity provider '${unknown.capacityProvider}' was not found. Specify FARGATE or FARGATE_SPOT: ` +
    'this machine has no others.'
  )
}

/** What ECS says against the numbers of a strategy; undefined where it takes them. */
export function strategyRefusal(strategy: readonly CapacityProviderStrategyItem[]): string | undefined {
  if (strategy.length > 20) return 'capacityProviderStrategy can have at most 20 items.'
  if (strategy.some(({ weight = 0 }) => weight < 0 || weight > 1000)) {
    return 'The weight of a capacity provider must be between 0 and 1000.'
  }
  if (strategy.some(({ base = 0 }) => base < 0 || base > 100_000)) {
    return 'The base of a capacity provider must be between 0 and 100000.'
  }
  if (strategy.filter(({ base = 0 }) => base > 0).length > 1) {
    return 'Only one capacity provider in a capacity provider strategy can have a base defined.'
  }
  if (strategy.length > 1 && strategy.every(({ weight = 0 }) => weight === 0)) {
    return 'At least one of several capacity providers in a strategy needs a weight greater than 0: no task could be placed.'
  }
  return undefined
}

/** What ECS says against a strategy in a cluster with the associated providers; undefined where that has all of them. */
export function associationRefusal(
  strategy: readonly CapacityProviderStrategyItem[],
  associated: readonly string[],
): string | undefined {
  if (strategy.every(({ capacityProvider }) => associated.includes(capacityProvider))) return undefined
  return (
    'The specified capacity provider strategy cannot contain a capacity provider that is not associated with the ' +
    'cluster. Associate the capacity provider with the cluster or specify a valid capacity provider and try again.'
  )
}
