import type { DeploymentObservation } from '../domain/deployment-record.ts'
import { latencyOf } from '../domain/latency-bucket.ts'
import { sumOf, verdictOf } from '../domain/traffic-account.ts'
import type { TrafficCount, TrafficRow } from '../domain/traffic-account.ts'
import type { AccountRow, AccountView, PointSide, SideName, TrafficPoint } from './views.ts'

/** The names of the target groups, by what they are. */
export type SideNames = Readonly<Record<SideName, string>>

type Histogram = readonly (readonly [bucket: number, count: number])[]

export function trafficPoints(
  observations: readonly DeploymentObservation[],
  sides: SideNames,
): readonly TrafficPoint[] {
  return observations.flatMap((each) => (each.kind === 'traffic' ? [pointOf(each, sides)] : []))
}

function pointOf({ from, to, weights, counts, responseTimes = [] }: TrafficRow, sides: SideNames): TrafficPoint {
  const timesOf = (side: SideName): Histogram =>
    responseTimes.find(({ targetGroup }) => targetGroup === sides[side])?.counts ?? []
  const of = (side: SideName): PointSide => pointSide(counts, sides[side], timesOf(side))
  const test = counts.reduce((sum, { listener, count }) => (listener === 'test' ? sum + count : sum), 0)
  return { from, to, weight: weights[sides.green] ?? 0, blue: of('blue'), green: of('green'), test }
}

/** Of the production listener. */
export function pointSide(counts: readonly TrafficCount[], targetGroup: string, times: Histogram): PointSide {
  const its = counts.filter((each) => each.listener === 'production' && each.targetGroup === targetGroup)
  return {
    answered: countOf(its, 'answered') + countOf(its, 'given up'),
    failed: countOf(its, 'failed'),
    p50: percentile(times, 0.5),
    p99: percentile(times, 0.99),
  }
}

/** In milliseconds. */
function percentile(histogram: Histogram, share: number): number | undefined {
  const total = histogram.reduce((sum, [, count]) => sum + count, 0)
  if (total === 0) return undefined
  let seen = 0
  for (const [bucket, count] of histogram) {
    seen += count
    if (seen >= total * share) return Math.round(latencyOf(bucket) * 100_000) / 100
  }
  return undefined
}

export function accountOf(
  observations: readonly DeploymentObservation[] | undefined,
  sides: SideNames,
  isOver: boolean,
): AccountView {
  const totals = sumOf((observations ?? []).flatMap((each) => (each.kind === 'traffic' ? each.counts : [])))
  const [answered, failed, givenUp] = [
    countOf(totals, 'answered'),
    countOf(totals, 'failed'),
    countOf(totals, 'given up'),
  ]
  const rows = accountRows(totals, sides)
  const isCounted = observations !== undefined
  return {
    isCounted,
    answered,
    failed,
    givenUp,
    rows,
    verdict: verdictText({ isCounted, isOver, answered, failed, givenUp, rows }),
  }
}

function accountRows(totals: readonly TrafficCount[], sides: SideNames): readonly AccountRow[] {
  const places = Map.groupBy(totals, ({ listener, targetGroup }) => `${listener} ${targetGroup ?? ''}`)
  return Array.from(places.values(), (its): AccountRow => {
    const [{ listener, targetGroup } = { listener: 'production' as const, targetGroup: undefined }] = its
    const failures = its.filter(({ outcome }) => verdictOf(outcome) === 'failed')
    return {
      listener,
      side: targetGroup === sides.blue ? 'blue' : targetGroup === sides.green ? 'green' : 'none',
      where: targetGroup ?? 'no target group',
      answered: countOf(its, 'answered'),
      failed: countOf(its, 'failed'),
      givenUp: countOf(its, 'given up'),
      failures: failures.map(({ outcome, count }) => `${outcome}: ${count}`).join(', '),
    }
  }).toSorted((one, other) => `${one.listener} ${one.side}`.localeCompare(`${other.listener} ${other.side}`))
}

function verdictText({
  isCounted,
  isOver,
  answered,
  failed,
  givenUp,
  rows,
}: Omit<AccountView, 'verdict'> & { readonly isOver: boolean }): string {
  if (!isCounted) return 'Requests were not counted.'
  const all = answered + failed + givenUp
  if (all === 0) return isOver ? 'There were no requests while it ran.' : 'No requests yet.'
  const gone = givenUp === 0 ? '' : ` ${plural(givenUp, 'request')} ended because the client went away first.`
  if (failed === 0)
    return `Nothing was lost: ${answered.toLocaleString('en')} of ${plural(all, 'request')} ${all === 1 ? 'was' : 'were'} answered, none failed.${gone}`
  const whose = rows
    .filter((row) => row.failed > 0)
    .map(
      (row) =>
        `${row.failed.toLocaleString('en')} at ${row.where} through the ${row.listener} listener (${row.failures})`,
    )
  return `${plural(failed, 'request')} of ${all.toLocaleString('en')} failed: ${whose.join('; ')}.${gone}`
}

function plural(count: number, noun: string): string {
  return `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`
}

function countOf(counts: readonly TrafficCount[], verdict: ReturnType<typeof verdictOf>): number {
  return counts.reduce((sum, { outcome, count }) => (verdictOf(outcome) === verdict ? sum + count : sum), 0)
}
