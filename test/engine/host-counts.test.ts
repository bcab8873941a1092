import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { MetricDatum } from '../../src/domain/metric.ts'
import type { TargetHealth } from '../../src/domain/target-health.ts'
import { HostCounts } from '../../src/engine/host-counts.ts'
import { Store } from '../../src/engine/store.ts'
import { aTargetGroup } from '../world/a-service.ts'
import { MemoryPersistence } from '../world/memory-persistence.ts'

const minute = 60_000
const loadBalancerArn = 'arn:aws:elasticloadbalancing:eu-west-1:000000000000:loadbalancer/app/web/0123456789abcdef'
const listenerArn = loadBalancerArn.replace(':loadbalancer/', ':listener/') + '/0123456789abcdef'
const targets = [
  { id: '10.0.0.1', port: 80 },
  { id: '10.0.0.2', port: 80 },
]
const arnOf = (index: number): string =>
  `arn:aws:elasticloadbalancing:eu-west-1:000000000000:targetgroup/group-${index}/0123456789abcdef`

/** So many used target groups with two healthy targets each, and what is told of them. */
function startWorld(groups: number) {
  const store = new Store(new MemoryPersistence())
  const health = new Map<string, TargetHealth>()
  const drained = new Set<string>()
  const listeners: ((arns: Iterable<string>) => void)[] = []
  const told: MetricDatum[] = []
  const counts = new HostCounts({
    store,
    settings: { minuteMilliseconds: minute },
    metrics: { put: (datum) => told.push(datum) },
    loadBalancing: {
      health: (arn, { id }) => (drained.has(id) ? { state: 'draining' } : (health.get(arn) ?? { state: 'healthy' })),
      onHealthChange: (listener) => listeners.push(listener),
    },
  })
  store.transaction(() => {
    for (let index = 0; index < groups; index += 1) {
      store.targetGroups.put(arnOf(index), aTargetGroup({ targetGroupArn: arnOf(index), targets }))
    }
    const targetGroups = Array.from({ length: groups }, (_, index) => ({ targetGroupArn: arnOf(index), weight: 1 }))
    store.listeners.put(listenerArn, {
      listenerArn,
      loadBalancerArn,
      port: 80,
      protocol: 'HTTP',
      defaultActions: [{ type: 'forward', targetGroups }],
      defaultRuleArn: `${listenerArn}/default`,
      attributes: {},
      tags: {},
    })
  })
  const fail = (arn: string): void => {
    health.set(arn, { state: 'unhealthy', reason: 'Target.Timeout', description: 'Request timed out' })
    for (const listener of listeners) listener([arn])
  }
  const take = (): readonly MetricDatum[] => told.splice(0)
  const drain = (id: string): void => void drained.add(id)
  return { counts, store, fail, drain, take }
}

test('every group at rest is told of once a minute, each at a moment of its own', () => {
  const { counts, take } = startWorld(100)
  counts.tell(0)
  assert.equal(hostsOf(take()).length, 100)
  const byMinute = new Map<number, number>()
  for (let now = 100; now < 4 * minute; now += 100) {
    counts.tell(now)
    const told = hostsOf(take())
    assert.ok(told.length <= 1, `${told.length} groups at ${now}`)
    for (const { timestamp } of told) {
      byMinute.set(Math.floor(timestamp / minute), (byMinute.get(Math.floor(timestamp / minute)) ?? 0) + 1)
    }
  }
  assert.deepEqual(
    [...byMinute],
    [
      [1, 100],
      [2, 100],
      [3, 100],
    ],
  )
})

test('what changes is told at once, and what stays the same is not', () => {
  const { counts, fail, take } = startWorld(3)
  counts.tell(1)
  take()
  fail(arnOf(1))
  counts.tell(101)
  assert.deepEqual(valuesOf(take()), {
    HealthyHostCount: 0,
    UnHealthyHostCount: 2,
    HealthyStateRouting: 0,
    UnhealthyStateRouting: 1,
    RequestCountPerTarget: 0,
  })
  fail(arnOf(1))
  counts.tell(201)
  assert.deepEqual(take(), [])
})

test('targets that drain are none of those of which a percentage has to be healthy', () => {
  const { counts, store, drain, take } = startWorld(1)
  const group = store.targetGroups.get(arnOf(0)) ?? assert.fail('there is no group')
  const attribute = 'target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage'
  const attributes = { ...group.attributes, [attribute]: '60' }
  const old = [
    { id: '10.0.1.1', port: 80, draining: { since: 0 } },
    { id: '10.0.1.2', port: 80, draining: { since: 0 } },
  ]
  store.targetGroups.put(arnOf(0), { ...group, attributes, targets: [...group.targets, ...old] })
  for (const { id } of old) drain(id)
  counts.tell(1)
  const { HealthyHostCount, HealthyStateRouting, UnhealthyStateRouting } = valuesOf(take())
  assert.deepEqual([HealthyHostCount, HealthyStateRouting, UnhealthyStateRouting], [2, 1, 0])
})

test('an engine that was held up tells of the minute that is over', () => {
  const { counts, take } = startWorld(10)
  counts.tell(1)
  counts.tell(minute)
  take()
  counts.tell(2 * minute + 30_000)
  const times = hostsOf(take()).map(({ timestamp }) => timestamp)
  assert.equal(times.filter((time) => time === 2 * minute - 1).length, 10)
})

function hostsOf(told: readonly MetricDatum[]): readonly MetricDatum[] {
  return told.filter(({ id }) => id.metricName === 'HealthyHostCount')
}

function valuesOf(told: readonly MetricDatum[]) {
  return Object.fromEntries(
    told.map(({ id, samples }) => [id.metricName, samples.kind === 'values' ? samples.values[0]?.value : undefined]),
  )
}
