import assert from 'node:assert/strict'
import { test } from 'node:test'
import { accountOf } from '../../src/console/traffic-view.ts'

test('one request that was answered is told as one', () => {
  assert.equal(verdictOf(1), 'Nothing was lost: 1 of 1 request was answered, none failed.')
  assert.equal(verdictOf(1200), 'Nothing was lost: 1,200 of 1,200 requests were answered, none failed.')
})

function verdictOf(answered: number): string {
  const counts = [{ listener: 'production', targetGroup: 'web-blue', outcome: '2xx', count: answered }]
  const observations = [{ kind: 'traffic', from: 0, at: 1000, counts, weights: {} }]
  return accountOf(observations as never, { blue: 'web-blue', green: 'web-green' }, true).verdict
}
