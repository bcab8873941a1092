import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RequestCount } from '../../src/domain/router-report.ts'
import { countedSince, countsOf, haveSameWeights, joined, sumOf, verdictOf } from '../../src/domain/traffic-account.ts'
import type { CountedTraffic, TrafficCount } from '../../src/domain/traffic-account.ts'

const counted: CountedTraffic = {
  prodListenerArn: 'prod',
  testListenerArn: 'test',
  targetGroups: [{ name: 'web-blue', targetGroupArn: 'blue-arn' }],
}

test('requests are summed over the targets; those of other listeners are left out', () => {
  const counts: readonly RequestCount[] = [
    { listenerArn: 'prod', targetGroupArn: 'blue-arn', target: '127.0.0.1:1', outcome: '2xx', count: 3 },
    { listenerArn: 'prod', targetGroupArn: 'blue-arn', target: '127.0.0.1:2', outcome: '2xx', count: 4 },
    { listenerArn: 'prod', targetGroupArn: 'other-arn', target: '127.0.0.1:3', outcome: '2xx', count: 5 },
    { listenerArn: 'prod', outcome: 'elb-5xx', count: 1 },
    { listenerArn: 'test', targetGroupArn: 'blue-arn', outcome: '5xx', count: 2 },
    { listenerArn: 'another', targetGroupArn: 'blue-arn', outcome: '2xx', count: 9 },
  ]
  assert.deepEqual(countsOf(counted, counts), [
    { listener: 'production', targetGroup: 'web-blue', outcome: '2xx', count: 7 },
    { listener: 'production', targetGroup: 'other-arn', outcome: '2xx', count: 5 },
    { listener: 'production', outcome: 'elb-5xx', count: 1 },
    { listener: 'test', targetGroup: 'web-blue', outcome: '5xx', count: 2 },
  ])
})

test('what was counted since is the difference, without what stayed the same', () => {
  const before = [ok('web-blue', 3), ok('web-green', 2)]
  const now = [ok('web-blue', 3), ok('web-green', 7), ok('web-red', 1)]
  assert.deepEqual(countedSince(before, now), [ok('web-green', 5), ok('web-red', 1)])
  assert.deepEqual(sumOf([...before, ...countedSince(before, now)]), now)
})

test('two rows are joined with nothing lost', () => {
  const weights = { 'web-blue': 90, 'web-green': 10 }
  const earlier = { from: 1, to: 2, weights: { 'web-blue': 100 }, counts: [ok('web-blue', 3)] }
  const later = { from: 2, to: 5, weights, counts: [ok('web-blue', 1), ok('web-green', 1)] }
  assert.deepEqual(joined(earlier, later), { from: 1, to: 5, weights, counts: [ok('web-blue', 4), ok('web-green', 1)] })
  assert.equal(haveSameWeights(earlier.weights, later.weights), false)
  assert.equal(haveSameWeights(weights, { 'web-green': 10, 'web-blue': 90 }), true)
})

test("a client's own mistake is no failure of the service; a broken answer is", () => {
  assert.deepEqual((['2xx', '4xx', 'elb-4xx'] as const).map(verdictOf), ['answered', 'answered', 'answered'])
  assert.deepEqual((['5xx', 'elb-5xx', 'target-closed'] as const).map(verdictOf), ['failed', 'failed', 'failed'])
  assert.equal(verdictOf('client-closed'), 'given up')
})

function ok(targetGroup: string, count: number): TrafficCount {
  return { listener: 'production', targetGroup, outcome: '2xx', count }
}
