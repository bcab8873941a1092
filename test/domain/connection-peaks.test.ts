import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConnectionPeaks } from '../../src/domain/connection-peaks.ts'
import type { ListenerTotals } from '../../src/domain/router-report.ts'

const listenerArn = 'arn:aws:elasticloadbalancing:eu-west-1:000000000000:listener/app/web/50dc/0467'

function open(activeConnections: number, arn = listenerArn): ListenerTotals {
  return {
    listenerArn: arn,
    newConnections: 0,
    activeConnections,
    rejectedConnections: 0,
    tlsNegotiationErrors: 0,
    processedBytes: 0,
    ruleEvaluations: 0,
    desyncNonCompliantRequests: 0,
    droppedInvalidHeaderRequests: 0,
    forwardedInvalidHeaderRequests: 0,
  }
}

test('the most connections that were open in a minute are told once, when it has ended', () => {
  const peaks = new ConnectionPeaks(60_000)
  const other = listenerArn.replace('0467', '0468')
  assert.deepEqual(peaks.take([open(3)], 60_000), [])
  assert.deepEqual(peaks.take([open(5), open(2, other)], 70_000), [])
  assert.deepEqual(peaks.take([open(1)], 119_999), [])
  const data = peaks.take([open(1)], 120_100)
  assert.deepEqual(data, [
    {
      id: {
        region: 'eu-west-1',
        namespace: 'AWS/ApplicationELB',
        metricName: 'ActiveConnectionCount',
        dimensions: [{ name: 'LoadBalancer', value: 'app/web/50dc' }],
      },
      unit: 'Count',
      timestamp: 60_000,
      samples: { kind: 'values', values: [{ value: 7, count: 1 }] },
    },
  ])
  assert.equal(peaks.take([], 180_000).length, 1)
})

test('without connections nothing is told', () => {
  const peaks = new ConnectionPeaks(60_000)
  assert.deepEqual([peaks.take([open(0)], 0), peaks.take([], 60_000), peaks.take([open(0)], 300_000)], [[], [], []])
})
