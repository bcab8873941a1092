import { claimFreePort } from '../src/adapters/port-claim.ts'

/**
 * Ports for listeners that are free now, below the range the system hands out by itself. They are this process's for as
 * long as it runs: no other that asks here is given them, and no engine gives them to its tasks.
 */
export async function freePorts(count: number): Promise<readonly number[]> {
  const found = new Set<number>()
  for (let attempt = 0; attempt < 1_000 && found.size < count; attempt++) {
    const port = 20_000 + Math.floor(Math.random() * 12_000)
    if ((await claimFreePort(port)) !== undefined) found.add(port)
  }
  if (found.size < count) throw new Error('There are no free ports between 20000 and 32000 on this machine')
  return [...found]
}
