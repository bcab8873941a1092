import { setTimeout as delay } from 'node:timers/promises'
import { machineOf, type Machine } from './machine.ts'
import { figuresOf, monotonicNow, runOpenLoop, type Switch, type SwitchFigures } from './open-loop.ts'
import type { BenchOptions } from './options.ts'
import { buildSite } from './site.ts'
import type { Stage } from './stage.ts'
import { allSwitchers, type Side, type Switcher } from './switchers.ts'

export type SwitchResult = {
  readonly machine: Machine
  readonly startedAt: string
  readonly requestsPerSecond: number
  readonly everyMilliseconds: number
  readonly seconds: number
  readonly missing: readonly string[]
  readonly runs: readonly SwitchRun[]
}

export type SwitchRun = { readonly way: string; readonly repetition: number; readonly figures: SwitchFigures }

type Course = { readonly options: BenchOptions; readonly signal: AbortSignal; readonly say: (text: string) => void }

const connections = 64
/** The client's first requests open connections and find code not yet compiled; they are measured as any, but no
 * weights change before they are over. */
const quietMilliseconds = 1_000

/** Changes all weights back and forth under a client that does not wait, for each way to do so that is installed. */
export async function benchSwitch(stage: Stage, { options, signal, say }: Course): Promise<SwitchResult> {
  const startedAt = new Date().toISOString()
  const wanted = allSwitchers.filter(({ name }) => options.only?.includes(name) ?? true)
  const present = wanted.filter((switcher) => switcher.isInstalled())
  const missing = wanted.filter((switcher) => !present.includes(switcher)).map(({ name }) => name)
  if (missing.length > 0) say(`Not installed, so not measured: ${missing.join(', ')}`)
  const site = await buildSite(stage)
  const runs: SwitchRun[] = []
  for (let repetition = 0; repetition < options.repetitions; repetition++) {
    for (const switcher of present) {
      const running = await switcher.start(stage, site)
      try {
        const figures = await runOne(running, { options, signal })
        runs.push({ way: switcher.way, repetition, figures })
        say(`${switcher.way}: ${figures.failed} of ${figures.sent} failed in ${figures.switches} switches`)
      } finally {
        await running.stop()
      }
    }
  }
  const { requestsPerSecond, everyMilliseconds, seconds } = options
  return { machine: machineOf(), startedAt, requestsPerSecond, everyMilliseconds, seconds, missing, runs }
}

async function runOne(
  { port, turn }: Awaited<ReturnType<Switcher['start']>>,
  { options, signal }: Pick<Course, 'options' | 'signal'>,
): Promise<SwitchFigures> {
  const { requestsPerSecond, everyMilliseconds } = options
  const seconds = options.seconds + (2 * quietMilliseconds) / 1_000
  const warm = { port, connections, requestsPerSecond, seconds: options.warmUpSeconds }
  await runOpenLoop(warm, signal)
  const running = runOpenLoop({ ...warm, seconds }, signal)
  const switches: Switch[] = []
  const switching = (async () => {
    await delay(quietMilliseconds)
    const end = monotonicNow() + options.seconds * 1_000
    for (let to: Side = 'green'; monotonicNow() < end && !signal.aborted; to = to === 'green' ? 'blue' : 'green') {
      const orderedAt = monotonicNow()
      await turn(to)
      switches.push({ orderedAt, confirmedAt: monotonicNow(), to: to[0] ?? '' })
      await delay(Math.max(0, orderedAt + everyMilliseconds - monotonicNow()))
    }
  })()
  const [result] = await Promise.all([running, switching])
  return figuresOf(result, switches)
}
