import type { RequestCount, RequestOutcome } from '../domain/router-report.ts'
import { targetKey } from '../domain/routing-table.ts'

/** Where a request went, as far as it got. */
export type CountedRequest = {
  readonly listenerArn: string
  readonly targetGroupArn?: string
  readonly target?: { readonly id: string; readonly port: number }
}

/**
 * Requests that are over, one row for each listener, target group, target and outcome, and for each of the load
 * balancer's own server errors.
 */
export class RequestCounts {
  readonly #rows = new Map<string, { -readonly [Key in keyof RequestCount]: RequestCount[Key] }>()

  /** `statusCode` is the load balancer's own. */
  add({ listenerArn, targetGroupArn, target }: CountedRequest, outcome: RequestOutcome, statusCode?: number): void {
    const row: RequestCount = {
      listenerArn,
      ...(targetGroupArn === undefined ? {} : { targetGroupArn }),
      ...(target === undefined ? {} : { target: `${target.id}:${target.port}` }),
      outcome,
      ...(outcome === 'elb-5xx' && statusCode !== undefined ? { statusCode } : {}),
      count: 1,
    }
    this.#increase(row)
  }

  list(): readonly RequestCount[] {
    return Array.from(this.#rows.values(), (row) => ({ ...row }))
  }

  /**
   * Adds the rows of a target that is gone to the row of its group, so that a router which has seen ten thousand tasks
   * come and go does not keep a row for each. Sums per group and listener stay what they are.
   */
  fold(key: string): void {
    for (const [rowKey, row] of this.#rows) {
      const { targetGroupArn, target } = row
      if (targetGroupArn === undefined || target === undefined) continue
      if (key !== keyOfTarget(targetGroupArn, target)) continue
      this.#rows.delete(rowKey)
      const { target: _, ...folded } = row
      this.#increase(folded)
    }
  }

  #increase(row: RequestCount): void {
    const key = `${row.listenerArn} ${row.targetGroupArn ?? ''} ${row.target ?? ''} ${row.outcome} ${row.statusCode ?? ''}`
    const known = this.#rows.get(key)
    if (known === undefined) this.#rows.set(key, { ...row })
    else known.count += row.count
  }
}

function keyOfTarget(targetGroupArn: string, target: string): string {
  const colon = target.lastIndexOf(':')
  return targetKey(targetGroupArn, { id: target.slice(0, colon), port: Number(target.slice(colon + 1)) })
}
