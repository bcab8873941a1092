import { performance } from 'node:perf_hooks'
import type { ListenerRoute } from '../domain/routing-table.ts'
import { desyncClassOf, desyncReasonName } from './desync.ts'
import type { ExchangeRecord } from './exchange-record.ts'
import type { LiveListener } from './live-table.ts'
import type { RequestScan } from './request-scan.ts'
import type { Route } from './route.ts'
import type { TargetHeadPlaces } from './target-head-context.ts'
import { ToldBytes } from './told-bytes.ts'
import type { ClientSide } from './wire.ts'

type Notes = { -readonly [Key in keyof ExchangeRecord]: ExchangeRecord[Key] }

const noListener: ListenerRoute = {
  listenerArn: '',
  port: 0,
  rules: [],
  defaultAction: { type: 'forward', targetGroups: [] },
  idleTimeoutSeconds: 0,
  clientKeepAliveSeconds: 0,
}

/** With the request, and with its answer. */
type Passed = { readonly receivedBytes: number; readonly sentBytes: number }

/** What an access log wants to know of a request. Only taken down where the log is on, on paper that is used again. */
export class ExchangeNotes {
  readonly #record: Notes
  /** By `performance.now()`. */
  #startedAt = 0
  #sentAt = 0
  #answeredAt = 0

  static of(client: ClientSide): ExchangeNotes {
    const spare = spareNotes.pop()
    if (spare === undefined) return new ExchangeNotes(client)
    spare.#record.client = client
    return spare
  }

  private constructor(client: ClientSide) {
    this.#record = emptyRecord(client)
  }

  begin(bytes: Buffer, scan: RequestScan, listener: LiveListener, startedAt: number): void {
    const record = this.#record
    this.#restart(listener, startedAt)
    record.told.takeHead(bytes, scan)
    record.httpVersion = record.client.isHttp2 ? '2.0' : scan.minorVersion === 0 ? '1.0' : '1.1'
    noteClass(record, scan)
  }

  /** A request that was refused by its head; what could be read of that is not told. */
  beginRefused(scan: RequestScan, listener: LiveListener, startedAt: number): void {
    const record = this.#record
    this.#restart(listener, startedAt)
    record.httpVersion = undefined
    noteClass(record, scan)
  }

  noteTrace(head: Buffer, { traceIdStart, traceIdEnd }: TargetHeadPlaces): void {
    this.#record.told.takeTraceId(head, traceIdStart, traceIdEnd)
  }

  answered(statusCode: number, sentAt: number, answeredAt: number): void {
    this.#record.targetStatusCode = statusCode
    this.#record.isWebSocket = statusCode === 101
    this.#sentAt = sentAt
    this.#answeredAt = answeredAt
  }

  /**
   * Tells of a request that is over; after that these notes are another request's. Without a route no rule was looked at.
   * The status code is the target's where it has answered, else the router's own.
   */
  tell(to: (record: ExchangeRecord) => void, route: Route | undefined, statusCode: number, passed: Passed): void {
    to(this.#whole(route, statusCode, passed))
    this.#record.told.clear()
    if (spareNotes.length < mostSpareNotes) spareNotes.push(this)
  }

  #whole(route: Route | undefined, statusCode: number, { receivedBytes, sentBytes }: Passed): ExchangeRecord {
    const record = this.#record
    const hasAnswer = this.#answeredAt > 0
    record.endedAt = epochNow()
    record.target = route?.target?.address
    record.targetGroupArn = route?.weighted?.group.targetGroupArn
    record.requestProcessingSeconds = hasAnswer ? (this.#sentAt - this.#startedAt) / 1000 : -1
    record.targetProcessingSeconds = hasAnswer ? (this.#answeredAt - this.#sentAt) / 1000 : -1
    record.responseProcessingSeconds = hasAnswer ? 0 : -1
    record.elbStatusCode = statusCode
    record.receivedBytes = receivedBytes
    record.sentBytes = sentBytes
    record.matchedRulePriority = route?.matchedPriority
    record.action = route?.action
    record.redirectUrl = route?.redirectUrl
    record.transform = route?.transformOutcome
    return record
  }

  #restart(listener: LiveListener, startedAt: number): void {
    const record = this.#record
    record.listener = listener.route
    record.createdAt = epoch(startedAt)
    record.isWebSocket = false
    record.targetStatusCode = 0
    this.#startedAt = startedAt
    this.#sentAt = 0
    this.#answeredAt = 0
  }
}

const spareNotes: ExchangeNotes[] = []
/** Some hundred requests at once are many; notes that nobody uses have some kilobytes at most. */
const mostSpareNotes = 512

function noteClass(record: Notes, { desyncReason }: RequestScan): void {
  const found = desyncClassOf(desyncReason)
  record.classification = found === 'Compliant' ? undefined : found
  record.classificationReason = found === 'Compliant' ? undefined : desyncReasonName(desyncReason)
}

/** What is to be added to `performance.now()`, which stands still while the machine sleeps, and knows of no set clock. */
let epochOrigin = performance.timeOrigin
const mostDriftMilliseconds = 20
/** The clock is not asked for every line how far it has gone. */
const lookMilliseconds = 50
let lookedAt = 0

function epoch(time: number): number {
  return epochOrigin + time
}

function epochNow(): number {
  const now = performance.now()
  if (now - lookedAt >= lookMilliseconds) {
    lookedAt = now
    const drift = Date.now() - epoch(now)
    if (Math.abs(drift) > mostDriftMilliseconds) epochOrigin += drift
  }
  return epoch(now)
}

function emptyRecord(client: ClientSide): Notes {
  return {
    listener: noListener,
    client,
    isWebSocket: false,
    createdAt: 0,
    endedAt: 0,
    requestProcessingSeconds: -1,
    targetProcessingSeconds: -1,
    responseProcessingSeconds: -1,
    target: undefined,
    targetGroupArn: undefined,
    elbStatusCode: 0,
    targetStatusCode: 0,
    receivedBytes: 0,
    sentBytes: 0,
    told: new ToldBytes(),
    httpVersion: undefined,
    matchedRulePriority: undefined,
    action: undefined,
    redirectUrl: undefined,
    transform: undefined,
    classification: undefined,
    classificationReason: undefined,
  }
}
