import type { CoarseClock } from './coarse-clock.ts'
import type { ExchangeRecord } from './exchange-record.ts'
import type { LiveTargets } from './live-targets.ts'
import type { StickyCookies } from './sticky-cookies.ts'
import type { TargetHeadContexts, TargetHeadPlaces } from './target-head-context.ts'
import type { Transport } from './transport.ts'

/** What all requests of a router share. */
export type Core = {
  readonly transport: Transport
  readonly clock: CoarseClock
  readonly targets: LiveTargets
  readonly cookies: StickyCookies
  readonly headContexts: TargetHeadContexts
  /** Of the head that was written last. */
  readonly places: TargetHeadPlaces
  /** In [0, 1). */
  readonly random: () => number
  /** Connections of clients that are open now, of all listeners, and how many may be. */
  readonly clients: { open: number; readonly most: number }
  /** Told of each request that is over, where its listener's access log is on. */
  readonly onExchange: (record: ExchangeRecord) => void
  readonly log: (message: string) => void
}
