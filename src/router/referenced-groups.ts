import type { ListenerRoute, RouteAction } from '../domain/routing-table.ts'

/** Which target groups the listeners of a table name. From one table to the next, only listeners that differ are read. */
export class ReferencedGroups {
  /** How many times each is named. */
  readonly #counts = new Map<string, number>()
  #listeners: ReadonlySet<ListenerRoute> = new Set()

  has(targetGroupArn: string): boolean {
    return this.#counts.has(targetGroupArn)
  }

  /** Returns those that are named now and were not, and those that were named and are not any more. */
  follow(listeners: readonly ListenerRoute[]): readonly string[] {
    const before = this.#listeners
    const now = new Set(listeners)
    this.#listeners = now
    const gone = [...before].filter((listener) => !now.has(listener)).flatMap(namedBy)
    const come = listeners.filter((listener) => !before.has(listener)).flatMap(namedBy)
    const were = new Map([...gone, ...come].map((arn) => [arn, this.has(arn)]))
    for (const arn of come) this.#counts.set(arn, (this.#counts.get(arn) ?? 0) + 1)
    for (const arn of gone) this.#release(arn)
    return Array.from(were).flatMap(([arn, was]) => (was === this.has(arn) ? [] : [arn]))
  }

  #release(arn: string): void {
    const left = (this.#counts.get(arn) ?? 0) - 1
    if (left > 0) this.#counts.set(arn, left)
    else this.#counts.delete(arn)
  }
}

function namedBy({ rules, defaultAction }: ListenerRoute): readonly string[] {
  return [defaultAction, ...rules.map(({ action }) => action)].flatMap(targetGroupArns)
}

function targetGroupArns(action: RouteAction): readonly string[] {
  return action.type === 'forward' ? action.targetGroups.map(({ targetGroupArn }) => targetGroupArn) : []
}
