import type { Contender, ContenderName, Running } from './contenders/contender.ts'
import { contendersFor, startContender } from './contenders/present.ts'
import { LoadGenerator, type LoadPlan } from './load.ts'
import { measureMemory, type MemoryUse } from './memory.ts'
import type { BenchOptions } from './options.ts'
import { cpuSeconds } from './process-cost.ts'
import { routerCases, type RouterCase } from './router-cases.ts'
import { summaryOf, type Sample, type Summary } from './router-summary.ts'
import { buildSite } from './site.ts'
import type { Stage } from './stage.ts'
import { writtenBytes } from './written-bytes.ts'
import { machineOf, type Machine } from './machine.ts'

export type RouterResult = {
  readonly machine: Machine
  readonly startedAt: string
  readonly loadGenerator: string
  readonly repetitions: number
  readonly seconds: number
  readonly contenders: readonly { readonly name: ContenderName; readonly version: string; readonly setUp: string }[]
  readonly missing: readonly ContenderName[]
  readonly samples: readonly Sample[]
  readonly summary: Summary
  readonly memory: readonly MemoryUse[]
}

type Act = { readonly contender: Contender; readonly running: Running }
type Say = (text: string) => void
type Course = { readonly options: BenchOptions; readonly signal: AbortSignal; readonly say: Say }

/** Measures all contenders side by side. Rejects when one cannot be started, or when it is interrupted. */
export async function benchRouter(stage: Stage, course: Course): Promise<RouterResult> {
  const { options, say } = course
  const startedAt = new Date().toISOString()
  const { present, missing } = contendersFor(options)
  if (missing.length > 0) say(`Not installed, so not measured: ${missing.join(', ')}`)
  const site = await buildSite(stage)
  if (site.certificate === undefined) say('There is no openssl to make a certificate: HTTPS is not measured')
  const acts: Act[] = []
  for (const contender of present) acts.push({ contender, running: await startContender(stage, contender, site) })
  const load = new LoadGenerator()
  say(`Load generator: ${load.name}. Targets: one process of raw sockets, the same for all.`)
  const samples = await sampleAll(acts, load, course)
  for (const { running } of acts) await running.stop()
  const memory = options.memory ? await measureMemory(stage, { present, site, load, ...course }) : []
  return {
    machine: machineOf(),
    startedAt,
    loadGenerator: load.name,
    repetitions: options.repetitions,
    seconds: options.seconds,
    contenders: present.map(({ name, setUp, version }) => ({ name, setUp, version: version() ?? '' })),
    missing,
    samples,
    summary: summaryOf(samples),
    memory,
  }
}

/** Repetition by repetition, and within one contender by contender, so that a busy minute of the machine hits all. */
async function sampleAll(acts: readonly Act[], load: LoadGenerator, course: Course): Promise<readonly Sample[]> {
  const { options, say } = course
  const cases = routerCases.filter(({ name }) => options.cases?.includes(name) ?? true)
  const samples: Sample[] = []
  for (const benchCase of cases) {
    for (let repetition = 0; repetition < options.repetitions; repetition++) {
      // Nobody is always the one who comes after the slowest.
      const order = acts.map((_, index) => acts[(index + repetition) % acts.length])
      for (const act of order) {
        const sample = act && (await sampleOne(act, benchCase, load, { ...course, repetition }))
        if (sample !== undefined) samples.push(sample)
      }
    }
    say(lineOf(benchCase, samples))
  }
  return samples
}

async function sampleOne(
  { contender, running }: Act,
  { name, door, protocol, connections }: RouterCase,
  load: LoadGenerator,
  { options, signal, say, repetition }: Course & { readonly repetition: number },
): Promise<Sample | undefined> {
  const port = running.ports[door]
  if (port === undefined || (protocol === 'h2' && !running.http2)) return undefined
  const plan: LoadPlan = { port, protocol, connections, seconds: options.seconds }
  // Code that was never under this load is compiled first, which takes programs on a virtual machine some seconds.
  const warmUps = repetition === 0 && options.repetitions > 1 ? 3 : 1
  await load.run({ ...plan, seconds: options.warmUpSeconds * warmUps }, signal)
  const { pid, log = '' } = running
  const loggedBefore = writtenBytes(log)
  const cpuBefore = pid === undefined ? undefined : cpuSeconds(pid)
  const result = await load.run(plan, signal)
  if (result.requests === 0) {
    say(`${contender.name} answers nothing here: ${name}`)
    return undefined
  }
  if (door.endsWith('-log') && writtenBytes(log) <= loggedBefore) {
    throw new Error(`${contender.name} writes no access log, so it cannot be measured with one`)
  }
  const cpu = pid === undefined || cpuBefore === undefined ? undefined : cpuSeconds(pid) - cpuBefore
  return {
    contender: contender.name,
    case: name,
    repetition,
    ...result,
    ...(cpu !== undefined && { cpuSecondsPer10000: (cpu / result.requests) * 10_000 }),
  }
}

function lineOf({ name }: RouterCase, samples: readonly Sample[]): string {
  const rows = summaryOf(samples).filter((row) => row.case === name)
  const figures = rows.map(({ contender, requestsPerSecond }) => `${contender} ${Math.round(requestsPerSecond)}`)
  return `${name.padEnd(16)} requests/s: ${figures.join(', ')}`
}
