import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inJson } from '../../src/domain/routing-table-json.ts'
import { newsOf, tableWith } from '../../src/domain/routing-table-news.ts'
import type { RoutingTable } from '../../src/domain/routing-table.ts'
import { TableText } from '../../src/router/table-text.ts'
import { SeededChance } from '../world/seeded-chance.ts'
import { forwardTo, listener, table, targetGroup } from './test-router.ts'

test('whatever comes, changes and goes from one table to the next, the text is that of the table', async () => {
  const chance = new SeededChance(5)
  const texts = new TableText()
  const kept = new Map(names.map((name) => [name, targetGroup(name, [1])]))
  let before = table([], [])
  for (let count = 0; count < 300; count++) {
    if (chance.random() < 0.3) changeSome(kept, chance)
    const present = names.filter(() => chance.random() < 0.8)
    const groups =
      chance.random() < 0.5 ? [...before.targetGroups.values()] : present.flatMap((name) => kept.get(name) ?? [])
    const listeners = [80, 81].map((port) => listener(port, forwardTo(['blue', chance.below(100)], ['green', 1])))
    before = tableWith(before, newsOf(before, table(listeners, groups)))
    assert.deepEqual(JSON.parse((await texts.of(before)).toString()), plain(before))
  }
})

const names = ['blue', 'green', 'with "quotes"', 'größer']

/** Longer and shorter texts. */
function changeSome(groups: Map<string, ReturnType<typeof targetGroup>>, chance: SeededChance): void {
  for (const name of names) {
    const ports = Array.from({ length: chance.below(200) }, (_, at) => 1000 + at)
    if (chance.random() < 0.5) groups.set(name, targetGroup(name, ports))
  }
}

function plain(value: RoutingTable): unknown {
  return JSON.parse(JSON.stringify(inJson(value)))
}
