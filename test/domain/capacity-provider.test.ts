import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { capacityProviders } from '../../src/domain/capacity-provider.ts'
import type { CapacityProviderStrategyItem } from '../../src/domain/service.ts'
import { aTask } from '../world/a-service.ts'

/** `FARGATE 2, FARGATE_SPOT 3` */
function dealt(
  count: number,
  strategy: readonly CapacityProviderStrategyItem[],
  before: readonly string[] = [],
): string {
  const tasks = before.map((capacityProviderName, index) => aTask(`task${index}`, { capacityProviderName }))
  const providers = capacityProviders(strategy, tasks)
  const names = Array.from({ length: count }, () => providers.next().capacityProviderName)
  return strategy
    .map(({ capacityProvider: name }) => `${name} ${[...before, ...names].filter((each) => each === name).length}`)
    .join(', ')
}

describe('tasks dealt out to capacity providers', () => {
  const spot = { capacityProvider: 'FARGATE_SPOT', weight: 3 }

  test('go to the one there is, whatever its weight', () => {
    assert.equal(dealt(3, [spot]), 'FARGATE_SPOT 3')
    assert.equal(dealt(3, [{ capacityProvider: 'FARGATE' }]), 'FARGATE 3')
  })

  test('fill the base first, and then go by weight', () => {
    assert.equal(dealt(10, [{ capacityProvider: 'FARGATE', base: 2, weight: 1 }, spot]), 'FARGATE 4, FARGATE_SPOT 6')
    assert.equal(dealt(5, [{ capacityProvider: 'FARGATE', base: 2, weight: 0 }, spot]), 'FARGATE 2, FARGATE_SPOT 3')
    assert.equal(dealt(1, [spot, { capacityProvider: 'FARGATE', base: 1 }]), 'FARGATE_SPOT 0, FARGATE 1')
  })

  test('make up for those that have gone', () => {
    const strategy = [{ capacityProvider: 'FARGATE', weight: 1 }, spot]
    const before = ['FARGATE', 'FARGATE_SPOT', 'FARGATE_SPOT']
    assert.equal(dealt(1, strategy, before), 'FARGATE 1, FARGATE_SPOT 3')
    assert.equal(
      dealt(1, [{ capacityProvider: 'FARGATE', base: 1 }, spot], ['FARGATE_SPOT']),
      'FARGATE 1, FARGATE_SPOT 1',
    )
  })

  test('have no name without a strategy', () => {
    assert.deepEqual(capacityProviders(undefined).next(), {})
  })
})
