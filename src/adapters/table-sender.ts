import { inJson } from '../domain/routing-table-json.ts'
import { newsOf } from '../domain/routing-table-news.ts'
import type { RoutingTable } from '../domain/routing-table.ts'
import type { AppliedTable } from '../engine/ports.ts'
import { callRouter, RouterRefused } from './router-process.ts'

/** What a router answers that has another table than the news begin with, and one of a version that knows no news. */
const wholeWanted = new Set([409, 404])

/** Hands tables to a router: the news since the one it has confirmed last, and the whole where it has not got that one. */
export class TableSender {
  readonly #socketPath: string
  #confirmed: RoutingTable | undefined

  constructor(socketPath: string) {
    this.#socketPath = socketPath
  }

  /** The newest one that a router has confirmed. */
  get confirmed(): RoutingTable | undefined {
    return this.#confirmed
  }

  /** Rejects with `RouterUnreachable`, or with what the router answered. */
  async send(table: RoutingTable): Promise<AppliedTable> {
    const applied = (await this.#sendNews(table)) ?? (await this.#sendWhole(table))
    if (table.version >= (this.#confirmed?.version ?? 0)) this.#confirmed = table
    return applied
  }

  async #sendNews(table: RoutingTable): Promise<AppliedTable | undefined> {
    const before = this.#confirmed
    if (before === undefined || table.version <= before.version) return undefined
    try {
      const call = { method: 'PATCH', path: '/table', body: inJson(newsOf(before, table)) } as const
      return (await callRouter(this.#socketPath, call)) as AppliedTable
    } catch (error) {
      if (error instanceof RouterRefused && wholeWanted.has(error.statusCode)) return undefined
      throw error
    }
  }

  async #sendWhole(table: RoutingTable): Promise<AppliedTable> {
    return (await callRouter(this.#socketPath, { method: 'PUT', path: '/table', body: inJson(table) })) as AppliedTable
  }
}
