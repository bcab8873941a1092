import { mkdtempSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { pathToFileURL } from 'node:url'
import { ImageStore } from '../../src/adapters/image-store.ts'
import { ProcessRuntime } from '../../src/adapters/process-runtime.ts'
import { SystemClock } from '../../src/adapters/system-clock.ts'
import type { TaskEndpoint } from '../../src/domain/task.ts'
import type { ContainerLaunch, ContainerObservation, Log, TaskLaunch, TaskRuntime } from '../../src/engine/ports.ts'

/** A data directory and an application directory of one test; both go with it, and every task in them. */
export type ProcessWorld = {
  readonly data: string
  readonly app: string
  readonly images: ImageStore
  /** Another engine on the same data directory. */
  readonly runtime: (log?: Log) => ProcessRuntime
}

export function processWorld(test: TestContext): ProcessWorld {
  const root = mkdtempSync(join(tmpdir(), 'teal-process-'))
  const data = join(root, 'data')
  const app = join(root, 'app')
  mkdirSync(app)
  const images = new ImageStore(data)
  const runtimes: ProcessRuntime[] = []
  const runtime = (log?: Log): ProcessRuntime => {
    const made = new ProcessRuntime({ dataDirectory: data, images, clock: new SystemClock(), ...(log && { log }) })
    runtimes.push(made)
    return made
  }
  test.after(async () => {
    await runtime().shutdown()
    for (const each of runtimes) each.close()
    rmSync(root, { recursive: true, force: true })
  })
  return { data, app, images, runtime }
}

export function writeFiles(directory: string, files: Readonly<Record<string, string>>): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(join(directory, path, '..'), { recursive: true })
    writeFileSync(join(directory, path), content)
  }
}

/** A container that runs a script of the application directory. */
export function shellContainer(app: string, script: string, more: Partial<ContainerLaunch> = {}): ContainerLaunch {
  return {
    name: 'web',
    image: pathToFileURL(app).href,
    command: ['sh', '-c', script],
    environment: {},
    containerPorts: [],
    stopTimeoutSeconds: 30,
    ...more,
  }
}

/** Prepares a task and starts all its containers at once. */
export async function startTask(runtime: TaskRuntime, launch: TaskLaunch): Promise<readonly TaskEndpoint[]> {
  const { endpoints } = await runtime.prepare(launch)
  await Promise.all(launch.containers.map(({ name }) => runtime.startContainer(launch, name)))
  return endpoints
}

export function task(taskId: string, ...containers: readonly ContainerLaunch[]): TaskLaunch {
  return { taskId, taskArn: `arn:aws:ecs:us-east-1:000000000000:task/default/${taskId}`, containers }
}

/** Asks until the answer is there; an answer of `undefined` or `false` is none. */
export async function eventually<Answer>(
  what: string,
  ask: () => Answer | Promise<Answer>,
): Promise<Exclude<Answer, undefined | false>> {
  const deadline = Date.now() + 20_000
  for (;;) {
    const answer = await ask()
    if (answer !== undefined && answer !== false) return answer as Exclude<Answer, undefined | false>
    if (Date.now() > deadline) throw new Error(`Waited 20 seconds in vain: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

export function exitCodeOf(seen: readonly ContainerObservation[], name = 'web'): number | undefined {
  const state = seen.find((each) => each.name === name)?.state
  return state?.kind === 'exited' ? state.exitCode : undefined
}

export function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}

/** Whether a process is there and not a zombie that nobody has collected yet. */
export function isRunning(pid: number): boolean {
  const stat = readText(`/proc/${pid}/stat`)
  if (stat !== undefined) return !/^[ZX]/.test(stat.slice(stat.lastIndexOf(')') + 2))
  try {
    process.kill(pid, 0)
    return process.platform !== 'linux'
  } catch {
    return false
  }
}
