import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inJson, outOfJson, type InJson } from '../../src/domain/routing-table-json.ts'
import { newsOf, tableWith, type RoutingTableNews } from '../../src/domain/routing-table-news.ts'
import type { ListenerRoute, RoutingTable, TargetGroupRoute } from '../../src/domain/routing-table.ts'
import { SeededChance } from '../world/seeded-chance.ts'

function listener(listenerArn: string, port: number): ListenerRoute {
  const defaultAction = { type: 'forward', targetGroups: [] } as const
  return { listenerArn, port, rules: [], defaultAction, idleTimeoutSeconds: 60, clientKeepAliveSeconds: 3600 }
}

function group(targetGroupArn: string, port: number): TargetGroupRoute {
  const healthCheck = {
    enabled: true,
    path: '/',
    port: 'traffic-port',
    intervalSeconds: 30,
    timeoutSeconds: 5,
    healthyThresholdCount: 5,
    unhealthyThresholdCount: 2,
    matcher: '200',
  }
  const targets = [{ id: '127.0.0.1', port, draining: false }]
  return { targetGroupArn, healthCheck, deregistrationDelaySeconds: 300, targets }
}

function tableOf(
  version: number,
  listeners: readonly ListenerRoute[],
  groups: readonly TargetGroupRoute[],
): RoutingTable {
  return { version, listeners, targetGroups: new Map(groups.map((each) => [each.targetGroupArn, each])) }
}

test('news say what is different, and nothing of the rest', () => {
  const [one, other, blue, green] = [listener('one', 1), listener('other', 2), group('blue', 1), group('green', 2)]
  const before = tableOf(7, [one, other], [blue, green])
  const changed = listener('other', 3)
  const news = newsOf(before, tableOf(9, [one, changed], [blue]))
  assert.deepEqual(throughText(news), {
    since: 7,
    version: 9,
    listeners: [changed],
    targetGroups: {},
    goneTargetGroups: ['green'],
  })
  const now = tableWith(before, news)
  assert.equal(now.listeners[0], one)
  assert.equal(now.targetGroups.get('blue'), blue)
})

test('whatever comes, changes, moves and goes, a table with its news is the next one', () => {
  const chance = new SeededChance(11)
  const some = <Part>(make: (name: string, port: number) => Part): Part[] =>
    ['a', 'b', 'c', 'd', 'e'].flatMap((name) => (chance.random() < 0.6 ? [make(name, chance.below(3))] : []))
  let before = tableOf(0, [], [])
  for (let version = 1; version <= 500; version++) {
    const listeners = some(listener)
    const now = tableOf(version, chance.random() < 0.2 ? listeners.toReversed() : listeners, some(group))
    // Through text, as between processes.
    const next = tableWith(before, outOfJson<RoutingTableNews>(throughText(newsOf(before, now))))
    assert.deepEqual(next, now)
    assert.deepEqual(outOfJson<RoutingTable>(throughText(next)), now)
    before = next
  }
})

function throughText<Told extends RoutingTable | RoutingTableNews>(told: Told): InJson<Told> {
  return JSON.parse(JSON.stringify(inJson(told))) as InJson<Told>
}
