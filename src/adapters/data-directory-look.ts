import { accessSync, constants, existsSync, readFileSync, statfsSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import type { ReportInJson } from '../domain/router-report.ts'
import type { InJson } from '../domain/routing-table-json.ts'
import type { RoutingTable } from '../domain/routing-table.ts'
import { folderProblem, readNote } from './data-directory.ts'
import type { EngineNote } from './data-directory.ts'
import { readDockerIdentity } from './docker-identity.ts'
import { codeOf } from './error-code.ts'
import { callRouter, isRouterLockHeld, routerSocketPath } from './router-process.ts'
import { countTasks } from './runtimes.ts'
import { isFileLockHeld } from './file-lock.ts'
import { stateFileProblem } from './sqlite-persistence.ts'
import { SystemClock } from './system-clock.ts'

/** What there is of a data directory, and what of it runs, without touching anything. */
export type DataDirectoryLook = {
  /** Absolute. */
  readonly path: string
  readonly isThere: boolean
  /** Why this user cannot work with it. Then it is not known what runs, unless it is read-only. */
  readonly problem?: string
  /** It lies on a file system that is, or has become, read-only: what runs there can be told all the same. */
  readonly isReadOnly: boolean
  /** Where the engine's state cannot be used, in a sentence that says what to do. */
  readonly stateProblem?: string
  readonly isEngineRunning: boolean
  /** Of whoever had the directory last; left behind by an engine that was killed. */
  readonly note?: EngineNote
  readonly isRouterRunning: boolean
  /** Absent where no router runs, or it does not answer. */
  readonly router?: ReportInJson
  readonly tasks: number
  readonly isOfDocker: boolean
  /** Of all listeners, as the router last had them. */
  readonly listenerPorts: readonly number[]
  /** Of the disk. */
  readonly freeBytes: number
  /** When anything in it was last changed; epoch milliseconds, 0 where there is nothing. */
  readonly changedAt: number
}

export async function lookAtDataDirectory(directory: string): Promise<DataDirectoryLook> {
  const path = resolve(directory)
  const isThere = existsSync(path)
  const freeBytes = freeBytesOf(path)
  const nothing = { isEngineRunning: false, isRouterRunning: false, tasks: 0, isOfDocker: false, listenerPorts: [] }
  const isReadOnly = isOnReadOnly(nearestThere(path))
  const problem = isReadOnly ? `${path} lies on a read-only file system` : problemOf(path)
  const what = { path, isThere, isReadOnly, ...(problem === undefined ? {} : { problem }), freeBytes }
  if (!isThere || (problem !== undefined && !isReadOnly)) return { ...what, ...nothing, changedAt: 0 }
  const [note, router, tasks] = [readNote(path), await askRouter(path), await countTasks(path, new SystemClock())]
  const state = join(path, 'state.db')
  // SQLite may need to write beside a file to read it.
  const stateProblem = isReadOnly ? undefined : stateFileProblem(state)
  return {
    ...what,
    ...(stateProblem === undefined ? {} : { stateProblem }),
    isEngineRunning: isFileLockHeld(join(path, 'engine.lock')),
    ...(note === undefined ? {} : { note }),
    isRouterRunning: isRouterLockHeld(path),
    ...(router === undefined ? {} : { router }),
    tasks,
    isOfDocker: readDockerIdentity(path) !== undefined,
    listenerPorts: listenerPorts(path),
    changedAt: existsSync(state) ? statSync(state).mtimeMs : 0,
  }
}

function isOnReadOnly(path: string): boolean {
  try {
    accessSync(path, constants.W_OK)
    return false
  } catch (error) {
    return codeOf(error) === 'EROFS'
  }
}

/** The nearest directory that is there has to be writable, for one that is to be made. */
function problemOf(path: string): string | undefined {
  const nearest = nearestThere(path)
  if (!statSync(nearest).isDirectory()) return `${nearest} is not a directory`
  try {
    accessSync(nearest, constants.R_OK | constants.W_OK | constants.X_OK)
    return folderProblem(path)
  } catch {
    return `${nearest} cannot be written by this user`
  }
}

function nearestThere(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : nearestThere(dirname(path))
}

/** Free to this user. */
function freeBytesOf(path: string): number {
  const { bavail, bsize } = statfsSync(nearestThere(path))
  return bavail * bsize
}

async function askRouter(path: string): Promise<ReportInJson | undefined> {
  try {
    return (await callRouter(routerSocketPath(path), { method: 'GET', path: '/report' })) as ReportInJson
  } catch {
    return undefined
  }
}

function listenerPorts(path: string): readonly number[] {
  try {
    const { listeners } = JSON.parse(readFileSync(join(path, 'routing-table.json'), 'utf8')) as InJson<RoutingTable>
    return [...new Set(listeners.map(({ port }) => port))]
  } catch {
    return []
  }
}
