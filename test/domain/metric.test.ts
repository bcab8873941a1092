import assert from 'node:assert/strict'
import { test } from 'node:test'
import { metricKey } from '../../src/domain/metric.ts'

test('the order of dimensions does not make another metric, everything else does', () => {
  const [a, b] = [
    { name: 'A', value: '1' },
    { name: 'B', value: '2' },
  ]
  const id = { region: 'us-east-1', namespace: 'App', metricName: 'Errors', dimensions: [a, b] }
  assert.equal(metricKey(id), metricKey({ ...id, dimensions: [b, a] }))
  const others = [
    { ...id, region: 'eu-west-1' },
    { ...id, namespace: 'Other' },
    { ...id, metricName: 'Other' },
    { ...id, dimensions: [a] },
  ]
  assert.equal(new Set([id, ...others].map(metricKey)).size, 5)
})
