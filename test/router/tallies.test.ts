import assert from 'node:assert/strict'
import { test } from 'node:test'
import { latencyBucket } from '../../src/domain/latency-bucket.ts'
import { atOnce } from '../../src/router/slices.ts'
import { answerLeft, clientClosed, ownOutcome, Tallies, targetClosed, targetOutcome } from '../../src/router/tallies.ts'

const target = { address: '10.0.0.1:80' }
const ofTarget = { listenerArn: 'l', targetGroupArn: 'g', target: '10.0.0.1:80' }

test('requests are counted by listener, target group, target and outcome', () => {
  const tallies = new Tallies()
  const group = tallies.ofListener('l').ofGroup('g')
  group.ofTarget(target).add(targetOutcome(204), 204)
  group.ofTarget(target).add(targetOutcome(200), 200)
  group.own.add(ownOutcome(503), 503)
  tallies.ofListener('l').own.add(ownOutcome(408), 408)
  tallies.ofListener('l').own.add(clientClosed, 400)
  group.ofTarget(target).add(clientClosed, 460)
  for (const statusCode of [200, 206]) group.ofTarget(target).add(answerLeft, statusCode)
  group.ofTarget(target).add(targetClosed, 404)
  assert.deepEqual(atOnce(tallies.reporting()).counts, [
    { listenerArn: 'l', outcome: 'elb-4xx', count: 1 },
    { listenerArn: 'l', outcome: 'client-closed', statusCode: 400, count: 1 },
    { listenerArn: 'l', targetGroupArn: 'g', outcome: 'elb-5xx', statusCode: 503, count: 1 },
    { ...ofTarget, outcome: '2xx', count: 2 },
    { ...ofTarget, outcome: 'client-closed', statusCode: 460, count: 1 },
    { ...ofTarget, outcome: 'client-closed', targetAnswer: '2xx', count: 2 },
    { ...ofTarget, outcome: 'target-closed', targetAnswer: '4xx', count: 1 },
  ])
})

test('every status code has its outcome', () => {
  const tallies = new Tallies()
  const { own } = tallies.ofListener('l')
  for (const statusCode of [101, 200, 301, 404, 500, 999]) own.add(targetOutcome(statusCode), statusCode)
  for (const statusCode of [200, 301, 404, 460, 502]) own.add(ownOutcome(statusCode), statusCode)
  const counts = Object.fromEntries(atOnce(tallies.reporting()).counts.map(({ outcome, count }) => [outcome, count]))
  assert.deepEqual(counts, {
    '1xx': 1,
    '2xx': 1,
    '3xx': 1,
    '4xx': 1,
    '5xx': 2,
    'elb-2xx': 1,
    'elb-3xx': 1,
    'elb-4xx': 2,
    'elb-5xx': 1,
  })
})

test('response times and failed connections are counted by listener and target group', () => {
  const tallies = new Tallies()
  const group = tallies.ofListener('l').ofGroup('g')
  assert.deepEqual(atOnce(tallies.reporting()).exchanges, [])
  group.addResponse(0.01)
  group.addResponse(0.01)
  group.addFailedConnection(false)
  group.addFailedConnection(true)
  group.addFailedConnection(true)
  group.nonStickyRequests++
  assert.deepEqual(atOnce(tallies.reporting()).exchanges, [
    {
      listenerArn: 'l',
      targetGroupArn: 'g',
      connectionErrors: 1,
      tlsNegotiationErrors: 2,
      nonStickyRequests: 1,
      responseTimes: { sumSeconds: 0.02, counts: [[latencyBucket(0.01), 2]] },
    },
  ])
})

test('the counts of targets long gone go into one row of their group', () => {
  const tallies = new Tallies()
  const group = tallies.ofListener('l').ofGroup('g')
  const targets = [1, 2, 3].map((port) => ({ address: `[::1]:${port}` }))
  for (const each of targets) group.ofTarget(each).add(targetOutcome(200), 200)
  for (const each of targets.slice(0, 2)) tallies.fold('g', each)
  assert.deepEqual(atOnce(tallies.reporting()).counts, [
    { listenerArn: 'l', targetGroupArn: 'g', outcome: '2xx', count: 2 },
    { listenerArn: 'l', targetGroupArn: 'g', target: '[::1]:3', outcome: '2xx', count: 1 },
  ])
})

test('what a target does for several listeners, and after it was folded, is counted where it belongs', () => {
  const tallies = new Tallies()
  const [first, second] = ['l', 'm'].map((arn) => tallies.ofListener(arn).ofGroup('g'))
  const [one, other] = [{ address: '10.0.0.7:80' }, { address: '10.0.0.8:80' }]
  for (const group of [first, second, first]) {
    for (const each of [one, other]) group?.ofTarget(each).add(targetOutcome(200), 200)
  }
  tallies.fold('g', one)
  first?.ofTarget(one).add(targetOutcome(404), 404)
  const inGroup = { listenerArn: 'l', targetGroupArn: 'g' }
  assert.deepEqual(atOnce(tallies.reporting()).counts, [
    { ...inGroup, outcome: '2xx', count: 2 },
    { ...inGroup, target: other.address, outcome: '2xx', count: 2 },
    { ...inGroup, target: one.address, outcome: '4xx', count: 1 },
    { ...inGroup, listenerArn: 'm', outcome: '2xx', count: 1 },
    { ...inGroup, listenerArn: 'm', target: other.address, outcome: '2xx', count: 1 },
  ])
})

test('listeners and target groups that are long gone are forgotten, those that come back are not', () => {
  const tallies = new Tallies()
  tallies.ofListener('gone').ofGroup('a').own.add(ownOutcome(503), 503)
  tallies.ofListener('there').ofGroup('b').own.add(ownOutcome(503), 503)
  const there = new Set(['there', 'a'])
  tallies.forgetGone((arn) => there.has(arn), 1_000, 100)
  assert.equal(atOnce(tallies.reporting()).counts.length, 2)
  there.add('b')
  tallies.forgetGone((arn) => there.has(arn), 1_050, 100)
  there.delete('b')
  tallies.forgetGone((arn) => there.has(arn), 1_100, 100)
  assert.deepEqual(
    atOnce(tallies.reporting()).listeners.map(({ listenerArn }) => listenerArn),
    ['there'],
  )
  assert.equal(atOnce(tallies.reporting()).counts.length, 1)
  tallies.forgetGone((arn) => there.has(arn), 1_200, 100)
  assert.deepEqual(atOnce(tallies.reporting()).counts, [])
})

test('a target group for which nobody has counted anything is forgotten at once, any other one is not', () => {
  const tallies = new Tallies()
  const listener = tallies.ofListener('l')
  for (const arn of ['unused', 'asked', 'refused']) listener.ofGroup(arn)
  // The request is not over yet, and is counted when it is.
  const { own } = listener.ofGroup('refused')
  const asked = listener.ofGroup('asked').ofTarget({ address: '10.0.0.1:80' })
  listener.forgetUnused(['unused', 'asked', 'refused'])
  own.add(ownOutcome(503), 503)
  asked.add(targetOutcome(200), 200)
  assert.deepEqual([...listener.groups.keys()], ['asked', 'refused'])
  assert.deepEqual(
    atOnce(tallies.reporting()).counts.map(({ targetGroupArn }) => targetGroupArn),
    ['asked', 'refused'],
  )
})
