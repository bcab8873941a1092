/**
 * Runs all tests, or those whose paths begin with what is given: `npm test`, `node scripts/test.ts test/router`. What is
 * small shares a process; most others run three files at a time, and beside them what waits most of the time; then runs by
 * itself what measures time; then what keeps the machine busy with load, and beside it the examples. What only computes
 * takes what all these leave. What failed is told once more at the end.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { randomUUID } from 'node:crypto'
import { globSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { constants, setPriority } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'

const root = join(import.meta.dirname, '..')
const cache = join(root, 'node_modules/.cache')
/** A file of tests that takes longer is hung, and a test that says nothing else of itself: Node has one limit for both. */
const timeoutMilliseconds = 400_000
/** What has much to compute and no hurry: it takes what the others leave of the processors. */
const computing = [
  'test/simulation.test.ts',
  'test/package.test.ts',
  'test/simulated/',
  'test/fuzz/',
  'test/aws/wire/',
  'test/aws/s3/',
]
/** Of those, what measures time. */
const measuring = ['test/aws/wire/request-path.test.ts']
/** Of these all files share a process: each has little to do, and most of its time would go into reading the same modules. */
const sharing = ['domain', 'engine', 'view', 'aws/ecs', 'aws/codedeploy', 'aws/elbv2'].map((name) => `test/${name}/`)
const alone = ['test/bench/', 'test/demo/']
const loaded = ['test/survival/']
const besideLoad = ['test/examples/']
/** Of what is loaded, what waits most of the time. */
const waiting = ['alarm', 'bad-versions', 'docker-task', 'native-blue-green', 'router', 'scaling', 'successions'].map(
  (name) => `test/survival/${name}.test.ts`,
)

const wanted = process.argv.slice(2)
const files = globSync('test/**/*.test.ts', { cwd: root })
  .map((file) => file.replaceAll('\\', '/'))
  .filter((file) => wanted.length === 0 || wanted.some((path) => file.startsWith(path)))
  .toSorted((one, other) => one.localeCompare(other, 'en'))
if (files.length === 0) {
  console.error(`There are no tests in ${wanted.join(', ')}.`)
  process.exit(2)
}
mkdirSync(cache, { recursive: true })
const failed = mkdtempSync(join(cache, 'failed-tests-'))
const filesOf = (paths: readonly string[]): readonly string[] => files.filter((file) => isOf(paths, file))
const isOf = (paths: readonly string[], file: string): boolean => paths.some((path) => file.startsWith(path))
const isComputing = (file: string): boolean => isOf(computing, file) && !isOf(measuring, file)
const isLoaded = (file: string): boolean => isOf(loaded, file) && !isOf(waiting, file)
const isOther = (file: string): boolean =>
  !isComputing(file) && !isOf([...sharing, ...alone, ...loaded, ...besideLoad], file)
const computed = run(files.filter(isComputing), { concurrency: 1, beside: 'giving way' })
const waited = run(filesOf(waiting), { concurrency: 1, beside: 'as the others' })
const passed = [await run(filesOf(sharing), { concurrency: 1, isShared: true })]
passed.push(await run(files.filter(isOther), { concurrency: 3 }), await waited)
passed.push(await run(filesOf(alone), { concurrency: 1 }))
const shown = run(filesOf(besideLoad), { concurrency: 1, beside: 'as the others' })
passed.push(await run(files.filter(isLoaded), { concurrency: 1 }), await shown, await computed)
for (const name of readdirSync(failed)) process.stdout.write(readFileSync(join(failed, name), 'utf8'))
rmSync(failed, { recursive: true })
process.exit(passed.every(Boolean) ? 0 : 1)

type Manner = {
  readonly concurrency: number
  /** All files in one process, one after the other. */
  readonly isShared?: boolean
  /** What runs beside others is told of in one piece when it is over; where nothing else runs, as it goes. */
  readonly beside?: 'as the others' | 'giving way'
}

/** True where all of them pass. */
async function run(some: readonly string[], { concurrency, isShared, beside }: Manner): Promise<boolean> {
  if (some.length === 0) return true
  const options = [
    '--test',
    `--test-timeout=${timeoutMilliseconds}`,
    `--test-concurrency=${concurrency}`,
    `--test-isolation=${isShared === true ? 'none' : 'process'}`,
    '--test-reporter=spec',
    '--test-reporter-destination=stdout',
    '--test-reporter=./scripts/failed-tests.ts',
    `--test-reporter-destination=${join(failed, randomUUID())}`,
  ]
  // Most files are a process of their own, and half of a short one's time would go into compiling the same modules again.
  const env = { NODE_COMPILE_CACHE: join(cache, 'node-compile-cache'), ...process.env }
  const runner = spawn(process.execPath, [...options, ...some], {
    cwd: root,
    env,
    stdio: ['inherit', beside === undefined || some.length === files.length ? 'inherit' : 'pipe', 'inherit'],
  })
  if (beside === 'giving way' && runner.pid !== undefined) setPriority(runner.pid, constants.priority.PRIORITY_LOW)
  const exited = once(runner, 'exit') as Promise<[exitCode: number | null]>
  if (runner.stdout !== null) process.stdout.write(await text(runner.stdout))
  const [exitCode] = await exited
  return exitCode === 0
}
