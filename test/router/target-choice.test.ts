import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { defaultBalancing, type TargetBalancing } from '../../src/domain/routing-table.ts'
import { stickyId } from '../../src/router/sticky-cookies.ts'
import { TargetChoice } from '../../src/router/target-choice.ts'

type TestTarget = { key: string; inFlight: number; healthySince: number | undefined; startsAtOnce: boolean }

describe('the choice of a target', () => {
  test('goes round in the order of the table', () => {
    const { choose } = group(['a', 'b', 'c'])
    assert.deepEqual(times(5, choose), ['a', 'b', 'c', 'a', 'b'])
  })

  test('leaves out the unhealthy, and those tried before', () => {
    const { choose, targets } = group(['a', 'b', 'c'])
    targets.b.healthySince = undefined
    const choice = choiceOf([targets.a, targets.b, targets.c])
    assert.deepEqual(
      times(4, () => choice.choose(0, () => 0)?.key),
      ['a', 'c', 'a', 'c'],
    )
    assert.equal(choice.choose(0, () => 0, new Set(['a']))?.key, 'c')
    assert.equal(
      choice.choose(0, () => 0, new Set(['a', 'c'])),
      undefined,
      'an unhealthy one is no way out while one is healthy',
    )
    assert.equal(choose(), 'a')
  })

  test('is between all registered targets when none is healthy, and says so', () => {
    const targets = ['a', 'b'].map((key) => ({ key, inFlight: 0, healthySince: undefined, startsAtOnce: false }))
    const choice = choiceOf(targets)
    assert.equal(choice.isFailingOpen, true)
    assert.deepEqual(
      times(3, () => choice.choose(0, () => 0)?.key),
      ['a', 'b', 'a'],
    )
  })

  test('is between all registered targets when fewer are healthy than are to be', () => {
    const targets = ['a', 'b', 'c', 'd'].map((key, at) => ({
      key,
      inFlight: 0,
      healthySince: at < 2 ? 1 : undefined,
      startsAtOnce: false,
    }))
    const isFailingOpen = (minimumHealthy: TargetBalancing['minimumHealthy']): boolean =>
      choiceOf(targets, { minimumHealthy }).isFailingOpen
    assert.equal(isFailingOpen({ count: 2 }), false)
    assert.equal(isFailingOpen({ count: 3 }), true)
    assert.equal(isFailingOpen({ count: 1, percentage: 50 }), false)
    assert.equal(isFailingOpen({ count: 1, percentage: 51 }), true)
  })

  test('of nothing is nothing', () => {
    const choice = choiceOf([])
    assert.equal(choice.isEmpty, true)
    for (const algorithm of ['round_robin', 'least_outstanding_requests', 'weighted_random'] as const) {
      choice.update([], { ...defaultBalancing, algorithm })
      assert.equal(
        choice.choose(0, () => 0.5),
        undefined,
      )
    }
  })

  test('by least outstanding requests takes the least busy one, in turn among equals', () => {
    const { targets, choose } = group(['a', 'b', 'c'], { algorithm: 'least_outstanding_requests' })
    targets.a.inFlight = 2
    targets.b.inFlight = 1
    targets.c.inFlight = 1
    const chosen = times(4, choose)
    assert.ok(!chosen.includes('a'))
    assert.deepEqual(new Set(chosen), new Set(['b', 'c']))
    targets.a.inFlight = 0
    assert.deepEqual(times(3, choose), ['a', 'a', 'a'])
  })

  test('by weighted random follows the dice, and goes on from there when that one was tried', () => {
    const targets = ['a', 'b', 'c', 'd'].map((key) => ({ key, inFlight: 0, healthySince: 1, startsAtOnce: false }))
    const choice = choiceOf(targets, { algorithm: 'weighted_random' })
    assert.deepEqual(
      [0, 0.3, 0.6, 0.999].map((random) => choice.choose(0, () => random)?.key),
      ['a', 'b', 'c', 'd'],
    )
    assert.equal(choice.choose(0, () => 0.999, new Set(['d']))?.key, 'a')
  })

  test('finds the target of a sticky cookie while that may get requests', () => {
    const { targets } = group(['a', 'b'])
    const choice = choiceOf([targets.a, targets.b])
    assert.equal(choice.sticky(stickyId('b'))?.key, 'b')
    targets.b.healthySince = undefined
    choice.update([targets.a, targets.b])
    assert.equal(choice.sticky(stickyId('b')), undefined)
    assert.equal(choice.sticky('somebody else'), undefined)
  })
})

describe('slow start', () => {
  const slowly = { slowStartSeconds: 100 }
  const joined = 1_000_000

  test('gives one that joins a share that rises in a line to a full one', () => {
    const { targets, choice } = group(['old'], slowly)
    const young = { key: 'young', inFlight: 0, healthySince: joined, startsAtOnce: false }
    choice.update([targets.old, young], { ...defaultBalancing, ...slowly })
    const shareAt = (seconds: number): number => {
      const chosen = times(1000, () => choice.choose(joined + seconds * 1000, () => 0)?.key)
      const ofYoung = chosen.filter((key) => key === 'young').length
      return ofYoung / (chosen.length - ofYoung)
    }
    assert.equal(shareAt(0), 0)
    for (const seconds of [10, 50, 90]) assert.ok(Math.abs(shareAt(seconds) - seconds / 100) < 0.01, String(seconds))
    assert.equal(shareAt(100), 1)
  })

  test('is not for those who join an empty group together', () => {
    const { choose } = group(['a', 'b'], slowly)
    assert.deepEqual(times(4, choose), ['a', 'b', 'a', 'b'])
  })

  test('is not for those who join where everybody else is at it still', () => {
    const { targets, choice } = group(['old'], slowly)
    const balancing = { ...defaultBalancing, ...slowly }
    const young = { key: 'young', inFlight: 0, healthySince: joined, startsAtOnce: false }
    choice.update([targets.old, young], balancing)
    const youngest = { key: 'youngest', inFlight: 0, healthySince: joined + 10_000, startsAtOnce: false }
    choice.update([young, youngest], balancing)
    const chosen = times(100, () => choice.choose(joined + 50_000, () => 0)?.key)
    assert.ok(chosen.filter((key) => key === 'youngest').length > 60)
  })

  test('is for one that joins later, also where nobody asked the group in between', () => {
    const targets = ['old', 'young'].map((key, at) => ({
      key,
      inFlight: 0,
      healthySince: joined + at,
      startsAtOnce: false,
    }))
    const choice = choiceOf(targets, slowly)
    const chosen = times(100, () => choice.choose(joined + 10_000, () => 0)?.key)
    assert.equal(chosen.filter((key) => key === 'young').length, 9)
    const firsts = targets.map((target) => ({ ...target, startsAtOnce: true }))
    const equals = choiceOf(firsts, slowly)
    assert.deepEqual(
      times(4, () => equals.choose(joined + 10_000, () => 0)?.key),
      ['old', 'young', 'old', 'young'],
    )
  })

  test('begins again for one that was ill in between', () => {
    const { targets, choice } = group(['old', 'other'], slowly)
    const balancing = { ...defaultBalancing, ...slowly }
    targets.other.healthySince = undefined
    choice.update([targets.old, targets.other], balancing)
    targets.other.healthySince = joined
    choice.update([targets.old, targets.other], balancing)
    const chosen = times(100, () => choice.choose(joined + 10_000, () => 0)?.key)
    const share = chosen.filter((key) => key === 'other').length
    assert.ok(share >= 8 && share <= 10, String(share))
  })

  test('leaves no request without a target when the others were tried', () => {
    const { targets, choice } = group(['old'], slowly)
    const young = { key: 'young', inFlight: 0, healthySince: joined, startsAtOnce: false }
    choice.update([targets.old, young], { ...defaultBalancing, ...slowly })
    assert.equal(choice.choose(joined, () => 0, new Set(['old']))?.key, 'young')
  })
})

function choiceOf(targets: readonly TestTarget[], balancing: Partial<TargetBalancing> = {}): TargetChoice<TestTarget> {
  const choice = new TargetChoice<TestTarget>()
  choice.update(targets, { ...defaultBalancing, ...balancing })
  return choice
}

/** A group of healthy targets with these keys. */
function group<Key extends string>(keys: readonly Key[], balancing: Partial<TargetBalancing> = {}) {
  const target = (key: Key) => [key, { key, inFlight: 0, healthySince: 1, startsAtOnce: false }] as const
  const targets = Object.fromEntries(keys.map(target)) as unknown as Record<Key, TestTarget>
  const choice = choiceOf(Object.values<TestTarget>(targets), balancing)
  return { targets, choice, choose: () => choice.choose(0, () => 0)?.key }
}

function times<Result>(count: number, action: () => Result): Result[] {
  return Array.from({ length: count }, action)
}
