import type { AnswerScan } from './answer-scan.ts'
import type { ClientHead } from './client-head.ts'
import type { Core } from './core.ts'
import { errorAnswer, fixedAnswer, redirectAnswer, type ElbAnswer } from './elb-answer.ts'
import { HeaderKind } from './header-kind.ts'
import { chooseGroup, type LiveAction, type LiveForward, type LiveListener, type WeightedGroup } from './live-table.ts'
import type { LiveGroup, LiveTarget } from './live-targets.ts'
import { redirectLocation } from './redirect.ts'
import type { RequestScan } from './request-scan.ts'
import type { RequestTransform, TransformedRequest, TransformOutcome } from './request-transform.ts'
import { RuleRequest } from './rule-request.ts'
import type { CookieHeader } from './sticky-cookies.ts'
import type { ClientSide } from './wire.ts'

/** Rules are done with a request before the next one is read. */
const ruleRequest = new RuleRequest()

/** Where one request goes by the table that is in force now: its own answer, or a target. Used again for the next. */
export class Route {
  /** The load balancer answers by itself. */
  own: ElbAnswer | undefined
  weighted: WeightedGroup | undefined
  target: LiveTarget | undefined
  /** 0 for the default action. */
  matchedPriority = 0
  action: LiveAction['type'] = 'forward'
  redirectUrl: string | undefined
  /** What the rule's transforms have made of the request; undefined where it goes on as it came. */
  transformed: TransformedRequest | undefined
  transformOutcome: TransformOutcome | undefined
  readonly #core: Core
  #forward: LiveForward | undefined
  /** The answer is to bind the client to the group, because it was drawn. */
  #isGroupDrawn = false
  /** The target is the one the client's cookie names. */
  #isTargetBound = false
  /** The client came with a cookie in force, whose target may have gone: it is bound to the next one, as on AWS. */
  #hasTargetCookie = false

  constructor(core: Core) {
    this.#core = core
  }

  find(bytes: Buffer, scan: RequestScan, listener: LiveListener, side: ClientSide): void {
    this.own = undefined
    this.weighted = undefined
    this.target = undefined
    this.redirectUrl = undefined
    this.transformed = undefined
    this.transformOutcome = undefined
    this.#forward = undefined
    const action = this.#match(bytes, scan, listener, side)
    this.action = action.type
    switch (action.type) {
      case 'forward':
        return this.#toTarget(action, bytes, scan)
      case 'fixed-response':
        listener.tally.fixedResponses++
        this.own = fixedAnswer(action)
        return
      case 'redirect': {
        if (listener.rules.length === 0) ruleRequest.begin(bytes, scan, side.address)
        const { localAddress, tls } = side
        const reached = { protocol: tls === undefined ? 'http' : 'https', localAddress, port: listener.route.port }
        this.redirectUrl = redirectLocation(action, ruleRequest.texts(), reached)
        this.own = redirectAnswer(action.statusCode, this.redirectUrl)
      }
    }
  }

  /** Puts the cookies that the answer is to bring the client into its head. */
  cookieLines(bytes: Buffer, answer: AnswerScan, head: ClientHead, side: ClientSide): void {
    const { weighted, target } = this
    const forward = this.#forward
    if (weighted === undefined || target === undefined || forward === undefined) return
    const { stickinessSeconds } = forward.route
    const stickiness = weighted.group.route?.balancing?.stickiness
    if (stickinessSeconds === undefined && stickiness === undefined) return
    const { cookies } = this.#core
    const answered = { nowMilliseconds: Date.now(), isSecure: side.tls !== undefined }
    let lines = ''
    if (stickinessSeconds !== undefined && this.#isGroupDrawn) {
      lines += cookies.targetGroupLines(weighted.group.targetGroupArn, stickinessSeconds, answered)
    }
    if (stickiness !== undefined) {
      const isWanted =
        stickiness.type === 'lb_cookie' ||
        this.#hasTargetCookie ||
        this.#setsCookie(bytes, answer, stickiness.cookieName)
      const { targetGroupArn } = weighted.group
      if (isWanted) lines += cookies.targetLines(stickiness, { key: target.key, targetGroupArn }, answered)
    }
    head.cookieLines = lines
  }

  #match(
    bytes: Buffer,
    scan: RequestScan,
    { rules, defaultAction, tally }: LiveListener,
    side: ClientSide,
  ): LiveAction {
    this.matchedPriority = 0
    if (rules.length === 0) return defaultAction
    ruleRequest.begin(bytes, scan, side.address)
    for (const { priority, test, action } of rules) {
      tally.ruleEvaluations++
      if (!test.isMatch(ruleRequest)) continue
      this.matchedPriority = priority
      return action
    }
    return defaultAction
  }

  #toTarget(forward: LiveForward, bytes: Buffer, scan: RequestScan): void {
    const { random, clock } = this.#core
    this.#forward = forward
    if (forward.transform !== undefined && !this.#transform(forward.transform, bytes, scan)) {
      this.own = errorAnswer(500)
      return
    }
    const weighted = this.#boundGroup(forward, bytes, scan) ?? chooseGroup(forward, random())
    this.weighted = weighted
    const choice = weighted?.group.choice
    if (weighted === undefined || choice === undefined || choice.isEmpty) {
      this.own = errorAnswer(503)
      return
    }
    const bound = this.#boundTarget(weighted, forward, bytes, scan)
    this.#isTargetBound = bound !== undefined
    this.target = bound ?? choice.choose(clock.now, random)
    if (this.target === undefined) this.own = errorAnswer(503)
    else if (choice.isFailingOpen) weighted.tally.unhealthyRoutings++
    const isGroupSticky = forward.route.stickinessSeconds !== undefined
    const isTargetSticky = weighted.group.route?.balancing?.stickiness !== undefined
    if ((isGroupSticky && this.#isGroupDrawn) || (isTargetSticky && !this.#isTargetBound)) {
      weighted.tally.nonStickyRequests++
    }
  }

  /** The rules have just looked at the request. False where it cannot go on. */
  #transform(transform: RequestTransform, bytes: Buffer, scan: RequestScan): boolean {
    const result = transform.of(bytes, scan, ruleRequest)
    this.transformOutcome = result?.outcome
    this.transformed = result?.request
    return result === undefined || result.request !== undefined
  }

  #boundGroup(forward: LiveForward, bytes: Buffer, scan: RequestScan): WeightedGroup | undefined {
    this.#isGroupDrawn = true
    if (forward.route.stickinessSeconds === undefined || scan.cookie < 0) return undefined
    const arn = this.#core.cookies.targetGroup(forward.route, cookieHeader(bytes, scan), Date.now())
    if (arn === undefined) return undefined
    this.#isGroupDrawn = false
    return forward.groups.find(({ group }) => group.targetGroupArn === arn)
  }

  #boundTarget(
    { group }: WeightedGroup,
    { groups }: LiveForward,
    bytes: Buffer,
    scan: RequestScan,
  ): LiveTarget | undefined {
    this.#hasTargetCookie = false
    const stickiness = group.route?.balancing?.stickiness
    if (stickiness === undefined || scan.cookie < 0) return undefined
    const { cookies } = this.#core
    const [header, now] = [cookieHeader(bytes, scan), Date.now()]
    const idIn = (of: LiveGroup): string | undefined => cookies.targetId(stickiness, of.targetGroupArn, header, now)
    const id = idIn(group)
    // Where weights lead a client to another group, the cookie of its application is there already, and not set anew.
    this.#hasTargetCookie = id !== undefined || groups.some((each) => idIn(each.group) !== undefined)
    return id === undefined ? undefined : group.choice.sticky(id)
  }

  #setsCookie(bytes: Buffer, { headers, kinds, headerCount, setCookie }: AnswerScan, name: string): boolean {
    if (setCookie < 0) return false
    for (let place = setCookie; place < headerCount; place++) {
      if (kinds[place] !== HeaderKind.setCookie) continue
      const start = headers[4 * place + 2] ?? 0
      if (this.#core.cookies.setsCookie(name, bytes, start, headers[4 * place + 3] ?? 0)) return true
    }
    return false
  }
}

/** Proxies that speak HTTP/2 to their clients may pass cookies on as several lines, which are as good as one. */
function cookieHeader(bytes: Buffer, { headers, kinds, headerCount, cookie }: RequestScan): CookieHeader {
  const first = { bytes, start: headers[4 * cookie + 2] ?? 0, end: headers[4 * cookie + 3] ?? 0 }
  let texts: string[] | undefined
  for (let place = cookie + 1; place < headerCount; place++) {
    if (kinds[place] !== HeaderKind.cookie) continue
    texts ??= [bytes.toString('latin1', first.start, first.end)]
    texts.push(bytes.toString('latin1', headers[4 * place + 2], headers[4 * place + 3]))
  }
  if (texts === undefined) return first
  const joined = Buffer.from(texts.join('; '), 'latin1')
  return { bytes: joined, start: 0, end: joined.length }
}
