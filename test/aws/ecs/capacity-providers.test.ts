import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { readCapacityProviderStrategy } from '../../../src/aws/ecs/capacity-providers.ts'

describe('a capacity provider strategy', () => {
  test('is answered with the values for what is left out; an empty one is none', () => {
    const strategy = [
      { capacityProvider: 'FARGATE', base: 1, weight: 1 },
      { capacityProvider: 'FARGATE_SPOT', weight: 4 },
    ]
    assert.deepEqual(readCapacityProviderStrategy(strategy), [strategy[0], { ...strategy[1], base: 0 }])
    assert.equal(readCapacityProviderStrategy([]), undefined)
    assert.equal(readCapacityProviderStrategy(undefined), undefined)
  })

  test('names the providers of this machine, one base at most, and weights in their limits', () => {
    const refused = [
      [[{ capacityProvider: 'my-asg' }], /The specified capacity provider 'my-asg' was not found/],
      [[{ capacityProvider: 'FARGATE', weight: 1001 }], /The weight of a capacity provider must be between 0 and 1000/],
      [[{ capacityProvider: 'FARGATE', base: -1 }], /The base of a capacity provider/],
      [
        [
          { capacityProvider: 'FARGATE', base: 1 },
          { capacityProvider: 'FARGATE_SPOT', base: 1 },
        ],
        /Only one capacity provider/,
      ],
      [[{ capacityProvider: 'FARGATE' }, { capacityProvider: 'FARGATE_SPOT' }], /needs a weight greater than 0/],
    ] as const
    for (const [strategy, message] of refused) {
      assert.throws(() => readCapacityProviderStrategy([...strategy]), message)
    }
  })
})
