import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { TrafficMeter } from '../../src/view/traffic-meter.ts'

const none = { requests: [], errors: [], p50: [], p99: [] }

describe('the traffic of a target group', () => {
  test('on AWS, the rate is that of the newest minute that is over', () => {
    const meter = new TrafficMeter({ periodMilliseconds: 60_000, isLive: false })
    const requests = [
      [0, 600],
      [60_000, 1_200],
      [120_000, 30],
    ] as const
    const errors = [
      [60_000, 9],
      [60_000, 9],
    ] as const
    const traffic = meter.take(130_000, { ...none, requests, errors, p99: [[60_000, 0.25]] })
    assert.equal(traffic.requestsPerSecond, 20)
    assert.equal(traffic.requests, 1_830)
    assert.equal(traffic.errors, 18)
    assert.equal(traffic.p99Milliseconds, 250)
    assert.equal(traffic.p50Milliseconds, undefined)
    assert.equal(meter.take(900_000, none).requestsPerSecond, 0)
  })

  test('where numbers grow as requests come, it is that of the last seconds', () => {
    const meter = new TrafficMeter({ periodMilliseconds: 60_000, isLive: true })
    meter.take(10_000, { ...none, requests: [[0, 100]] })
    meter.take(12_000, { ...none, requests: [[0, 140]] })
    assert.equal(meter.take(14_000, { ...none, requests: [[0, 180]] }).requestsPerSecond, 20)
    assert.equal(meter.take(18_000, { ...none, requests: [[0, 180]] }).requestsPerSecond, 0)
  })

  test('answers that overlap are not counted twice', () => {
    const meter = new TrafficMeter({ periodMilliseconds: 1_000, isLive: true })
    meter.take(1_500, {
      ...none,
      requests: [
        [0, 5],
        [1_000, 2],
      ],
    })
    assert.equal(
      meter.take(2_500, {
        ...none,
        requests: [
          [1_000, 6],
          [2_000, 1],
        ],
      }).requests,
      12,
    )
  })
})
