import { parentPort, workerData } from 'node:worker_threads'
import { simulateNative } from './native-simulation.ts'
import { simulateRolling } from './rolling-simulation.ts'
import { simulate } from './simulation.ts'

/** What one worker found: how its deployments ended, or the first seed in which something did not hold. */
export type SimulationReport = {
  readonly tally: Readonly<Record<string, number>>
  readonly crashes: number
  readonly failure?: { readonly seed: number; readonly message: string }
}

const { seeds } = workerData as { readonly seeds: readonly number[] }
parentPort?.postMessage(await explore(seeds))

async function explore(all: readonly number[]): Promise<SimulationReport> {
  const tally: Record<string, number> = {}
  let crashes = 0
  for (const seed of all) {
    try {
      const outcome = await simulate(seed)
      crashes += outcome.crashes
      for (const { status, creator } of outcome.deployments) {
        const kind = creator === 'user' ? status : `rollback ${status}`
        tally[kind] = (tally[kind] ?? 0) + 1
      }
      if (seed % 3 !== 0 && all.length > 1) continue
      const rolling = await simulateRolling(seed)
      crashes += rolling.crashes
      for (const { status } of rolling.deployments) tally[`rolling ${status}`] = (tally[`rolling ${status}`] ?? 0) + 1
      const native = await simulateNative(seed)
      crashes += native.crashes
      for (const { status } of native.deployments) tally[`native ${status}`] = (tally[`native ${status}`] ?? 0) + 1
    } catch (error) {
      const message = error instanceof Error ? (error.stack ?? error.message) : String(error)
      return { tally, crashes, failure: { seed, message } }
    }
  }
  return { tally, crashes }
}
