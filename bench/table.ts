import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { freePorts } from '../demo/free-ports.ts'
import type { ListenerRoute, RoutingTable } from '../src/domain/routing-table.ts'
import { arnOf, groupOf, listenerOf, startRouter, tableOf, type RouterUnderTest } from './contenders/teal.ts'
import type { HeldUp } from './loop-delay.ts'
import { machineOf, type Machine } from './machine.ts'
import { runOpenLoop } from './open-loop.ts'
import type { BenchOptions } from './options.ts'
import { cpuSeconds } from './process-cost.ts'
import { buildSite } from './site.ts'
import type { Stage } from './stage.ts'
import { median, quantile } from './statistics.ts'

export type TableResult = {
  readonly machine: Machine
  readonly startedAt: string
  readonly sizes: readonly TableCost[]
  readonly idle: readonly IdleCost[]
}

/** What applying tables of one size costs while requests are forwarded. In milliseconds. */
type TableCost = {
  readonly targetGroups: number
  /** A whole table in which everything is new. */
  readonly whole: ChangeCost
  /** The weights of every rule are others. */
  readonly all: ChangeCost
  /** The weights of one rule are others, as in a deployment. */
  readonly one: ChangeCost
  /** In as long a time under the same load, without a new table. */
  readonly quiet: ChangeCost
  readonly failed: number
}

export type ChangeCost = {
  readonly applications: number
  /** Median. */
  readonly appliedMilliseconds: number
  /**
   * The longest time that the router's event loop was held up, for each application, without what the router waited while
   * other programs had the processors, or for something to do.
   */
  readonly pause: Spread
  /** With it. */
  readonly clock: Spread
  /** The processor time that the router's thread used in as long a stretch. */
  readonly busy: Spread
}

type Spread = { readonly median: number; readonly ninthOfTen: number; readonly longest: number }

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
  { targets: 0, intervalSeconds: 30, isAsked: true },
  { targets: 1_000, intervalSeconds: 30, isAsked: false },
  { targets: 1_000, intervalSeconds: 5, isAsked: false },
  { targets: 1_000, intervalSeconds: 30, isAsked: true },
]
/** From one application to the next: time enough for what it sets off. */
const windowMilliseconds = 150
const askMilliseconds = 100

export async function benchTable(stage: Stage, { options, signal, say }: Course): Promise<TableResult> {
  const startedAt = new Date().toISOString()
  const { small } = await buildSite(stage)
  const ports = await freePorts(1 + Math.max(...sizes) / rulesOfListener)
  const costs: TableCost[] = []
  for (const size of sizes) {
    const cost = await costOf(stage, { ports, target: small.blue[0] ?? 0, size, options, signal })
    costs.push(cost)
    const pauses = [cost.whole, cost.all, cost.one].map(({ pause }) => pause.median.toFixed(2))
    say(`${size} target groups: pauses of ${pauses.join(', ')} ms (a whole table, all weights, one rule's)`)
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

type Parts = {
  readonly ports: readonly number[]
  readonly target: number
  /** What the names of all target groups begin with. */
  readonly prefix?: string
  readonly intervalSeconds?: number
}

/** The first listener takes the load; the others have a rule for each target group. */
function tableOfSize(size: number, { ports, target, prefix = 'group', intervalSeconds = 30 }: Parts): RoutingTable {
  const names = Array.from({ length: size }, (_, index) => `${prefix}-${index}`)
  const first = arnOf(names[0] ?? '')
  const listeners = ports.slice(1, 1 + Math.ceil(size / rulesOfListener)).map((port, index): ListenerRoute => {
    const own = names.slice(index * rulesOfListener, (index + 1) * rulesOfListener)
    return { ...listenerOf(port, []), rules: own.map((name, at) => ruleFor(name, { priority: at + 1, first })) }
  })
  const door = listenerOf(ports[0] ?? 0, [{ targetGroupArn: first, weight: 1 }])
  return tableOf(
    [door, ...listeners],
    names.map((name) => groupOf(name, [target], { intervalSeconds })),
  )
}

type Rule = ListenerRoute['rules'][number]

function ruleFor(name: string, { priority, first }: { readonly priority: number; readonly first: string }): Rule {
  const targetGroups = [
    { targetGroupArn: arnOf(name), weight: 100 },
    { targetGroupArn: first, weight: 0 },
  ]
  return {
    priority,
    conditions: [{ field: 'path-pattern', values: [`/${name}/*`] }],
    action: { type: 'forward', targetGroups },
  }
}

/** A newer table with the weights of these rules turned round; what stays is the same, as in the engine's tables. */
function turned(
  table: RoutingTable,
  isWanted: (place: { readonly listener: number; readonly rule: number }) => boolean,
) {
  const listeners = table.listeners.map((route, listener) => {
    const rules = route.rules.map((rule, at) => (isWanted({ listener, rule: at }) ? turnedRule(rule) : rule))
    return rules.every((rule, at) => rule === route.rules[at]) ? route : { ...route, rules }
  })
  return { ...table, version: tableOf([], []).version, listeners }
}

function turnedRule(rule: Rule): Rule {
  if (rule.action.type !== 'forward') return rule
  const targetGroups = rule.action.targetGroups.map((group) => ({ ...group, weight: 100 - group.weight }))
  return { ...rule, action: { ...rule.action, targetGroups } }
}

type Measured = Pick<Course, 'options' | 'signal'> & Parts & { readonly size: number }

async function costOf(stage: Stage, { size, options, signal, ...parts }: Measured): Promise<TableCost> {
  const router = startRouter(stage, ['--import', instrument])
  try {
    const port = parts.ports[0] ?? 0
    let table = tableOfSize(1, { ...parts, ports: [port] })
    await router.apply(table)
    const plan = { port, connections: 16, requestsPerSecond, seconds: options.warmUpSeconds }
    await runOpenLoop(plan, signal)
    const rounds = Math.ceil((options.repetitions * options.seconds * 1_000) / (8 * windowMilliseconds))
    const seconds = ((4 * rounds + 4) * windowMilliseconds * 1.5) / 1_000 + 1
    const load = runOpenLoop({ ...plan, seconds }, signal)
    await delay(500)
    // As the engine does; an answer that fails to come is told by those that apply tables.
    const asking = setInterval(() => void router.report().catch(() => undefined), askMilliseconds)
    const pauses = { whole: [] as Pause[], all: [] as Pause[], one: [] as Pause[], quiet: [] as Pause[] }
    for (let round = 0; round < rounds; round++) {
      const whole = tableOfSize(size, { ...parts, prefix: `group${round}` })
      pauses.whole.push(await pauseDuring(router, () => router.applyWhole(whole)))
      table = turned(whole, () => false)
      // From here on the news of each are sent.
      await router.apply(table)
      await delay(windowMilliseconds)
      table = turned(table, () => true)
      pauses.all.push(await pauseDuring(router, () => router.apply(table)))
      table = turned(table, ({ listener, rule }) => listener === 1 && rule === 0)
      pauses.one.push(await pauseDuring(router, () => router.apply(table)))
      pauses.quiet.push(await pauseDuring(router, async () => undefined))
    }
    clearInterval(asking)
    const { requests, unanswered } = await load
    const failed = requests.filter(([, , , group]) => group === '').length + unanswered
    const { whole, all, one, quiet } = pauses
    const costs = { whole: costsOf(whole), all: costsOf(all), one: costsOf(one), quiet: costsOf(quiet) }
    return { targetGroups: size, ...costs, failed }
  } finally {
    await router.stop()
  }
}

type Pause = HeldUp & { readonly took: number }

async function pauseDuring(router: RouterUnderTest, perform: () => Promise<unknown>): Promise<Pause> {
  router.child.send('reset')
  // The message has arrived by then, so that what is measured is not its reading.
  await delay(10)
  const startedAt = performance.now()
  await perform()
  const took = performance.now() - startedAt
  await delay(windowMilliseconds - 10)
  router.child.send('read')
  const [heldUp] = (await once(router.child, 'message')) as [HeldUp]
  return { took, ...heldUp }
}

function costsOf(pauses: readonly Pause[]): ChangeCost {
  return {
    applications: pauses.length,
    appliedMilliseconds: median(pauses.map(({ took }) => took)),
    pause: spreadOf(pauses.map(({ own }) => own)),
    clock: spreadOf(pauses.map(({ clock }) => clock)),
    busy: spreadOf(pauses.map(({ busy }) => busy)),
  }
}

function spreadOf(numbers: readonly number[]): Spread {
  return {
    median: median(numbers),
    ninthOfTen: quantile(
      numbers.toSorted((a, b) => a - b),
      0.9,
    ),
    longest: Math.max(...numbers),
  }
}

type Idle = Parts & Pick<Course, 'options'> & Omit<IdleCost, 'cpuPercent'>

async function idleCost(stage: Stage, { options, ports, target, ...state }: Idle): Promise<IdleCost> {
  const { targets, intervalSeconds, isAsked } = state
  const router = startRouter(stage)
  try {
    await router.apply(tableOfSize(targets, { ports, target, intervalSeconds }))
    // The first check of each target comes at once; they are not what it costs to stay.
    await delay(2_000)
    // Long enough for the second check of each, unless figures are not what is wanted.
    const isShort = targets === 0 || options.seconds < 2
    const seconds = Math.max(options.seconds * 2, isShort ? 2 : intervalSeconds)
    const before = cpuSeconds(router.pid)
    for (let turn = 0; turn < seconds * 10; turn++)
      await (isAsked ? Promise.all([router.report(), delay(100)]) : delay(100))
    return { ...state, cpuPercent: ((cpuSeconds(router.pid) - before) / seconds) * 100 }
  } finally {
    await router.stop()
  }
}
