import { performance } from 'node:perf_hooks'
import { AnswerBody, type AnswerScan } from './answer-scan.ts'
import { clientHeadFor, sendAnswerHead } from './answer-sender.ts'
import { canBeSent, saysClose } from './client-head.ts'
import type { Core } from './core.ts'
import { closesTarget } from './desync.ts'
import { bytesOfAnswer, errorAnswer, type ElbAnswer } from './elb-answer.ts'
import { ExchangeNotes } from './exchange-notes.ts'
import { HeldHead } from './held-head.ts'
import type { LiveListener } from './live-table.ts'
import type { LiveTarget } from './live-targets.ts'
import { Method } from './request-line.ts'
import type { RequestScan } from './request-scan.ts'
import type { RequestingClient } from './requesting-client.ts'
import { Route } from './route.ts'
import {
  answerLeft,
  clientClosed,
  isOwnOutcome,
  ownOutcome,
  targetClosed,
  targetOutcome,
  type Tally,
} from './tallies.ts'
import { TargetConnection, type AnswerReceiver } from './target-connection.ts'

/** Where a request is. */
const Stage = { none: 0, connecting: 1, sent: 2, answering: 3, answered: 4, tunnel: 5 } as const

/**
 * One request after the other of one client's connection: where it goes, what comes back, and what is counted of it.
 * Between reading the table (`begin`) and the claim lies one call, so a drain cannot overlook a request.
 *
 * Memory: the head as it was sent (4 KiB, or what a longer one takes), until the answer has begun; and what came of the
 * body before there was a connection, one read at most.
 */
export class Exchange implements AnswerReceiver {
  isHead = false
  wantsUpgrade = false
  wantsPlainData = false
  closesTarget = false
  /** Only the end of the client's connection tells it that the answer is whole. */
  endsByClose = false
  idleMilliseconds = 0
  readonly #client: RequestingClient
  readonly #core: Core
  readonly #route: Route
  /** Where the listener's access log is on. */
  #notes: ExchangeNotes | undefined
  #listener: LiveListener | undefined
  #stage: number = Stage.none
  #tally: Tally | undefined
  #isClaimed = false
  /** Of the request in hand. */
  connection: TargetConnection | undefined
  readonly #head = new HeldHead()
  #isRepeatable = false
  #expectsContinue = false
  #isFresh = false
  #tried: Set<string> | undefined
  #sentAt = 0
  #outcome = 0
  #statusCode = 0

  constructor(client: RequestingClient) {
    this.#client = client
    this.#core = client.core
    this.#route = new Route(client.core)
  }

  get isOver(): boolean {
    return this.#stage === Stage.none
  }

  get hasAnswerBegun(): boolean {
    return this.#stage >= Stage.answering
  }

  /** What the client is being sent is the load balancer's own answer. */
  #isOwn(): boolean {
    return this.#stage === Stage.answered && isOwnOutcome(this.#outcome)
  }

  /** The client waits for `100 Continue`, which nobody has said. */
  #isBodyUnasked(): boolean {
    return this.#expectsContinue && this.#client.isBodyAwaited
  }

  /** Finds the target and claims it, or answers by itself. `dispatch` follows. `startedAt` is 0 for now. */
  begin(bytes: Buffer, scan: RequestScan, listener: LiveListener, startedAt: number): void {
    const hasBody = scan.isChunked || scan.contentLength > 0
    const isGetOrHead = scan.method === Method.get || scan.method === Method.head
    this.#listener = listener
    this.idleMilliseconds = listener.idleMilliseconds
    this.isHead = scan.method === Method.head
    this.wantsUpgrade = scan.isWebSocket
    this.wantsPlainData = scan.minorVersion === 0
    this.closesTarget = closesTarget(scan, listener.handling)
    this.endsByClose = false
    this.#isRepeatable = isGetOrHead && !hasBody && !scan.isWebSocket
    this.#expectsContinue = scan.expectsContinue && hasBody
    this.#tally = listener.tally.own
    this.#stage = Stage.connecting
    this.#statusCode = 0
    this.#sentAt = 0
    this.#isFresh = false
    if (this.#tried !== undefined) this.#tried = undefined
    const route = this.#route
    route.find(bytes, scan, listener, this.#client.side)
    this.#notes = listener.handling.accessLog ? ExchangeNotes.of(this.#client.side) : undefined
    this.#notes?.begin(bytes, scan, listener, startedAt === 0 ? performance.now() : startedAt)
    if (route.own !== undefined) {
      if (route.weighted !== undefined) this.#tally = route.weighted.tally.own
      return this.#writeHeadForLog(bytes, scan, listener)
    }
    if (route.target === undefined) return
    this.#claim(route.target)
    this.#writeHead(bytes, scan, listener)
  }

  /** Sends what `begin` has prepared, with what there is of the body. `isStored` as with `sendBody`. */
  dispatch(bytes: Buffer, bodyStart: number, bodyEnd: number, isStored: boolean): void {
    const { own, target } = this.#route
    if (own !== undefined) return this.#answerOwn(own)
    if (target === undefined) return
    const connection = target.idle.pop()
    if (connection === undefined) {
      if (bodyStart < bodyEnd) this.#hold(bytes, bodyStart, bodyEnd)
      return this.#open(target)
    }
    this.connection = connection
    connection.attach(this)
    this.#stage = Stage.sent
    this.#sentAt = performance.now()
    const withBody = this.#head.withBody(bytes, bodyStart, bodyEnd)
    this.#write(connection, withBody ?? this.#head.bytes())
    if (withBody === undefined) this.sendBody(bytes, bodyStart, bodyEnd, isStored)
  }

  /** `isStored` says that the bytes are not those that were just read from the wire. */
  sendBody(bytes: Buffer, start: number, end: number, isStored: boolean): void {
    const connection = this.connection
    if (connection === undefined || start === end) return
    if (this.#stage === Stage.connecting) return this.#hold(bytes, start, end)
    const { wire } = this.#client
    const lends = !isStored && wire.lendsBytes === true
    const isFree = connection.wire.write(lends ? bytes.subarray(start, end) : Buffer.from(bytes.subarray(start, end)))
    if (isFree) return
    if (lends) wire.keepBytes?.()
    this.#client.holdBody()
  }

  onConnected(): void {
    const connection = this.connection
    if (connection === undefined) return
    this.#stage = Stage.sent
    this.#sentAt = performance.now()
    this.#client.noteActivity()
    this.#write(connection, this.#head.bytes())
    const body = this.#head.takeBody()
    if (body === undefined || connection.wire.write(body)) this.#client.wantBody()
    else this.#client.holdBody()
  }

  onUnreachable(inHandshake: boolean): void {
    this.connection = undefined
    const { target, weighted } = this.#route
    if (target === undefined || weighted === undefined) return
    weighted.tally.addFailedConnection(inHandshake)
    // Nothing was sent, so any other target may be asked. The table may be another one by now.
    this.#tried ??= new Set()
    this.#tried.add(target.key)
    const next = weighted.group.choice.choose(this.#core.clock.now, this.#core.random, this.#tried)
    if (next === undefined) return this.fail(502)
    this.#release()
    this.#claim(next)
    this.#isFresh = false
    this.#open(next)
  }

  onConnectTimeout(inHandshake: boolean): void {
    this.#route.weighted?.tally.addFailedConnection(inHandshake)
    this.fail(inHandshake ? 502 : 504)
  }

  onInterim(bytes: Buffer, answer: AnswerScan): void {
    this.#client.noteActivity()
    if (this.wantsPlainData) return
    if (answer.statusCode === 100) this.#expectsContinue = false
    const head = clientHeadFor(this.#listener, false, false)
    // A target may send as many of these as it likes, and a client may read none.
    if (!sendAnswerHead(this.#client, bytes, answer, answer.end, head)) this.connection?.wire.pause()
  }

  onAnswer(bytes: Buffer, answer: AnswerScan, bodyEnd: number, kind: number): void {
    const client = this.#client
    if (!canBeSent(answer, client.side)) return this.fail(502)
    const answeredAt = performance.now()
    this.#stage = Stage.answering
    this.#statusCode = answer.statusCode
    this.#route.weighted?.tally.addResponse((answeredAt - this.#sentAt) / 1000)
    this.#notes?.answered(answer.statusCode, this.#sentAt, answeredAt)
    client.noteActivity()
    this.endsByClose = kind === AnswerBody.untilClose || (this.wantsPlainData && kind === AnswerBody.chunked)
    // What follows a request whose body was announced, and then not asked for, cannot be told from a body.
    if (this.endsByClose || this.#isBodyUnasked() || saysClose(answer, this.wantsPlainData)) client.closeBehind()
    const head = clientHeadFor(this.#listener, client.isLast(), this.wantsPlainData)
    this.#route.cookieLines(bytes, answer, head, client.side)
    const from = this.connection?.wire
    if (!sendAnswerHead(client, bytes, answer, bodyEnd, head, from)) from?.pause()
  }

  onBody(bytes: Buffer, start: number, end: number): void {
    const connection = this.connection
    if (connection === undefined || start === end) return
    this.#client.noteActivity()
    if (!this.#client.passOn(connection.wire, bytes, start, end)) connection.wire.pause()
  }

  onAnswerEnd(): void {
    const connection = this.connection
    this.connection = undefined
    this.#stage = Stage.answered
    this.#outcome = targetOutcome(this.#statusCode)
    // The target has answered without wanting the rest of the body; its connection is in the middle of a request.
    if (!this.#client.isRequestOver || this.#head.isBusy) connection?.destroy()
    else if (connection !== undefined) {
      if (this.#client.isBlocked) connection.wire.resume()
      connection.release()
    }
    this.#client.wantBody()
    // The target has done its part where the rest of its answer is here: its drain need not wait for slow readers.
    if (this.#client.isBlocked) this.#release()
    else this.#conclude()
  }

  onLost(inHandshake: boolean): void {
    if (inHandshake) this.#route.weighted?.tally.addFailedConnection(true)
    const connection = this.connection
    this.connection = undefined
    if (this.#stage === Stage.tunnel) return this.onTunnelEnd()
    if (this.hasAnswerBegun) return this.#breakOff(targetClosed)
    const { target } = this.#route
    const wasStale = connection?.isReused === true && connection.isUnanswered && !this.#isFresh
    if (!wasStale || !this.#isRepeatable || target === undefined) return this.fail(502)
    // The target closed a kept connection just when it was used again, and doing the request twice does no harm.
    this.#isFresh = true
    this.#open(target)
  }

  onTargetDrain(): void {
    this.#head.isBusy = false
    this.#client.noteActivity()
    this.#client.wantBody()
  }

  onCut(): void {
    if (this.#stage === Stage.tunnel) this.onTunnelEnd()
    else this.fail(502)
  }

  onTunnel(bytes: Buffer, answer: AnswerScan, end: number): void {
    const answeredAt = performance.now()
    this.#stage = Stage.tunnel
    this.#statusCode = 101
    this.#route.weighted?.tally.addResponse((answeredAt - this.#sentAt) / 1000)
    this.#notes?.answered(101, this.#sentAt, answeredAt)
    this.#client.noteActivity()
    this.#head.give()
    const isFree = sendAnswerHead(this.#client, bytes, answer, end, clientHeadFor(this.#listener, false, false))
    if (!isFree) this.connection?.wire.pause()
    this.#client.becomeTunnel()
  }

  onTunnelEnd(): void {
    this.connection?.end()
    this.connection = undefined
    this.#outcome = targetOutcome(101)
    this.#conclude(true)
    this.#client.end()
  }

  onClientDrain(): void {
    if (this.#stage === Stage.answered) this.#conclude()
    else this.connection?.wire.resume()
  }

  /** The client's connection is gone, or is no longer worth keeping. */
  onClientGone(): void {
    if (this.isOver) return
    if (this.#stage === Stage.tunnel) return this.onTunnelEnd()
    this.#dropConnection()
    if (!this.hasAnswerBegun) {
      // As on AWS: 400 for a client that goes within its own request, 460 for one that does not wait for the answer.
      this.#statusCode = this.#client.isRequestOver ? 460 : 400
      this.#outcome = clientClosed
    } else if (!this.#isOwn()) this.#outcome = answerLeft
    this.#conclude(true)
  }

  /** Nothing has come from anybody for as long as the listener allows. */
  onIdle(isClientSilent: boolean): void {
    if (this.#stage === Stage.tunnel) return this.onTunnelEnd()
    this.#dropConnection()
    // Who expects `100 Continue` waits for the target, as the load balancer does.
    const isAwaited = isClientSilent && !this.#isBodyUnasked()
    if (this.hasAnswerBegun) this.#breakOff(this.#client.isBlocked ? answerLeft : targetClosed)
    else this.#answerOwn(errorAnswer(isAwaited ? 408 : 504), isAwaited)
  }

  /** Gives up the target, and answers for it. */
  fail(statusCode: number, closes = false): void {
    this.#dropConnection()
    if (this.hasAnswerBegun) return this.#breakOff(statusCode < 500 ? answerLeft : targetClosed)
    this.#answerOwn(errorAnswer(statusCode), closes)
  }

  #dropConnection(): void {
    this.connection?.destroy()
    this.connection = undefined
  }

  #claim(target: LiveTarget): void {
    target.inFlight++
    // Cookies bind the client to who answers, not to the one that was chosen first and could not be reached.
    this.#route.target = target
    this.#isClaimed = true
    this.#tally = this.#route.weighted?.tally.ofTarget(target)
  }

  #release(): void {
    const { target } = this.#route
    if (this.#isClaimed && target !== undefined) this.#core.targets.release(target)
    this.#isClaimed = false
  }

  #writeHead(bytes: Buffer, scan: RequestScan, listener: LiveListener): void {
    const context = this.#client.targetHeadContext(listener)
    const { transformed } = this.#route
    const head = this.#head.write(transformed?.bytes ?? bytes, transformed?.scan ?? scan, context)
    this.#notes?.noteTrace(head, this.#core.places)
  }

  /** An access log tells the trace id a target would have been given. */
  #writeHeadForLog(bytes: Buffer, scan: RequestScan, listener: LiveListener): void {
    if (this.#notes === undefined) return
    this.#writeHead(bytes, scan, listener)
    this.#head.give()
  }

  #open(target: LiveTarget): void {
    this.#stage = Stage.connecting
    this.connection = new TargetConnection(target, this, this.#core.clock, this.#core.transport)
  }

  #hold(bytes: Buffer, start: number, end: number): void {
    this.#head.holdBody(bytes, start, end)
    this.#client.holdBody()
  }

  #write(connection: TargetConnection, bytes: Buffer): void {
    if (connection.wire.write(bytes)) return
    this.#head.isBusy = true
    this.#client.holdBody()
  }

  #answerOwn(answer: ElbAnswer, closes = false): void {
    const client = this.#client
    const listener = this.#listener
    if (listener === undefined) return
    // A client that waits for `100 Continue` does not get it, and what it sends then could be body or a next request.
    if (closes || answer.statusCode === 501 || this.#isBodyUnasked()) client.closeBehind()
    this.#stage = Stage.answered
    this.#outcome = ownOutcome(answer.statusCode)
    this.#statusCode = answer.statusCode
    const request = { isHead: this.isHead, isHttp10: this.wantsPlainData, handling: listener.handling }
    client.wantBody()
    if (client.send(bytesOfAnswer(answer, { ...request, closes: client.isLast() }))) this.#conclude()
  }

  #breakOff(outcome: number): void {
    if (!this.#isOwn()) this.#outcome = outcome
    this.#conclude(true)
    this.#client.destroy()
  }

  /** Counts, and lets go of the target. `isLast`: nothing more is to happen on the client's connection. */
  #conclude(isLast = false): void {
    if (this.#stage === Stage.none) return
    this.#tally?.add(this.#outcome, this.#statusCode)
    this.#notes?.tell(this.#core.onExchange, this.#route, this.#statusCode, this.#client)
    this.#notes = undefined
    this.#head.give()
    this.#release()
    this.#stage = Stage.none
    this.#listener = undefined
    if (!isLast) this.#client.onExchangeOver()
  }
}
