import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { freePorts } from '../demo/free-ports.ts'
import type { ListenerRoute, RoutingTable } from '../src/domain/routing-table.ts'
import { arnOf, groupOf, listenerOf, startRouter, tableOf, type RouterUnderTest } from './contenders/teal.ts'
import type { LoopPause } from './loop-delay.ts'
import { machineOf, type Machine } from './machine.ts'
import { runOpenLoop } from './open-loop.ts'
import type { BenchOptions } from './options.ts'
import { cpuSeconds } from './process-cost.ts'
import { buildSite } from './site.ts'
import type { Stage } from './stage.ts'
import { median } from './statistics.ts'

export type TableResult = {
  readonly machine: Machine
  readonly startedAt: string
  readonly sizes: readonly TableCost[]
  readonly idle: readonly IdleCost[]
}

/** What applying tables of one size costs while requests are forwarded. In milliseconds. */
type TableCost = {
  readonly targetGroups: number
  readonly applications: number
  /** Everything in it is new. */
  readonly first: Pause
  /** Later, with other weights. */
  readonly appliedMilliseconds: number
  /** The longest time that the router's event loop was held up, for each application; and the processor time in it. */
  readonly pause: Spread
  readonly pauseCpu: Spread
  /** In as long a time under the same load, without a new table. */
  readonly quietPause: Spread
  readonly quietPauseCpu: Spread
  readonly failed: number
}

type Spread = { readonly median: number; readonly longest: number }

type IdleCost = {
  readonly targets: number
  readonly intervalSeconds: number
  /** It is asked for its report ten times a second, as by the engine. */
  readonly isAsked: boolean
  /** Of one processor. */
  readonly cpuPercent: number
}

type Course = { readonly options: BenchOptions; readonly signal: AbortSignal; readonly say: (text: string) => void }

const instrument = fileURLToPath(new URL('./loop-delay.ts', import.meta.url))
const sizes = [10, 100, 1_000] as const
/** As many as a listener of an Application Load Balancer may have. */
const rulesOfListener = 100
const requestsPerSecond = 1_000
const idleStates: readonly Omit<IdleCost, 'cpuPercent'>[] = [
  { targets: 0, intervalSeconds: 30, isAsked: false },
  { targets: 1_000, intervalSeconds: 30, isAsked: false },
  { targets: 1_000, intervalSeconds: 5, isAsked: false },
  { targets: 1_000, intervalSeconds: 30, isAsked: true },
]
/** From one application to the next: time enough for what it sets off. */
const windowMilliseconds = 150

export async function benchTable(stage: Stage, { options, signal, say }: Course): Promise<TableResult> {
  const startedAt = new Date().toISOString()
  const { small } = await buildSite(stage)
  const ports = await freePorts(1 + Math.max(...sizes) / rulesOfListener)
  const costs: TableCost[] = []
  for (const size of sizes) {
    const make = (turn: number): RoutingTable => tableOfSize(size, { ports, target: small.blue[0] ?? 0, turn })
    const cost = await costOf(stage, { make, size, port: ports[0] ?? 0, options, signal })
    costs.push(cost)
    say(
      `${size} target groups: ${cost.pause.median.toFixed(2)} ms pause, ${cost.pauseCpu.median.toFixed(2)} ms CPU (${cost.applications} applications)`,
    )
  }
  const idle: IdleCost[] = []
  for (const state of idleStates) {
    const cost = await idleCost(stage, { ports, target: small.blue[0] ?? 0, ...state, options })
    idle.push(cost)
    signal.throwIfAborted()
    say(`Idle with ${cost.targets} targets: ${cost.cpuPercent.toFixed(1)} % CPU`)
  }
  return { machine: machineOf(), startedAt, sizes: costs, idle }
}

type Make = { readonly ports: readonly number[]; readonly target: number; readonly turn: number }

/** The first listener takes the load; the others have a rule for each target group, whose weights change each turn. */
function tableOfSize(size: number, { ports, target, turn }: Make, intervalSeconds = 30): RoutingTable {
  const names = Array.from({ length: size }, (_, index) => `group-${index}`)
  const listeners = ports.slice(1, 1 + Math.ceil(size / rulesOfListener)).map((port, index): ListenerRoute => {
    const own = names.slice(index * rulesOfListener, (index + 1) * rulesOfListener)
    return { ...listenerOf(port, []), rules: own.map((name, priority) => ruleFor(name, priority + 1, turn)) }
  })
  const door = listenerOf(ports[0] ?? 0, [{ targetGroupArn: arnOf('group-0'), weight: 1 + (turn % 2) }])
  return tableOf(
    [door, ...listeners],
    names.map((name) => groupOf(name, [target], { intervalSeconds })),
  )
}

function ruleFor(name: string, priority: number, turn: number): ListenerRoute['rules'][number] {
  return {
    priority,
    conditions: [{ field: 'path-pattern', values: [`/${name}/*`] }],
    action: {
      type: 'forward',
      targetGroups: [
        { targetGroupArn: arnOf(name), weight: turn % 2 === 0 ? 100 : 0 },
        { targetGroupArn: arnOf('group-0'), weight: turn % 2 === 0 ? 0 : 100 },
      ],
    },
  }
}

type Measured = Pick<Course, 'options' | 'signal'> & {
  readonly make: (turn: number) => RoutingTable
  readonly size: number
  readonly port: number
}

async function costOf(stage: Stage, { make, size, port, options, signal }: Measured): Promise<TableCost> {
  const router = startRouter(stage, ['--import', instrument])
  try {
    await router.apply(tableOfSize(1, { ports: [port], target: firstTarget(make(0)), turn: 0 }))
    const plan = { port, connections: 16, requestsPerSecond, seconds: options.warmUpSeconds }
    await runOpenLoop(plan, signal)
    const applications = Math.ceil((options.repetitions * options.seconds * 1_000) / (4 * windowMilliseconds))
    const seconds = ((2 * applications + 4) * windowMilliseconds * 1.5) / 1_000 + 1
    const load = runOpenLoop({ ...plan, seconds }, signal)
    await delay(500)
    const first = await pauseDuring(router, () => router.apply(make(0)))
    const pauses: Pause[] = []
    const quiet: Pause[] = []
    for (let turn = 1; turn <= applications; turn++) {
      const table = make(turn)
      pauses.push(await pauseDuring(router, () => router.apply(table)))
      quiet.push(await pauseDuring(router, async () => undefined))
    }
    const { requests, unanswered } = await load
    const failed = requests.filter(([, , , group]) => group === '').length + unanswered
    return { targetGroups: size, applications, ...summarised(first, pauses, quiet), failed }
  } finally {
    await router.stop()
  }
}

type Pause = LoopPause & { readonly took: number }

async function pauseDuring(router: RouterUnderTest, perform: () => Promise<unknown>): Promise<Pause> {
  router.child.send('reset')
  // The message has arrived by then, so that what is measured is not its reading.
  await delay(10)
  const startedAt = performance.now()
  await perform()
  const took = performance.now() - startedAt
  await delay(windowMilliseconds - 10)
  router.child.send('read')
  const [pause] = (await once(router.child, 'message')) as [LoopPause]
  return { took, ...pause }
}

function summarised(first: Pause, pauses: readonly Pause[], quiet: readonly Pause[]) {
  return {
    first,
    appliedMilliseconds: median(pauses.map(({ took }) => took)),
    pause: spreadOf(pauses.map(({ elapsed }) => elapsed)),
    pauseCpu: spreadOf(pauses.map(({ cpu }) => cpu)),
    quietPause: spreadOf(quiet.map(({ elapsed }) => elapsed)),
    quietPauseCpu: spreadOf(quiet.map(({ cpu }) => cpu)),
  }
}

function spreadOf(numbers: readonly number[]): Spread {
  return { median: median(numbers), longest: Math.max(...numbers) }
}

function firstTarget({ targetGroups }: RoutingTable): number {
  return Object.values(targetGroups)[0]?.targets[0]?.port ?? 0
}

type Idle = Omit<Make, 'turn'> & Pick<Course, 'options'> & Omit<IdleCost, 'cpuPercent'>

async function idleCost(stage: Stage, { options, ports, target, ...state }: Idle): Promise<IdleCost> {
  const { targets, intervalSeconds, isAsked } = state
  const router = startRouter(stage)
  try {
    await router.apply(tableOfSize(targets, { ports, target, turn: 0 }, intervalSeconds))
    // The first check of each target comes at once; they are not what it costs to stay.
    await delay(2_000)
    const seconds = Math.max(2, options.seconds * 2)
    const before = cpuSeconds(router.pid)
    for (let turn = 0; turn < seconds * 10; turn++)
      await (isAsked ? Promise.all([router.report(), delay(100)]) : delay(100))
    return { ...state, cpuPercent: ((cpuSeconds(router.pid) - before) / seconds) * 100 }
  } finally {
    await router.stop()
  }
}
