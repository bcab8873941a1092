import type { Series } from './traffic-meter.ts'

/** What CloudWatch tells of a target group, and of its load balancer, in the same periods. */
export type AnswerSeries = {
  readonly requests: Series
  /** Answers of targets, one series for each class of status codes. */
  readonly answers: readonly Series[]
  /** The load balancer's own, whichever group they were for. */
  readonly serverErrors: Series
  /** Connections and handshakes with targets that failed: told of the group already. */
  readonly failedConnections: Series
}

/**
 * Requests that got a 502 or 504 because their target broke off, or was silent: of a target group, CloudWatch tells only
 * that no answer of a target was counted. A client that went away leaves the same gap, but no error of the load balancer, so
 * there are at most as many as it has of these.
 */
export function unanswered({ requests, answers, serverErrors, failedConnections }: AnswerSeries): Series {
  const [answered, own, known] = [answers.flat(), serverErrors, failedConnections].map(sums) as [Sums, Sums, Sums]
  return requests.flatMap(([at, count]) => {
    const missing = Math.min(count - (answered.get(at) ?? 0), own.get(at) ?? 0) - (known.get(at) ?? 0)
    return missing > 0 ? [[at, missing] as const] : []
  })
}

type Sums = ReadonlyMap<number, number>

function sums(series: Series): Sums {
  const found = new Map<number, number>()
  for (const [at, value] of series) found.set(at, (found.get(at) ?? 0) + value)
  return found
}
