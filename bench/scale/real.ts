import { execFile, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { SqlitePersistence } from '../../src/adapters/sqlite-persistence.ts'
import { arn } from '../../src/domain/identifiers.ts'
import { Store } from '../../src/engine/store.ts'
import { parseStat } from '../process-cost.ts'
import { quantile } from '../statistics.ts'
import { Caller } from './caller.ts'
import { furnish } from './town.ts'

/** What the engine costs where its tasks are real processes behind a real router. */
export type RealFigures = {
  readonly services: number
  readonly tasks: number
  readonly fillSeconds: number
  /** Of one core, in percent, while nothing happens but health checks. */
  readonly idleCpuPercent: number
  readonly apiP99Milliseconds: number
}

const program = fileURLToPath(new URL('../../bin/teal.mjs', import.meta.url))
const application = fileURLToPath(new URL('../../examples/hello/', import.meta.url))
const firstPort = 21_000
const tasksPerService = 5
const patienceSeconds = 600
const askSeconds = 5
const ticksPerSecond = 100

/** `teal serve` with so many tasks that are processes; all of it is ended again. */
export async function benchReal(path: string, tasks: number, idleSeconds: number): Promise<RealFigures> {
  const services = Math.ceil(tasks / tasksPerService)
  const data = join(path, 'data')
  mkdirSync(data, { recursive: true })
  await promisify(execFile)(process.execPath, [program, 'build', '--data', data, application, '--tag', 'hello:1'])
  seed(join(data, 'state.db'), services)
  const from = performance.now()
  const serving = spawn(process.execPath, [program, 'serve', '--data', data, '--port', '0', '--runtime', 'process'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  try {
    const caller = new Caller(await urlOf(serving))
    await untilSteady(caller, services)
    const fillSeconds = (performance.now() - from) / 1_000
    await delay(2_000)
    const before = cpuTicks(serving)
    await delay(idleSeconds * 1_000)
    const idleCpuPercent = ((cpuTicks(serving) - before) / ticksPerSecond / idleSeconds) * 100
    caller.takeLatencies()
    await caller.askAround(services, 40, AbortSignal.timeout(askSeconds * 1_000))
    const apiP99Milliseconds = quantile(caller.takeLatencies(), 0.99)
    return { services, tasks: services * tasksPerService, fillSeconds, idleCpuPercent, apiP99Milliseconds }
  } finally {
    const ended = once(serving, 'exit')
    serving.kill('SIGINT')
    await ended
  }
}

/** What CreateService would have left there; the engine starts the tasks when it finds the task sets. */
function seed(file: string, services: number): void {
  const persistence = SqlitePersistence.open(file)
  const store = new Store(persistence)
  const now = Date.now()
  const container = { image: 'hello:1', portMappings: [{ containerPort: 80, protocol: 'tcp' as const }] }
  const plan = { services, tasksPerService, waitInMinutes: 5, firstPort, container }
  for (const taskSet of furnish(store, plan, now)) {
    const taskSetArn = arn.taskSet(taskSet.serviceArn, taskSet.taskSetId)
    store.taskSets.put(taskSetArn, {
      ...taskSet,
      taskSetArn,
      clusterArn: store.services.get(taskSet.serviceArn)?.clusterArn ?? '',
      createdAt: now,
      updatedAt: now,
      stabilityStatus: 'STABILIZING',
      stabilityStatusAt: now,
      failures: { consecutive: 0, total: 0, nextStartAt: 0 },
      tags: {},
    })
  }
  persistence.close()
}

async function urlOf(serving: ChildProcess): Promise<string> {
  if (serving.stdout === null) throw new Error('The engine has no output.')
  for await (const line of createInterface(serving.stdout)) {
    const url = /listening on (http\S+)/.exec(line)?.[1]
    if (url === undefined) continue
    serving.stdout.resume()
    return url
  }
  throw new Error('The engine ended before it served.')
}

async function untilSteady(caller: Caller, services: number): Promise<void> {
  const deadline = performance.now() + patienceSeconds * 1_000
  for (let index = 0; index < services;) {
    if (await caller.isSteady(index)) index += 1
    else if (performance.now() > deadline) throw new Error(`Service ${index} is not steady after ${patienceSeconds} s`)
    else await delay(500)
  }
}

/** Of the engine's process alone: tasks are its children. */
function cpuTicks({ pid }: ChildProcess): number {
  return parseStat(readFileSync(`/proc/${pid}/stat`, 'latin1')).cpuTicks
}
