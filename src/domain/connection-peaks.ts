import { parseArn } from './identifiers.ts'
import { loadBalancerDimensions, loadBalancerNamespace } from './metric-of-traffic.ts'
import type { MetricDatum } from './metric.ts'
import type { ListenerTotals } from './router-report.ts'

type Peak = { readonly listenerArn: string; connections: number }

/**
 * `ActiveConnectionCount`: how many clients' connections were open at once, at most, in a minute. One datum a minute and
 * load balancer, because AWS adds the data of a minute up.
 */
export class ConnectionPeaks {
  readonly #minuteMilliseconds: number
  /** By the dimension's value, in this minute. */
  #peaks = new Map<string, Peak>()
  #minuteStart: number | undefined
  #taken: readonly ListenerTotals[] | undefined

  constructor(minuteMilliseconds: number) {
    this.#minuteMilliseconds = minuteMilliseconds
  }

  /** Takes what is open now; answers the minute before when it has just ended. */
  take(listeners: readonly ListenerTotals[], now: number): readonly MetricDatum[] {
    const minuteStart = now - (now % this.#minuteMilliseconds)
    if (this.#taken === listeners && this.#minuteStart === minuteStart) return []
    this.#taken = listeners
    const ended =
      this.#minuteStart !== undefined && this.#minuteStart < minuteStart ? this.#data(this.#minuteStart) : []
    if (this.#minuteStart !== minuteStart) this.#peaks = new Map()
    this.#minuteStart = minuteStart
    for (const [loadBalancer, { listenerArn, connections }] of sums(listeners)) {
      const peak = this.#peaks.get(loadBalancer)
      if (peak === undefined) this.#peaks.set(loadBalancer, { listenerArn, connections })
      else peak.connections = Math.max(peak.connections, connections)
    }
    return ended
  }

  #data(timestamp: number): readonly MetricDatum[] {
    return Array.from(this.#peaks.values(), ({ listenerArn, connections }) => ({
      id: {
        region: parseArn(listenerArn)?.region ?? '',
        namespace: loadBalancerNamespace,
        metricName: 'ActiveConnectionCount',
        dimensions: loadBalancerDimensions(listenerArn),
      },
      unit: 'Count',
      timestamp,
      samples: { kind: 'values', values: [{ value: connections, count: 1 }] },
    }))
  }
}

/** Of load balancers that have any. */
function sums(listeners: readonly ListenerTotals[]): ReadonlyMap<string, Peak> {
  const found = new Map<string, Peak>()
  for (const { listenerArn, activeConnections } of listeners) {
    if (activeConnections === 0) continue
    const name = loadBalancerDimensions(listenerArn)[0]?.value ?? listenerArn
    const sum = found.get(name)
    if (sum === undefined) found.set(name, { listenerArn, connections: activeConnections })
    else sum.connections += activeConnections
  }
  return found
}
