import type { RouterReport, TargetReport } from '../../src/domain/router-report.ts'
import { targetKey, type RoutingTable } from '../../src/domain/routing-table.ts'
import type { TargetHealth } from '../../src/domain/target-health.ts'
import type { AppliedTable, Router } from '../../src/engine/ports.ts'

/** A router that serves nothing: it takes tables, and reports what a test says it saw. */
export class MemoryRouter implements Router {
  /** Every table that was applied, oldest first. */
  readonly tables: RoutingTable[] = []
  /** Ports that cannot be opened, and why. */
  readonly takenPorts = new Map<number, string>()
  /** While it is set, no table is taken. */
  failure: Error | undefined
  /** While it is set, tables are taken only once it is resolved. */
  gate: Promise<void> | undefined
  readonly #healths = new Map<string, TargetHealth>()
  readonly #inFlight = new Map<string, number>()
  readonly #listeners: (() => void)[] = []
  #report: RouterReport | undefined

  get table(): RoutingTable | undefined {
    return this.tables.at(-1)
  }

  async apply(table: RoutingTable): Promise<AppliedTable> {
    await this.gate
    if (this.failure !== undefined) throw this.failure
    this.tables.push(table)
    return { refusedListeners: this.#refusedListeners(table) }
  }

  report(): RouterReport | undefined {
    return this.#report
  }

  onReport(listener: () => void): void {
    this.#listeners.push(listener)
  }

  setHealth(targetGroupArn: string, target: { id: string; port: number }, health: TargetHealth): void {
    this.#healths.set(targetKey(targetGroupArn, target), health)
  }

  setInFlight(targetGroupArn: string, target: { id: string; port: number }, requests: number): void {
    this.#inFlight.set(targetKey(targetGroupArn, target), requests)
  }

  /** Reports on the newest table, as a router does all the time. */
  tell(table = this.table): void {
    if (table === undefined) throw new Error('There is no table to report on')
    const refusedListeners = this.#refusedListeners(table)
    const targets = this.#targets(table)
    this.#report = { routerId: 'router-1', pid: 1, tableVersion: table.version, refusedListeners, targets, counts: [] }
    for (const listener of this.#listeners) listener()
  }

  #refusedListeners({ listeners }: RoutingTable) {
    return listeners.flatMap(({ listenerArn, port }) => {
      const message = this.takenPorts.get(port)
      return message === undefined ? [] : [{ listenerArn, port, message }]
    })
  }

  /** The targets of the table, and those which left it with requests in hand. */
  #targets(table: RoutingTable): ReadonlyMap<string, TargetReport> {
    const inTable = [...table.targetGroups.values()].flatMap(({ targetGroupArn, targets }) =>
      targets.map((target) => targetKey(targetGroupArn, target)),
    )
    const leaving = [...this.#inFlight].filter(([, requests]) => requests > 0).map(([key]) => key)
    return new Map(
      [...inTable, ...leaving].map((key) => [
        key,
        { health: this.#healths.get(key) ?? { state: 'healthy' }, inFlight: this.#inFlight.get(key) ?? 0 },
      ]),
    )
  }
}
