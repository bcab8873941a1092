import { parseArgs } from 'node:util'
import { contenderNames, type ContenderName } from './contenders/contender.ts'
import { routerCases } from './router-cases.ts'

type Benchmark = (typeof benchmarks)[number]
const benchmarks = ['router', 'switch', 'burst', 'table'] as const

export type BenchOptions = {
  readonly benchmark: Benchmark
  readonly repetitions: number
  /** Of each measurement. */
  readonly seconds: number
  readonly warmUpSeconds: number
  readonly only?: readonly ContenderName[]
  /** Names of `RouterCase`s; all when absent. */
  readonly cases?: readonly string[]
  readonly memory: boolean
  readonly idleConnections: number
  /** `switch`: of the open-loop client. */
  readonly requestsPerSecond: number
  /** `switch`: how often the weights go to the other side. */
  readonly everyMilliseconds: number
  readonly directory: string
  /** Also into docs/performance.md. */
  readonly publish: boolean
}

export const usage = `Measures Teal's router beside other programs that forward requests.

  npm run bench router       requests per second, latency, CPU and memory, beside HAProxy, nginx, Caddy, httpxy,
                             http-proxy and no proxy at all
  npm run bench switch       what clients notice while all weights go back and forth, beside nginx's and Caddy's reload
                             and HAProxy's runtime API
  npm run bench burst        how long many clients wait that connect at once, beside the same programs as router
  npm run bench table        what applying a routing table and checking the health of many targets costs

Two measure something else, with options of their own (npm run bench scale -- --help):
  npm run bench scale        what many services, many deployments at once and many past ones cost the engine
  npm run bench acceptance   a list of URLs requested as the hook does it, and lists made of logs

Options of the first four (after --):
  --quick                one short repetition of two cases, to see whether everything works; no figures
  --repetitions N        5; medians are taken over them
  --seconds N            4; how long each is measured, after a warm-up of a quarter of it, at least a second
  --only NAME[,NAME]     ${contenderNames.join(', ')}
  --cases CASE[,CASE]    router: ${routerCases
    .map(({ name }) => name)
    .join(', ')
    .replaceAll(/(.{60,76},) /g, '$1\n                           ')}
  --no-memory            router: leaves the memory of connections out
  --rate N               switch: 4000 requests a second
  --every MS             switch: 500; how often the weights change
  --output DIR           bench/results; JSON and an SVG chart are written there
  --publish              also writes them into docs/performance.md

Programs that are not installed are left out, and said to be. The machine should do nothing else.`

/** Undefined where help is asked for. Throws an Error for what it does not know. */
export function readOptions(argv: readonly string[]): BenchOptions | undefined {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      help: { type: 'boolean' },
      quick: { type: 'boolean', default: false },
      repetitions: { type: 'string' },
      seconds: { type: 'string' },
      only: { type: 'string' },
      cases: { type: 'string' },
      'no-memory': { type: 'boolean', default: false },
      rate: { type: 'string', default: '4000' },
      every: { type: 'string', default: '500' },
      output: { type: 'string', default: 'bench/results' },
      publish: { type: 'boolean', default: false },
    },
  })
  const { quick } = values
  if (values.help === true) return undefined
  const seconds = positive('seconds', values.seconds ?? (quick ? '1' : '4'))
  const cases = values.cases === undefined ? (quick ? ['small-64', 'large-64'] : undefined) : names(values.cases)
  return {
    benchmark: benchmarkOf(positionals),
    repetitions: positive('repetitions', values.repetitions ?? (quick ? '1' : '5')),
    seconds,
    warmUpSeconds: Math.max(1, Math.ceil(seconds / 4)),
    ...(values.only !== undefined && { only: knownNames('only', values.only, contenderNames) }),
    ...(cases !== undefined && { cases: knownNames('cases', cases.join(','), caseNames) }),
    memory: !quick && !values['no-memory'],
    idleConnections: 2_000,
    requestsPerSecond: positive('rate', values.rate),
    everyMilliseconds: positive('every', values.every),
    directory: values.output,
    publish: values.publish,
  }
}

const caseNames = routerCases.map(({ name }) => name)

function benchmarkOf(positionals: readonly string[]): Benchmark {
  const [name, ...more] = positionals
  if (more.length > 0) throw new Error(`One benchmark at a time, not also ${more.join(' ')}`)
  const known = benchmarks.find((one) => one === name)
  if (known !== undefined) return known
  throw new Error(
    name === undefined
      ? 'Which benchmark? router, switch, burst, table, scale or acceptance'
      : `There is no benchmark ${name}`,
  )
}

function positive(option: string, text: string): number {
  const number = Number(text)
  if (!Number.isInteger(number) || number <= 0)
    throw new Error(`--${option} must be a whole number above 0, not ${text}`)
  return number
}

function names(list: string): readonly string[] {
  return list.split(',').map((name) => name.trim())
}

function knownNames<Name extends string>(option: string, list: string, known: readonly Name[]): readonly Name[] {
  return names(list).map((name) => {
    const found = known.find((one) => one === name)
    if (found === undefined) throw new Error(`--${option} knows no ${name}; it knows ${known.join(', ')}`)
    return found
  })
}
