import { connect } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import type { ContenderName, Running } from './contenders/contender.ts'
import { contendersFor, startContender } from './contenders/present.ts'
import { LoadGenerator, type LoadPlan } from './load.ts'
import { machineOf, type Machine } from './machine.ts'
import type { BenchOptions } from './options.ts'
import { buildSite } from './site.ts'
import type { Stage } from './stage.ts'
import { quantile } from './statistics.ts'

export type BurstResult = {
  readonly machine: Machine
  readonly startedAt: string
  readonly loadGenerator: string
  readonly clients: number
  readonly busyConnections: number
  readonly missing: readonly ContenderName[]
  readonly bursts: readonly Burst[]
}

/** Milliseconds from the moment in which all clients began to connect. */
export type Burst = {
  readonly contender: ContenderName
  readonly medianMilliseconds: number
  readonly lastMilliseconds: number
  readonly failed: number
}

type Course = { readonly options: BenchOptions; readonly signal: AbortSignal; readonly say: (text: string) => void }

const clients = 200
const busyConnections = 256
const everyMilliseconds = 500
const patienceMilliseconds = 10_000

/** Lets many new clients come at once while others keep the program as busy as it can be, for each that is installed. */
export async function benchBurst(stage: Stage, course: Course): Promise<BurstResult> {
  const { options, say } = course
  const startedAt = new Date().toISOString()
  const { present, missing } = contendersFor(options)
  if (missing.length > 0) say(`Not installed, so not measured: ${missing.join(', ')}`)
  const site = await buildSite(stage)
  const load = new LoadGenerator()
  const bursts: Burst[] = []
  for (let repetition = 0; repetition < options.repetitions; repetition++) {
    for (const contender of present) {
      const running = await startContender(stage, contender, site)
      const figures = await burstsUnderLoad(running, load, course)
      await running.stop()
      bursts.push(...figures.map((figure) => ({ contender: contender.name, ...figure })))
      const last = figures.map(({ lastMilliseconds }) => Math.round(lastMilliseconds))
      say(`${contender.name.padEnd(12)} the last of ${clients} answered after ${last.join(', ')} ms`)
    }
  }
  return { machine: machineOf(), startedAt, loadGenerator: load.name, clients, busyConnections, missing, bursts }
}

type BurstFigures = Omit<Burst, 'contender'>

async function burstsUnderLoad(
  { ports }: Running,
  load: LoadGenerator,
  { options, signal }: Course,
): Promise<readonly BurstFigures[]> {
  const { small: port } = ports
  if (port === undefined) return []
  const plan: LoadPlan = { port, protocol: 'http', connections: busyConnections, seconds: options.warmUpSeconds }
  await load.run(plan, signal)
  // Until the last burst is over: some take seconds.
  const busy = new AbortController()
  const background = load
    .run({ ...plan, seconds: 3_600 }, AbortSignal.any([signal, busy.signal]))
    .catch(() => undefined)
  const figures: BurstFigures[] = []
  const end = performance.now() + options.seconds * 1_000
  while (performance.now() < end && !signal.aborted) {
    await delay(everyMilliseconds)
    figures.push(await burst(port))
  }
  busy.abort()
  await background
  return figures
}

async function burst(port: number): Promise<BurstFigures> {
  const from = performance.now()
  const answers = await Promise.all(Array.from({ length: clients }, () => answerOf(port)))
  const times = answers.flatMap((at) => (at === undefined ? [] : [at - from])).toSorted((a, b) => a - b)
  return {
    medianMilliseconds: quantile(times, 0.5),
    lastMilliseconds: quantile(times, 1),
    failed: clients - times.length,
  }
}

/** When the answer on a connection of its own came; undefined where none or another one than 200 did. */
async function answerOf(port: number): Promise<number | undefined> {
  const { promise, resolve } = Promise.withResolvers<number | undefined>()
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  socket.setTimeout(patienceMilliseconds, () => resolve(undefined))
  socket.on('error', () => resolve(undefined))
  socket.on('close', () => resolve(undefined))
  socket.on('connect', () => socket.write(`GET / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`))
  socket.on('data', (answer: Buffer) => {
    resolve(answer.toString('latin1').startsWith('HTTP/1.1 200') ? performance.now() : undefined)
  })
  const at = await promise
  socket.destroy()
  return at
}
