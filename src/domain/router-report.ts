import { dictionaryOf } from './dictionary.ts'
import type { ListenerArn, TargetGroupArn } from './routing-table.ts'
import type { TargetHealth } from './target-health.ts'

/** What a router tells the engine about itself; whoever has the one before is told what has changed (`report-parts.ts`). */
export type RouterReport = {
  /** New with every start of a router process: its counters begin at zero again. */
  readonly routerId: string
  readonly pid: number
  readonly tableVersion: number
  /** Listeners of the table whose port could not be bound, and why. */
  readonly refusedListeners: readonly RefusedListener[]
  /** By `targetKey`. A target that was taken out of the table stays here until its last request is over. */
  readonly targets: ReadonlyMap<string, TargetReport>
  readonly counts: readonly RequestCount[]
  /** Absent in the report of a router of an older version. */
  readonly exchanges?: readonly TargetGroupExchanges[]
  /** Absent in the report of a router of an older version. */
  readonly listeners?: readonly ListenerTotals[]
  /** Where several routers share the ports, what each has counted by itself; the rest of the report is their sum. */
  readonly routers?: readonly CountedByRouter[]
}

/** As it travels: JSON knows no maps. */
export type ReportInJson = Omit<RouterReport, 'targets'> & { readonly targets: Readonly<Record<string, TargetReport>> }

export function reportInJson(report: RouterReport): ReportInJson {
  return { ...report, targets: dictionaryOf(report.targets) }
}

export function reportOutOfJson(report: ReportInJson): RouterReport {
  return { ...report, targets: new Map(Object.entries(report.targets)) }
}

/** A router's counters: whoever takes differences takes them router by router, since each begins at zero by itself. */
type CountedByRouter = Pick<RouterReport, 'routerId' | 'pid' | 'counts' | 'exchanges' | 'listeners'>

/** What a listener has seen, since the router started; each is a metric of reference 7.2. */
export type ListenerTotals = {
  readonly listenerArn: ListenerArn
  readonly newConnections: number
  /** Now, not since the start. */
  readonly activeConnections: number
  /** Refused for want of file descriptors or memory. */
  readonly rejectedConnections: number
  readonly tlsNegotiationErrors: number
  /** Heads and bodies, both ways between client and load balancer; what TLS adds is not in it. */
  readonly processedBytes: number
  readonly ruleEvaluations: number
  /** Requests not compliant with RFC 9110 and 9112, whatever the desync mitigation mode did with them. */
  readonly desyncNonCompliantRequests: number
  readonly droppedInvalidHeaderRequests: number
  readonly forwardedInvalidHeaderRequests: number
  /** Requests that a fixed-response action answered. Absent means 0. */
  readonly fixedResponses?: number
}

export type RefusedListener = { readonly listenerArn: ListenerArn; readonly port: number; readonly message: string }

export type TargetReport = {
  readonly health: TargetHealth
  /** Requests claimed for the target and not yet over; a drain is done when it is 0. */
  readonly inFlight: number
  /** The last health check's answer in words, e.g. `GET /health answered 503`, for people. */
  readonly lastCheck?: string
}

/** Requests that ended, since the router started, by where they went and how they ended. */
export type RequestCount = {
  readonly listenerArn: ListenerArn
  /** Absent where no target group was chosen (a fixed response, a refused request). */
  readonly targetGroupArn?: TargetGroupArn
  /** `id:port`. */
  readonly target?: string
  readonly outcome: RequestOutcome
  /**
   * Of the load balancer's own server errors: 500, 502, 503, 504 …; and of clients that went away before an answer began:
   * 460, or 400 within their own body. Absent in the latter where a router of an older version counts.
   */
  readonly statusCode?: number
  /** What the target's answer was (`1xx` … `5xx`) that broke off, or within which the client went away. */
  readonly targetAnswer?: RequestOutcome
  readonly count: number
}

/** What passed between the load balancer and the targets of a group, since the router started. */
export type TargetGroupExchanges = {
  readonly listenerArn: ListenerArn
  readonly targetGroupArn: TargetGroupArn
  /** Connections that could not be made. */
  readonly connectionErrors: number
  /** Connections on which no TLS session with the target came to be. Absent means 0, as below. */
  readonly tlsNegotiationErrors?: number
  /** Sent to a target although it is not healthy, because too few are. */
  readonly unhealthyRoutings?: number
  /** With stickiness on, requests that came without a cookie, or whose target or group could not be used any more. */
  readonly nonStickyRequests?: number
  /** How long targets took, from a request sent to the head of the answer, in seconds. */
  readonly responseTimes: {
    readonly sumSeconds: number
    /** By `latencyBucket`; buckets without requests are left out. */
    readonly counts: readonly (readonly [bucket: number, count: number])[]
  }
}

/**
 * `2xx` … `5xx`: the target's own answer. `elb-4xx`, `elb-5xx`: the load balancer's.
 * `client-closed`: the client went away first. `target-closed`: the target broke off within its answer.
 */
export type RequestOutcome =
  | '1xx'
  | '2xx'
  | '3xx'
  | '4xx'
  | '5xx'
  | 'elb-3xx'
  | 'elb-2xx'
  | 'elb-4xx'
  | 'elb-5xx'
  | 'client-closed'
  | 'target-closed'
