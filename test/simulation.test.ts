import assert from 'node:assert/strict'
import { test } from 'node:test'
import { simulate } from './world/simulation.ts'

/** `SIMULATION_SEED=123 node --test test/simulation.test.ts` runs that one alone. */
const chosen = process.env['SIMULATION_SEED']
const count = Number(process.env['SIMULATION_COUNT'] ?? 10_000)
const seeds = chosen === undefined ? Array.from({ length: count }, (_, index) => index + 1) : [Number(chosen)]

test(`in ${seeds.length} simulated worlds every deployment ends, and nothing that must hold is ever broken`, async (t) => {
  const tally: Record<string, number> = {}
  let crashes = 0
  for (const seed of seeds) {
    try {
      const outcome = await simulate(seed)
      crashes += outcome.crashes
      for (const { status, creator } of outcome.deployments) {
        const kind = creator === 'user' ? status : `rollback ${status}`
        tally[kind] = (tally[kind] ?? 0) + 1
      }
    } catch (error) {
      throw new Error(`Seed ${seed} (run it alone with SIMULATION_SEED=${seed}): ${String(error)}`, { cause: error })
    }
  }
  t.diagnostic(`${JSON.stringify(tally)}, the engine was killed ${crashes} times`)
  if (chosen !== undefined) return
  for (const outcome of ['Succeeded', 'Failed', 'Stopped', 'rollback Succeeded']) {
    assert((tally[outcome] ?? 0) > count / 100, `the simulated worlds also end as ${outcome}`)
  }
})
