import { targetGroupsOf, type ListenerRoute } from '../domain/routing-table.ts'
import { eachInSlices } from './slices.ts'

/** Which target groups the listeners of a table name. From one table to the next, only listeners that differ are read. */
export class ReferencedGroups {
  /** How many times each is named. */
  readonly #counts = new Map<string, number>()
  #listeners: ReadonlySet<ListenerRoute> = new Set()

  has(targetGroupArn: string): boolean {
    return this.#counts.has(targetGroupArn)
  }

  /** In slices. Resolves to those that are named now and were not, and those that were named and are not any more. */
  async follow(listeners: readonly ListenerRoute[]): Promise<readonly string[]> {
    const before = this.#listeners
    const now = new Set(listeners)
    this.#listeners = now
    const were = new Map<string, boolean>()
    await eachInSlices(
      listeners.filter((listener) => !before.has(listener)),
      (listener) => this.#count(listener, 1, were),
    )
    await eachInSlices(
      [...before].filter((listener) => !now.has(listener)),
      (listener) => this.#count(listener, -1, were),
    )
    return Array.from(were).flatMap(([arn, was]) => (was === this.has(arn) ? [] : [arn]))
  }

  #count(listener: ListenerRoute, by: number, were: Map<string, boolean>): void {
    for (const arn of targetGroupsOf(listener)) {
      if (!were.has(arn)) were.set(arn, this.has(arn))
      const count = (this.#counts.get(arn) ?? 0) + by
      if (count > 0) this.#counts.set(arn, count)
      else this.#counts.delete(arn)
    }
  }
}
