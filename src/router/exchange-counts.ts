import { latencyBucket } from '../domain/latency-bucket.ts'
import type { TargetGroupExchanges } from '../domain/router-report.ts'

export type ExchangingGroup = Pick<TargetGroupExchanges, 'listenerArn' | 'targetGroupArn'>

type Row = ExchangingGroup & { connectionErrors: number; sumSeconds: number; readonly counts: Map<number, number> }

/** How long the targets of each group took to answer, and how often they could not be reached. */
export class ExchangeCounts {
  readonly #rows = new Map<string, Row>()

  addResponse(group: ExchangingGroup, seconds: number): void {
    const row = this.#row(group)
    const bucket = latencyBucket(seconds)
    row.sumSeconds += seconds
    row.counts.set(bucket, (row.counts.get(bucket) ?? 0) + 1)
  }

  addConnectionError(group: ExchangingGroup): void {
    this.#row(group).connectionErrors++
  }

  list(): readonly TargetGroupExchanges[] {
    return Array.from(this.#rows.values(), ({ counts, sumSeconds, ...row }) => ({
      ...row,
      responseTimes: { sumSeconds, counts: [...counts] },
    }))
  }

  #row({ listenerArn, targetGroupArn }: ExchangingGroup): Row {
    const key = `${listenerArn} ${targetGroupArn}`
    const known = this.#rows.get(key)
    if (known !== undefined) return known
    const row = { listenerArn, targetGroupArn, connectionErrors: 0, sumSeconds: 0, counts: new Map<number, number>() }
    this.#rows.set(key, row)
    return row
  }
}
