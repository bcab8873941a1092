import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import type { RouterReport } from '../domain/router-report.ts'
import type { Log } from '../engine/ports.ts'
import { checkToEnd, DataDirectory, DataDirectoryInUse } from './data-directory.ts'
import { DockerUnreachable } from './docker-api.ts'
import { endLeftProcesses, functionDirectories } from './lambda-leftovers.ts'
import { RouterClient } from './router-client.ts'
import { callRouter, isRouterLockHeld, routerNumbers, routerSocketPath } from './router-process.ts'
import { killRunningTasks } from './running-tasks.ts'
import { countTasks, killDockerTasks, leftRuntimes } from './runtimes.ts'
import type { EngineRuntime } from './runtimes.ts'
import { SystemClock } from './system-clock.ts'

/** What was running, and has ended. */
export type EndedParts = {
  readonly enginePid?: number
  /** The first router. */
  readonly routerPid?: number
  /** All of them, where there were several. */
  readonly routerPids?: readonly number[]
  readonly tasks: number
  /** What could not be written down of it, in a sentence. */
  readonly unwritten?: string
}

/** An engine that ends its tasks waits for their stop time-outs, which ECS allows to be two minutes. */
const engineEndMilliseconds = 150_000
const lookMilliseconds = 50
const routerEndMilliseconds = 15_000

/** Ends everything of a data directory: the engine if one is running, and whatever it or an earlier one left running. */
export async function endTeal({ dataDirectory }: { readonly dataDirectory: string }): Promise<EndedParts> {
  const path = resolve(dataDirectory)
  if (!existsSync(path)) return { tasks: 0 }
  checkToEnd(path)
  const running = await countRunning(path)
  const { directory, enginePid } = await claimFromEngine(path)
  try {
    await endRouterAndTasks(path)
  } finally {
    directory.release()
  }
  return {
    ...(enginePid === undefined ? {} : { enginePid }),
    ...running,
    ...(directory.isReadOnly ? { unwritten: readOnlyText(path) } : {}),
  }
}

function readOnlyText(path: string): string {
  return (
    `${path} lies on a read-only file system: nothing could be written there. The next engine will find tasks without an ` +
    'exit code, and tell them as killed.'
  )
}

/** What of a data directory's router and tasks is running now. */
export async function countRunning(path: string): Promise<Omit<EndedParts, 'enginePid'>> {
  const routerPids = await routerPidsOf(path)
  const [routerPid] = routerPids
  return {
    ...(routerPid === undefined ? {} : { routerPid }),
    ...(routerPids.length > 1 ? { routerPids } : {}),
    tasks: await countTasks(path, new SystemClock()),
  }
}

export async function endRouterAndTasks(dataDirectory: string): Promise<void> {
  const [clock, log] = [new SystemClock(), silence]
  const router = new RouterClient({ dataDirectory, listenHost: '127.0.0.1', clock, log })
  await router.shutdown()
  await endLeftProcesses(functionDirectories(dataDirectory))
  const ends = await Promise.allSettled(leftRuntimes({ dataDirectory, clock }).map((runtime) => ended(runtime)))
  // One that was only just started has the directory before it can be asked to end.
  const deadline = clock.now() + routerEndMilliseconds
  while (isRouterLockHeld(dataDirectory)) {
    if (clock.now() > deadline) {
      throw new Error(`The load balancer of ${dataDirectory} does not answer and could not be ended: end its process.`)
    }
    await clock.sleep(lookMilliseconds)
    await router.shutdown()
  }
  for (const end of ends) if (end.status === 'rejected') throw end.reason
}

async function ended(runtime: EngineRuntime): Promise<void> {
  try {
    await runtime.shutdown()
  } catch (error) {
    if (!(error instanceof DockerUnreachable)) throw error
    throw new Error(`${error.message}. Start it and run \`teal down\` again: tasks may be left there.`, {
      cause: error,
    })
  } finally {
    runtime.close()
  }
}

/** Without waiting for anything to finish. */
export function killRoutersAndTasks(path: string, report: RouterReport | undefined): void {
  killRunningTasks(path)
  killDockerTasks(path)
  killRouters(report)
}

/** Those of the report, wherever their files are. */
export function killRouters(report: RouterReport | undefined): void {
  for (const { pid } of report === undefined ? [] : (report.routers ?? [report])) signal(pid, 'SIGKILL')
}

/** Claims the directory; an engine that has it is told to end, as Ctrl-C would, and killed if it does not. */
async function claimFromEngine(
  path: string,
): Promise<{ readonly directory: DataDirectory; readonly enginePid?: number }> {
  const clock = new SystemClock()
  const deadline = clock.now() + engineEndMilliseconds
  let enginePid: number | undefined
  for (;;) {
    try {
      return { directory: DataDirectory.claimToEnd(path), ...(enginePid === undefined ? {} : { enginePid }) }
    } catch (error) {
      if (!(error instanceof DataDirectoryInUse)) throw error
      const pid = error.note?.pid
      if (pid !== undefined && pid !== enginePid) signal(pid, 'SIGINT')
      else if (pid !== undefined && clock.now() > deadline) signal(pid, 'SIGKILL')
      enginePid = pid ?? enginePid
    }
    await clock.sleep(lookMilliseconds)
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** Of those that answer. */
export async function routerPidsOf(path: string): Promise<readonly number[]> {
  const reports = routerNumbers(path).map(async (router) => {
    try {
      const report = await callRouter(routerSocketPath(path, router), { method: 'GET', path: '/report' })
      return [(report as RouterReport).pid]
    } catch {
      return []
    }
  })
  return (await Promise.all(reports)).flat()
}

const silence: Log = { info: () => undefined, warn: () => undefined }
