import type { CapacityProviderStrategyItem } from './service.ts'
import type { Task } from './task.ts'

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
