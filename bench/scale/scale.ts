import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { machineOf } from '../machine.ts'
import type { Machine } from '../machine.ts'
import { quantile } from '../statistics.ts'
import { Caller } from './caller.ts'
import { EngineUnderTest } from './engine-under-test.ts'
import type { EngineFigures } from './engine-process.ts'
import { writePastDeployments } from './past.ts'
import { benchReal } from './real.ts'
import type { RealFigures } from './real.ts'

export type ScaleOptions = {
  /** Numbers of services, ascending. */
  readonly sizes: readonly number[]
  readonly tasksPerService: number
  readonly deployments: number
  /** Numbers of past deployments, ascending. */
  readonly pasts: readonly number[]
  readonly idleSeconds: number
  /** How many tasks are started as real processes; 0 for none. */
  readonly processes: number
}

export type ScaleResult = {
  readonly machine: Machine
  readonly options: ScaleOptions
  readonly growth: readonly SizeFigures[]
  readonly history: readonly PastFigures[]
  readonly real?: RealFigures
}

/** What so many services cost, at rest and while deployments run. */
export type SizeFigures = {
  readonly services: number
  readonly tasks: number
  readonly fillSeconds: number
  readonly fillCpuSeconds: number
  /** Of one core, in percent, while nothing happens. */
  readonly idleCpuPercent: number
  readonly heapMebibytes: number
  readonly residentMebibytes: number
  readonly deployments: number
  readonly deploySeconds: number
  readonly cpuSecondsPerDeployment: number
  readonly fileKibibytesPerDeployment: number
  readonly loopDelayP99Milliseconds: number
  readonly loopDelayMaxMilliseconds: number
  readonly apiP50Milliseconds: number
  readonly apiP99Milliseconds: number
}

/** What so many ended deployments in the store cost. */
export type PastFigures = {
  readonly past: number
  readonly startMilliseconds: number
  readonly residentMebibytes: number
  readonly fileMebibytes: number
  readonly firstPageMilliseconds: number
  /** All pages, one after the other. */
  readonly everythingMilliseconds: number
}

type Say = (text: string) => void

const callsPerSecond = 40
const patienceSeconds = 600
const repetitions = 21
const minuteMilliseconds = 60_000
/** A configured minute lasts three seconds where deployments run: they take seconds and not hours. */
const shortMinuteMilliseconds = 3_000

/** Each size in an engine of its own; what they leave behind is removed. */
export async function benchScale(options: ScaleOptions, say: Say): Promise<ScaleResult> {
  const growth: SizeFigures[] = []
  const history: PastFigures[] = []
  let real: RealFigures | undefined
  const directory = mkdtempSync(join(tmpdir(), 'teal-scale-'))
  try {
    for (const services of options.sizes) {
      growth.push(await inDirectory(directory, (path) => benchSize(path, services, options, say)))
    }
    for (const past of options.pasts) {
      history.push(await inDirectory(directory, (path) => benchPast(path, past, say)))
    }
    const { processes, idleSeconds } = options
    if (processes > 0) real = await inDirectory(directory, (path) => benchReal(path, processes, idleSeconds))
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
  return { machine: machineOf(), options, growth, history, ...(real === undefined ? {} : { real }) }
}

async function inDirectory<Result>(parent: string, work: (path: string) => Promise<Result>): Promise<Result> {
  const path = mkdtempSync(join(parent, 'engine-'))
  try {
    return await work(path)
  } finally {
    rmSync(path, { recursive: true, force: true })
  }
}

async function benchSize(path: string, services: number, options: ScaleOptions, say: Say): Promise<SizeFigures> {
  const { tasksPerService } = options
  const deployments = Math.min(options.deployments, services)
  const idleCpuPercent = await inDirectory(path, (resting) => benchRest(resting, services, options))
  const engine = await EngineUnderTest.start(path, shortMinuteMilliseconds)
  try {
    const fill = await fillUp(engine, services, options)
    say(`${services} services, ${services * tasksPerService} tasks: steady after ${fill.seconds.toFixed(1)} s`)
    say(`  at rest ${idleCpuPercent.toFixed(1)} % of a core`)
    const filled = await engine.ask({ kind: 'read' })
    const { latencies, figures } = await deployAll(engine, services, deployments)
    say(
      `  ${deployments} deployments at once: ${figures.cpuSeconds.toFixed(1)} s of CPU in ${figures.seconds.toFixed(1)} s`,
    )
    return {
      services,
      tasks: services * tasksPerService,
      fillSeconds: fill.seconds,
      fillCpuSeconds: fill.cpuSeconds,
      idleCpuPercent,
      heapMebibytes: figures.heapMebibytes,
      residentMebibytes: figures.residentMebibytes,
      deployments,
      deploySeconds: figures.seconds,
      cpuSecondsPerDeployment: figures.cpuSeconds / deployments,
      fileKibibytesPerDeployment: ((figures.fileMebibytes - filled.fileMebibytes) * 1_024) / deployments,
      loopDelayP99Milliseconds: figures.loopDelayP99Milliseconds,
      loopDelayMaxMilliseconds: figures.loopDelayMaxMilliseconds,
      apiP50Milliseconds: quantile(latencies, 0.5),
      apiP99Milliseconds: quantile(latencies, 0.99),
    }
  } finally {
    await engine.stop()
  }
}

/** In an engine whose minutes are minutes: what it does once a minute must not count twenty times. */
async function benchRest(path: string, services: number, options: ScaleOptions): Promise<number> {
  const engine = await EngineUnderTest.start(path, minuteMilliseconds)
  try {
    await fillUp(engine, services, options)
    await delay(1_000)
    await engine.ask({ kind: 'read' })
    await delay(options.idleSeconds * 1_000)
    const { cpuSeconds, seconds } = await engine.ask({ kind: 'read' })
    return (cpuSeconds / seconds) * 100
  } finally {
    await engine.stop()
  }
}

async function fillUp(
  engine: EngineUnderTest,
  services: number,
  { tasksPerService }: ScaleOptions,
): Promise<EngineFigures> {
  const plan = { services, tasksPerService, waitInMinutes: 5, firstPort: 20_000, container: {} }
  await engine.ask({ kind: 'furnish', plan })
  return engine.until(({ steadyServices }) => steadyServices === services, patienceSeconds)
}

async function deployAll(engine: EngineUnderTest, services: number, deployments: number) {
  const caller = new Caller(engine.url)
  const over = new AbortController()
  const asking = caller.askAround(services, callsPerSecond, over.signal)
  try {
    for (let index = 0; index < deployments; index += 1) await caller.deploy(index)
    const figures = await engine.until(({ endedDeployments }) => endedDeployments >= deployments, patienceSeconds)
    return { figures, latencies: caller.takeLatencies() }
  } finally {
    over.abort()
    await asking.catch(() => undefined)
  }
}

async function benchPast(path: string, past: number, say: Say): Promise<PastFigures> {
  writePastDeployments(join(path, 'state.db'), past)
  const engine = await EngineUnderTest.start(path, minuteMilliseconds)
  try {
    const caller = new Caller(engine.url)
    await caller.listDeployments()
    caller.takeLatencies()
    for (let repetition = 0; repetition < repetitions; repetition += 1) await caller.listDeployments()
    const firstPage = caller.takeLatencies()
    const from = performance.now()
    for (let token = await caller.listDeployments(); token !== undefined;) token = await caller.listDeployments(token)
    const everythingMilliseconds = performance.now() - from
    const { residentMebibytes, fileMebibytes } = await engine.ask({ kind: 'read' })
    say(`${past} past deployments: started in ${engine.startMilliseconds.toFixed(0)} ms`)
    return {
      past,
      startMilliseconds: engine.startMilliseconds,
      residentMebibytes,
      fileMebibytes,
      firstPageMilliseconds: quantile(firstPage, 0.5),
      everythingMilliseconds,
    }
  } finally {
    await engine.stop()
  }
}
