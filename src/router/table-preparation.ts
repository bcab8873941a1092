import { isDeepStrictEqual } from 'node:util'
import { changedTargetGroups } from '../domain/routing-table-news.ts'
import type { ListenerRoute, RoutingTable } from '../domain/routing-table.ts'
import type { RefusedListener } from '../domain/router-report.ts'
import { liveListener, type LiveListener, type LiveTableParts } from './live-table.ts'
import type { LiveGroup, PreparedGroup } from './live-targets.ts'
import type { Secure } from './securing.ts'
import { eachInSlices, inSlices } from './slices.ts'

/** A listener of a table, and what is wrong with its certificates. */
export type PreparedListener = { readonly listener: LiveListener; readonly problem: RefusedListener | undefined }

/** Everything that a table needs to be put in force at once. Nothing of it is in force yet. */
export type PreparedTable = {
  readonly table: RoutingTable
  /** By port: each port once. */
  readonly listeners: ReadonlyMap<number, PreparedListener>
  /** Those that are not as in the table before. */
  readonly groups: readonly PreparedGroup[]
  readonly gone: readonly LiveGroup[]
  /** Listeners whose port another one has. */
  readonly doubles: readonly RefusedListener[]
}

/** Makes what takes time of the next table, in slices. What is as in the table before is not made again. */
export class TablePreparation {
  readonly #parts: LiveTableParts
  readonly #secure: Pick<Secure, 'problemOf'>
  #prepared: ReadonlyMap<ListenerRoute, PreparedListener> = new Map()

  constructor(parts: LiveTableParts, secure: Pick<Secure, 'problemOf'>) {
    this.#parts = parts
    this.#secure = secure
  }

  async of(table: RoutingTable, before: RoutingTable): Promise<PreparedTable> {
    const { served, doubles } = split(table)
    const changed = changedTargetGroups(before, table)
    const listeners = await inSlices(this.#listeners(served))
    this.#prepared = new Map(listeners.map((prepared) => [prepared.listener.route, prepared]))
    const present = changed.flatMap((arn) => table.targetGroups.get(arn) ?? [])
    const gone = changed.filter((arn) => !table.targetGroups.has(arn))
    return {
      table,
      listeners: new Map(listeners.map((prepared) => [prepared.listener.route.port, prepared])),
      groups: await eachInSlices(present, (group) => this.#parts.targets.prepare(group)),
      gone: await eachInSlices(gone, (arn) => this.#parts.targets.group(arn)),
      doubles,
    }
  }

  *#listeners(routes: readonly ListenerRoute[]): Generator<void, readonly PreparedListener[]> {
    const listenersBefore = new Map(
      Array.from(this.#prepared.values(), ({ listener }) => [listener.route.listenerArn, listener]),
    )
    const listeners: PreparedListener[] = []
    for (const route of routes) {
      listeners.push(this.#prepared.get(route) ?? (yield* this.#prepare(route, listenersBefore.get(route.listenerArn))))
      yield
    }
    return listeners
  }

  *#prepare(route: ListenerRoute, before: LiveListener | undefined): Generator<void, PreparedListener> {
    const { listenerArn, port, tls } = route
    const problem = tls === undefined ? undefined : this.#secure.problemOf(tls)
    return {
      listener: yield* liveListener(route, this.#parts, before),
      problem:
        problem === undefined
          ? undefined
          : { listenerArn, port, message: `The certificates of port ${port} cannot be used: ${problem}` },
    }
  }
}

/** The table with the former one's objects wherever they say the same. */
export async function withFormerParts(table: RoutingTable, before: RoutingTable): Promise<RoutingTable> {
  const formerListeners = new Map(before.listeners.map((route) => [route.listenerArn, route]))
  const groups = await eachInSlices(
    table.targetGroups,
    ([arn, group]) => [arn, former(before.targetGroups.get(arn), group)] as const,
  )
  const listeners = await eachInSlices(table.listeners, (route) =>
    former(formerListeners.get(route.listenerArn), route),
  )
  return { version: table.version, listeners, targetGroups: new Map(groups) }
}

function former<Part>(before: Part | undefined, now: Part): Part {
  return before !== undefined && isDeepStrictEqual(before, now) ? before : now
}

/** Each port once: the first listener that names it has it. */
function split({ listeners }: RoutingTable): {
  readonly served: readonly ListenerRoute[]
  readonly doubles: readonly RefusedListener[]
} {
  const ports = new Set<number>()
  const served: ListenerRoute[] = []
  const doubles: RefusedListener[] = []
  for (const route of listeners) {
    const { listenerArn, port } = route
    if (ports.has(port)) doubles.push({ listenerArn, port, message: `Another listener already has port ${port}` })
    else served.push(route)
    ports.add(port)
  }
  return { served, doubles }
}
