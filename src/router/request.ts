import { randomBytes } from 'node:crypto'
import type { RequestOutcome } from '../domain/router-report.ts'
import type { RouteAction, RoutingTable } from '../domain/routing-table.ts'
import { chooseTargetGroup, matchRule } from '../domain/rule-match.ts'
import type { Door } from './door.ts'
import { errorAnswer, fixedAnswer, redirectAnswer, writeAnswer, type ElbAnswer } from './elb-answer.ts'
import type { ExchangeCounts, ExchangingGroup } from './exchange-counts.ts'
import type { Exchange, Forward, ForwardResult } from './forward.ts'
import { redirectLocation } from './redirect.ts'
import type { CountedRequest, RequestCounts } from './request-counts.ts'
import { readHead, refusalOf, type ReadHead } from './request-head.ts'
import { headersForTarget } from './target-headers.ts'
import type { Claim, Targets } from './targets.ts'

/** What serving a request needs of the rest of the router. */
export type Serving = {
  /** The table in force. */
  readonly table: () => RoutingTable
  readonly targets: Targets
  readonly forward: Forward
  readonly counts: RequestCounts
  readonly exchanges: ExchangeCounts
  /** In [0, 1). */
  readonly random: () => number
}

/** One request, from its head to the end of its answer. Never rejects. */
export async function serveRequest(serving: Serving, door: Door, exchange: Exchange): Promise<void> {
  const head = readHead(exchange.request)
  const { listenerArn } = door.route
  const refusal = refusalOf(exchange.request, head)
  if (refusal !== undefined) {
    return answerAndCount(serving, exchange, errorAnswer(refusal.statusCode), { listenerArn })
  }
  const action = matchRule(door.route, head)
  switch (action.type) {
    case 'fixed-response':
      return answerAndCount(serving, exchange, fixedAnswer(action), { listenerArn })
    case 'redirect': {
      const location = redirectLocation(action, head, door.port)
      return answerAndCount(serving, exchange, redirectAnswer(action.statusCode, location), { listenerArn })
    }
    case 'forward':
      return forwardRequest(serving, door, exchange, head, action)
  }
}

/**
 * No `await` stands between reading the table and the claim, so a drain that begins with the next table can never
 * overlook a request that was routed by this one.
 */
async function forwardRequest(
  serving: Serving,
  door: Door,
  exchange: Exchange,
  head: ReadHead,
  action: Extract<RouteAction, { type: 'forward' }>,
): Promise<void> {
  const { listenerArn } = door.route
  const targetGroupArn = chooseTargetGroup(action.targetGroups, serving.random())
  const group = targetGroupArn === undefined ? undefined : serving.table().targetGroups[targetGroupArn]
  const claim = group === undefined ? undefined : serving.targets.claim(group, new Set())
  const counted = { listenerArn, ...(targetGroupArn === undefined ? {} : { targetGroupArn }) }
  if (targetGroupArn === undefined || claim === undefined) {
    return answerAndCount(serving, exchange, errorAnswer(503), counted)
  }
  const headers = headersForTarget(head, clientConnection(door, exchange), newTraceId)
  const trial = { counted: { listenerArn, targetGroupArn }, claim, head, headers }
  const { result, claim: lastClaim } = await tryTargets(serving, exchange, trial)
  if (result.kind === 'answered') serving.exchanges.addResponse(trial.counted, result.responseMilliseconds / 1000)
  try {
    await conclude(serving, exchange, result, { ...counted, target: lastClaim.address })
  } finally {
    lastClaim.release()
  }
}

type Trial = {
  readonly counted: ExchangingGroup
  readonly claim: Claim
  readonly head: ReadHead
  readonly headers: readonly string[]
}

/** Asks one target after the other while nothing has been sent to any. The claim it returns is still to be released. */
async function tryTargets(
  { table, targets, forward, exchanges }: Serving,
  exchange: Exchange,
  { counted, claim: firstClaim, head, headers }: Trial,
): Promise<{ readonly result: ForwardResult; readonly claim: Claim }> {
  const tried = new Set<string>()
  let claim = firstClaim
  let onFreshConnection = false
  for (;;) {
    const { targetKey, address, cut } = claim
    const attempt = { targetKey, address, cut, path: head.target, headers, onFreshConnection }
    const result = await forward.send(exchange, attempt)
    if (result.kind === 'stale-connection' && !onFreshConnection) {
      onFreshConnection = true
      continue
    }
    if (result.kind !== 'unreachable') return { result, claim }
    exchanges.addConnectionError(counted)
    tried.add(targetKey)
    // The table may be another one by now: a target that drains since must not be chosen.
    const group = table().targetGroups[counted.targetGroupArn]
    const next = group === undefined ? undefined : targets.claim(group, tried)
    if (next === undefined) return { result, claim }
    claim.release()
    claim = next
    onFreshConnection = false
  }
}

/** Gives the client the load balancer's answer where it has none yet, and counts. */
async function conclude(
  serving: Serving,
  exchange: Exchange,
  result: ForwardResult,
  counted: CountedRequest,
): Promise<void> {
  switch (result.kind) {
    case 'answered':
      return serving.counts.add(counted, outcomeOf(result.statusCode, ''))
    case 'client-closed':
    case 'target-closed':
      return serving.counts.add(counted, result.kind)
    case 'failed':
      return answerAndCount(serving, exchange, errorAnswer(result.statusCode), counted)
    case 'unreachable':
    case 'stale-connection':
      return answerAndCount(serving, exchange, errorAnswer(502), counted)
  }
}

/** Resolves when the client has the answer, or has gone. */
async function answerAndCount(
  { counts }: Serving,
  exchange: Exchange,
  answer: ElbAnswer,
  counted: CountedRequest,
): Promise<void> {
  const { request, response } = exchange
  const { promise, resolve } = Promise.withResolvers<void>()
  response.once('finish', resolve)
  response.once('close', resolve)
  // A client that waits for `100 Continue` does not get it, and what it sends then could be body or a next request.
  const closes = answer.closes || exchange.isLast() || request.headers.expect !== undefined
  writeAnswer(response, { ...answer, closes })
  if (response.destroyed) resolve()
  await promise
  if (!response.writableFinished) return counts.add(counted, 'client-closed')
  counts.add(counted, outcomeOf(answer.statusCode, 'elb-'), answer.statusCode)
}

function outcomeOf(statusCode: number, by: 'elb-' | ''): RequestOutcome {
  return `${by}${Math.floor(statusCode / 100)}xx` as RequestOutcome
}

function clientConnection(door: Door, { request, upgrade }: Exchange) {
  const { localAddress = '', localPort = door.port } = request.socket
  return {
    listenerPort: door.port,
    localAddress: `${localAddress.includes(':') ? `[${localAddress}]` : localAddress}:${localPort}`,
    isUpgrade: upgrade !== undefined,
  }
}

/** `1-<8 hex digits of the time in seconds>-<24 hex digits>`. */
function newTraceId(): string {
  const seconds = Math.floor(Date.now() / 1000)
  return `1-${seconds.toString(16).padStart(8, '0')}-${randomBytes(12).toString('hex')}`
}
