import { hash } from 'node:crypto'
import type { RouteAction, TargetStickiness, WeightedTargetGroup } from '../domain/routing-table.ts'

type ForwardAction = Extract<RouteAction, { type: 'forward' }>

/** A cookie's name, ready to be looked for in the bytes of a head. */
type CookieName = { readonly text: string; readonly bytes: Buffer }

const ofTargetGroup = cookieName('AWSALBTG')
const ofTargetGroupAcrossOrigins = cookieName('AWSALBTGCORS')
const ofTarget = cookieName('AWSALB')
const ofTargetAcrossOrigins = cookieName('AWSALBCORS')
const ofApplication = cookieName('AWSALBAPP-0')

/** Browsers keep the cookies for so long whatever the configured duration, which is inside of them; as on AWS. */
const keptSeconds = 7 * 24 * 60 * 60

/** Ids and names kept ready are forgotten all at once when there are more, so that tables that come and go take no memory. */
const mostKept = 10_000

/**
 * The cookies that bind a client to a target group or a target.
 *
 * A cookie's value is an id of the group or the target, the second it ends, and a seal over both. Id and seal are hashes
 * in which the target group's ARN takes part, which clients do not know: they can neither find out an address nor make a
 * cookie themselves. Whoever has the routing table understands them, so every router process does, and also the next.
 * A value that is not from here, was changed, or is too old is as good as none.
 *
 * Which answers get cookies: AWSALB and AWSALBAPP-0 begin anew with every answer, AWSALBTG does not, so that a client
 * that never rests too follows the weights again after the duration. A group with weight 0 keeps no client.
 */
export class StickyCookies {
  readonly #names = new Map<string, CookieName>()
  #dated = { second: -1, text: '' }

  /** The group among the action's that the client was given before; undefined where it is to be drawn anew. */
  targetGroup(
    action: Pick<ForwardAction, 'targetGroups'>,
    { bytes, start, end }: CookieHeader,
    nowMilliseconds: number,
  ): string | undefined {
    const value =
      findCookie(bytes, start, end, ofTargetGroup) ?? findCookie(bytes, start, end, ofTargetGroupAcrossOrigins)
    if (value === undefined) return undefined
    const isMeant = ({ targetGroupArn, weight }: WeightedTargetGroup): boolean =>
      weight > 0 && readValue(value, targetGroupArn, nowMilliseconds) === stickyId(targetGroupArn)
    return action.targetGroups.find(isMeant)?.targetGroupArn
  }

  /** What `TargetChoice.sticky` knows the client's target by; undefined where one is to be chosen anew. */
  targetId(
    stickiness: TargetStickiness,
    targetGroupArn: string,
    { bytes, start, end }: CookieHeader,
    nowMilliseconds: number,
  ): string | undefined {
    const value =
      stickiness.type === 'lb_cookie'
        ? (findCookie(bytes, start, end, ofTarget) ?? findCookie(bytes, start, end, ofTargetAcrossOrigins))
        : this.#ofApplication(stickiness.cookieName, { bytes, start, end })
    return value === undefined ? undefined : readValue(value, targetGroupArn, nowMilliseconds)
  }

  /** Lines for the head of an answer, each with its CRLF, that bind the client to the group. */
  targetGroupLines(targetGroupArn: string, durationSeconds: number, answer: AnsweredWith): string {
    const value = makeValue(stickyId(targetGroupArn), targetGroupArn, durationSeconds, answer.nowMilliseconds)
    return this.#withTwin(ofTargetGroup, ofTargetGroupAcrossOrigins, value, answer)
  }

  /**
   * Lines that bind the client to the target, or go on doing so. With `app_cookie` they are for answers in which the
   * application sets its own cookie (`setsCookie`), and for those to clients that came with a cookie in force.
   */
  targetLines(stickiness: TargetStickiness, target: StickyTarget, answer: AnsweredWith): string {
    const { key, targetGroupArn } = target
    const value = makeValue(stickyId(key), targetGroupArn, stickiness.durationSeconds, answer.nowMilliseconds)
    if (stickiness.type === 'lb_cookie') return this.#withTwin(ofTarget, ofTargetAcrossOrigins, value, answer)
    return `Set-Cookie: ${ofApplication.text}=${value}; ${this.#expires(answer)}; Path=/\r\n`
  }

  /** Whether the value of a `Set-Cookie` header sets the application's cookie. */
  setsCookie(name: string, bytes: Buffer, start: number, end: number): boolean {
    return isAt(bytes, start, end, this.#name(name).bytes)
  }

  /** The load balancer's cookie counts only beside the application's own, as on AWS. */
  #ofApplication(name: string, { bytes, start, end }: CookieHeader): string | undefined {
    if (findCookie(bytes, start, end, this.#name(name)) === undefined) return undefined
    return findCookie(bytes, start, end, ofApplication)
  }

  /** The twin is for requests from pages of other origins. Browsers take its `SameSite=None` only with `Secure`. */
  #withTwin(name: CookieName, twin: CookieName, value: string, answer: AnsweredWith): string {
    const rest = `${value}; ${this.#expires(answer)}; Path=/`
    const secure = answer.isSecure ? '; Secure' : ''
    return `Set-Cookie: ${name.text}=${rest}\r\nSet-Cookie: ${twin.text}=${rest}; SameSite=None${secure}\r\n`
  }

  #expires({ nowMilliseconds }: AnsweredWith): string {
    const second = Math.floor(nowMilliseconds / 1000) + keptSeconds
    if (second !== this.#dated.second) {
      this.#dated = { second, text: `Expires=${new Date(second * 1000).toUTCString()}` }
    }
    return this.#dated.text
  }

  #name(text: string): CookieName {
    const known = this.#names.get(text)
    if (known !== undefined) return known
    if (this.#names.size >= mostKept) this.#names.clear()
    const name = cookieName(text)
    this.#names.set(text, name)
    return name
  }
}

/** Where the value of the client's `Cookie` header stands. */
export type CookieHeader = { readonly bytes: Buffer; readonly start: number; readonly end: number }

type StickyTarget = { readonly key: string; readonly targetGroupArn: string }

type AnsweredWith = {
  /** Epoch milliseconds. */
  readonly nowMilliseconds: number
  /** The client came by HTTPS. */
  readonly isSecure: boolean
}

const ids = new Map<string, string>()

/** What a target group (its ARN) or a target (its key) is called in cookies: 16 characters. */
export function stickyId(arnOrKey: string): string {
  const known = ids.get(arnOrKey)
  if (known !== undefined) return known
  if (ids.size >= mostKept) ids.clear()
  const id = hash('sha256', `id ${arnOrKey}`, 'base64url').slice(0, idLength)
  ids.set(arnOrKey, id)
  return id
}

const idLength = 16
const endLength = 7
const sealLength = 16

function makeValue(id: string, secret: string, durationSeconds: number, nowMilliseconds: number): string {
  const end = Math.floor(nowMilliseconds / 1000) + durationSeconds
  const sealed = id + end.toString(36).padStart(endLength, '0')
  return sealed + seal(sealed, secret)
}

/** The id in a value that is in force; undefined for every other value. */
function readValue(value: string, secret: string, nowMilliseconds: number): string | undefined {
  if (value.length !== idLength + endLength + sealLength) return undefined
  const end = Number.parseInt(value.slice(idLength, idLength + endLength), 36)
  if (!(end * 1000 > nowMilliseconds)) return undefined
  const sealed = value.slice(0, idLength + endLength)
  return value.endsWith(seal(sealed, secret)) ? value.slice(0, idLength) : undefined
}

function seal(sealed: string, secret: string): string {
  return hash('sha256', `${sealed} ${secret}`, 'base64url').slice(0, sealLength)
}

function cookieName(text: string): CookieName {
  return { text, bytes: Buffer.from(`${text}=`, 'latin1') }
}

const semicolon = 0x3b
const space = 0x20
const tab = 0x09
const quote = 0x22

/** The value of the first cookie of that name; nothing is allocated where there is none. */
function findCookie(bytes: Buffer, start: number, end: number, { bytes: name }: CookieName): string | undefined {
  let at = start
  while (at < end) {
    while (at < end && (bytes[at] === space || bytes[at] === tab)) at++
    if (isAt(bytes, at, end, name)) return valueAt(bytes, at + name.length, end)
    while (at < end && bytes[at] !== semicolon) at++
    at++
  }
  return undefined
}

function isAt(bytes: Buffer, at: number, end: number, name: Buffer): boolean {
  if (at + name.length > end) return false
  for (let place = 0; place < name.length; place++) if (bytes[at + place] !== name[place]) return false
  return true
}

/** Up to the semicolon, without white space and quotes around it. */
function valueAt(bytes: Buffer, start: number, end: number): string {
  let [from, to] = [start, start]
  while (to < end && bytes[to] !== semicolon) to++
  while (to > from && (bytes[to - 1] === space || bytes[to - 1] === tab)) to--
  if (to - from >= 2 && bytes[from] === quote && bytes[to - 1] === quote) [from, to] = [from + 1, to - 1]
  return bytes.toString('latin1', from, to)
}
