import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { cpuPercent, reservationOf, serviceMetric } from '../../src/domain/metric-of-ecs.ts'
import { aTaskDefinition, serviceArn } from '../world/a-service.ts'

describe('what a task definition reserves', () => {
  test('is the sizes of the task', () => {
    const reserved = { processors: 0.25, memoryBytes: 512 * 1_048_576 }
    assert.deepEqual(reservationOf(aTaskDefinition({ cpu: '256', memory: '512' })), reserved)
    assert.deepEqual(reservationOf(aTaskDefinition({ cpu: '.25 vCPU', memory: '0.5 GB' })), reserved)
  })

  test('is the sum of its containers where the task has none', () => {
    const [container] = aTaskDefinition().containerDefinitions
    assert(container)
    const containerDefinitions = [
      { ...container, cpu: 512, memory: 256, memoryReservation: 128 },
      { ...container, name: 'log', cpu: 512, memory: 64 },
    ]
    const reserved = { processors: 1, memoryBytes: 192 * 1_048_576 }
    assert.deepEqual(reservationOf(aTaskDefinition({ containerDefinitions })), reserved)
  })

  test('may be nothing', () => {
    assert.deepEqual(reservationOf(aTaskDefinition()), {})
  })
})

const at = (time: number, cpuMilliseconds: number) => ({ at: time, usage: { cpuMilliseconds, memoryBytes: 0 } })

test('CPU utilization is the time used of the time reserved', () => {
  assert.equal(cpuPercent(at(0, 100), at(1000, 350), 0.25), 100)
  assert.equal(cpuPercent(at(0, 100), at(1000, 350), 1), 25)
  assert.equal(cpuPercent(at(0, 100), at(1000, 50), 1), undefined)
  assert.equal(cpuPercent(at(1000, 100), at(1000, 200), 1), undefined)
})

test('a service’s metric has a value for each of its tasks', () => {
  assert.deepEqual(serviceMetric(serviceArn, 'CPUUtilization', 5, [10, 30]), {
    id: {
      region: 'us-east-1',
      namespace: 'AWS/ECS',
      metricName: 'CPUUtilization',
      dimensions: [
        { name: 'ClusterName', value: 'prod' },
        { name: 'ServiceName', value: 'web' },
      ],
    },
    unit: 'Percent',
    timestamp: 5,
    samples: {
      kind: 'values',
      values: [
        { value: 10, count: 1 },
        { value: 30, count: 1 },
      ],
    },
  })
})
