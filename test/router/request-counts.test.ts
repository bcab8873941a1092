import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RequestCounts } from '../../src/router/request-counts.ts'

test('requests are counted by listener, target group, target and outcome', () => {
  const counts = new RequestCounts()
  const target = { id: '10.0.0.1', port: 80 }
  counts.add({ listenerArn: 'l', targetGroupArn: 'g', target }, '2xx')
  counts.add({ listenerArn: 'l', targetGroupArn: 'g', target }, '2xx')
  counts.add({ listenerArn: 'l' }, 'elb-4xx')
  assert.deepEqual(counts.list(), [
    { listenerArn: 'l', targetGroupArn: 'g', target: '10.0.0.1:80', outcome: '2xx', count: 2 },
    { listenerArn: 'l', outcome: 'elb-4xx', count: 1 },
  ])
})

test('the counts of targets long gone go into one row of their group', () => {
  const counts = new RequestCounts()
  for (const port of [1, 2, 3]) {
    counts.add({ listenerArn: 'l', targetGroupArn: 'g', target: { id: '::1', port } }, '2xx')
  }
  counts.fold('g ::1:1')
  counts.fold('g ::1:2')
  assert.deepEqual(counts.list(), [
    { listenerArn: 'l', targetGroupArn: 'g', target: '::1:3', outcome: '2xx', count: 1 },
    { listenerArn: 'l', targetGroupArn: 'g', outcome: '2xx', count: 2 },
  ])
})
