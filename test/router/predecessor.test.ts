import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import { test } from 'node:test'
import { reportInJson, type RouterReport } from '../../src/domain/router-report.ts'
import { Predecessor } from '../../src/router/predecessor.ts'

const target = { health: { state: 'healthy' }, inFlight: 3 } as const
const counts = [{ listenerArn: 'l', outcome: '2xx', count: 7 }] as const

function report(more: Partial<RouterReport>): RouterReport {
  return { routerId: 'new', pid: 2, tableVersion: 5, refusedListeners: [], targets: new Map(), counts: [], ...more }
}

function listeners(activeConnections: number) {
  return [
    {
      listenerArn: 'l',
      newConnections: 9,
      activeConnections,
      rejectedConnections: 0,
      tlsNegotiationErrors: 0,
      processedBytes: 0,
      ruleEvaluations: 0,
      desyncNonCompliantRequests: 0,
      droppedInvalidHeaderRequests: 0,
      forwardedInvalidHeaderRequests: 0,
    },
  ]
}

test('of a router that is gone the counts are told for a while, and no connections or requests as open', () => {
  const channel = new EventEmitter()
  const predecessor = new Predecessor(channel as NodeJS.Process)
  predecessor.ports().catch(() => undefined)
  const last = report({ routerId: 'old', pid: 1, targets: new Map([['t', target]]), counts, listeners: listeners(4) })
  channel.emit('message', { kind: 'report', report: reportInJson(last) })
  const own = report({ targets: new Map([['t', { ...target, inFlight: 1 }]]), listeners: listeners(2) })
  const before = predecessor.addedTo(own)
  assert.deepEqual([before.targets.get('t')?.inFlight, before.listeners?.[0]?.activeConnections], [4, 6])

  channel.emit('disconnect')
  const after = predecessor.addedTo(own)
  assert.deepEqual([after.targets.get('t')?.inFlight, after.listeners?.[0]?.activeConnections], [1, 2])
  assert.equal(after.listeners?.[0]?.newConnections, 18)
  assert.deepEqual(after.counts, counts)
})
