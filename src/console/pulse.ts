import type { RouterReport } from '../domain/router-report.ts'
import {
  countedSince,
  countsOf,
  responseTimesOf,
  sumOf,
  sumOfTimes,
  timesSince,
  verdictOf,
} from '../domain/traffic-account.ts'
import type { CountedTraffic, ResponseTimes, TrafficCount } from '../domain/traffic-account.ts'
import { pointSide } from './traffic-view.ts'
import type { SideNames } from './traffic-view.ts'
import type { Pulse, WallCount } from './views.ts'

type Seen = { readonly counts: readonly TrafficCount[]; readonly times: readonly ResponseTimes[] }

/** What the load balancer has counted from one report to the next, for whoever watches a deployment. */
export class PulseMeter {
  readonly #counted: CountedTraffic
  readonly #sides: SideNames
  #at: number
  #seen: ReadonlyMap<string, Seen>

  constructor(counted: CountedTraffic, sides: SideNames, report: RouterReport | undefined, at: number) {
    this.#counted = counted
    this.#sides = sides
    this.#at = at
    this.#seen = this.#read(report)
  }

  /** A router that has just started counts from zero; of one that was there before the first report nothing is known. */
  next(report: RouterReport, at: number): Pulse {
    const now = this.#read(report)
    const before = this.#seen
    const milliseconds = Math.max(1, at - this.#at)
    this.#seen = now
    this.#at = at
    const isFirst = before.size === 0
    const pairs = [...now].map(([id, seen]) => ({ seen, earlier: before.get(id) ?? { counts: [], times: [] } }))
    const counts = isFirst ? [] : sumOf(pairs.flatMap(({ seen, earlier }) => countedSince(earlier.counts, seen.counts)))
    const times = isFirst ? [] : sumOfTimes(pairs.flatMap(({ seen, earlier }) => timesSince(earlier.times, seen.times)))
    const timesOf = (name: string) => times.find(({ targetGroup }) => targetGroup === name)?.counts ?? []
    const { blue, green } = this.#sides
    return {
      at,
      milliseconds,
      blue: pointSide(counts, blue, timesOf(blue)),
      green: pointSide(counts, green, timesOf(green)),
      wall: counts.map((count): WallCount => this.#wallCount(count)),
    }
  }

  #wallCount({ listener, targetGroup, outcome, count }: TrafficCount): WallCount {
    const { blue, green } = this.#sides
    const side = targetGroup === blue ? 'blue' : targetGroup === green ? 'green' : 'none'
    return [side, verdictOf(outcome), listener === 'test', count]
  }

  #read(report: RouterReport | undefined): ReadonlyMap<string, Seen> {
    const routers = report === undefined ? [] : (report.routers ?? [report])
    return new Map(
      routers.map(({ routerId, counts, exchanges = [] }) => [
        routerId,
        { counts: countsOf(this.#counted, counts), times: responseTimesOf(this.#counted, exchanges) },
      ]),
    )
  }
}
