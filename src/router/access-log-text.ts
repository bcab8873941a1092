import type { ListenerRoute, LoadBalancerRoute } from '../domain/routing-table.ts'
import type { ExchangeRecord } from './exchange-record.ts'

/** As AWS has it for user agents: what is longer is cut. It holds for the line's form of it, with its escapes. */
const mostOfUserAgent = 8192
/** A longer URL in `redirect_url` is left out, as by AWS. */
const mostOfRedirectUrl = 8192
/** A request line has no more; so the rest of them are limits against mistakes and not against clients. */
const mostOfRequest = 16_384
const mostOfOthers = 1024

/**
 * Lines of an access log as an Application Load Balancer writes them, in Latin-1, with all 34 fields (reference 7.1) and
 * the end of the line. As cheap as it gets: one string a line, nothing made twice that was the same a moment ago.
 */
export class AccessLogText {
  readonly #times = new TimeText()
  readonly #creationTimes = new TimeText()
  readonly #listeners = new WeakMap<ListenerRoute, ListenerText>()
  #lastListener: ListenerRoute | undefined
  #lastText: ListenerText | undefined

  /** The line of a request to a listener of `loadBalancer`. */
  line(record: ExchangeRecord, loadBalancer: LoadBalancerRoute): string {
    const { client, target, action } = record
    const listener = this.#listenerText(record.listener, loadBalancer)
    const { tls } = client
    const targetStatus = record.targetStatusCode === 0 ? '-' : String(record.targetStatusCode)
    return (
      typeOf(record) +
      this.#times.text(record.endedAt) +
      listener.resource +
      `${plainAddress(client.address)}:${client.port} ` +
      (target ?? '-') +
      secondsText(record.requestProcessingSeconds) +
      secondsText(record.targetProcessingSeconds) +
      secondsText(record.responseProcessingSeconds) +
      (record.elbStatusCode === 0 ? ' - ' : ` ${record.elbStatusCode} `) +
      `${targetStatus} ${record.receivedBytes} ${record.sentBytes} "` +
      requestText(record, listener) +
      `" "${record.userAgent === undefined ? '-' : quotable(record.userAgent, mostOfUserAgent)}" ` +
      (tls === undefined ? '- - ' : `${tls.cipher} ${tls.protocol} `) +
      `${record.targetGroupArn ?? '-'} "${record.traceId === undefined ? '-' : quotable(record.traceId, mostOfOthers)}" "` +
      (tls === undefined
        ? '-" "-" '
        : `${tls.serverName === undefined ? '-' : quotable(tls.serverName, mostOfOthers)}" "${tls.certificateArn}" `) +
      `${record.matchedRulePriority ?? '-'} ` +
      this.#creationTimes.text(record.createdAt) +
      ` "${action ?? '-'}" "${redirectText(record.redirectUrl)}" "-" ` +
      (target === undefined ? '"-" "-"' : `"${target}" "${targetStatus}"`) +
      ` "${record.classification ?? '-'}" "${record.classificationReason ?? '-'}" ${client.connectionTraceId} ` +
      `${transformText(record.transform)} ${plainAddress(client.localAddress)}\n`
    )
  }

  #listenerText(listener: ListenerRoute, loadBalancer: LoadBalancerRoute): ListenerText {
    if (listener === this.#lastListener && this.#lastText !== undefined) return this.#lastText
    let text = this.#listeners.get(listener)
    if (text === undefined) {
      const scheme = listener.tls === undefined ? 'http' : 'https'
      text = {
        resource: ` ${loadBalancer.resource} `,
        scheme: ` ${scheme}://`,
        port: `:${listener.port}`,
        dnsName: loadBalancer.dnsName,
      }
      this.#listeners.set(listener, text)
    }
    this.#lastListener = listener
    this.#lastText = text
    return text
  }
}

/** What is the same in every line of a listener. */
type ListenerText = {
  readonly resource: string
  readonly scheme: string
  readonly port: string
  readonly dnsName: string
}

function typeOf({ client: { tls, isHttp2 }, isWebSocket }: ExchangeRecord): string {
  if (isWebSocket) return tls === undefined ? 'ws ' : 'wss '
  if (isHttp2) return 'h2 '
  return tls === undefined ? 'http ' : 'https '
}

/** An IPv4 client of a socket that takes both is told as what it is. */
function plainAddress(address: string): string {
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice('::ffff:'.length) : address
}

/** `GET http://www.example.com:80/path HTTP/1.1`; `- http://NAME:80- -` for what could not be read. */
function requestText(record: ExchangeRecord, { scheme, port, dnsName }: ListenerText): string {
  const { method, uri, httpVersion } = record
  if (method === undefined || uri === undefined) return `-${scheme}${dnsName}${port}- -`
  const version = httpVersion === undefined ? '-' : `HTTP/${httpVersion}`
  const { host, path } = placeOf(uri, record.host ?? dnsName)
  const authority = `${quotable(withoutPort(host), mostOfOthers)}${port}`
  return `${quotable(method, mostOfOthers)}${scheme}${authority}${quotable(path, mostOfRequest)} ${version}`
}

/** A whole URI in a request line names the host itself. */
function placeOf(uri: string, host: string): { readonly host: string; readonly path: string } {
  if (uri.charCodeAt(0) === slash) return { host, path: uri }
  const [whole = '', named = ''] = /^https?:\/\/([^/?#]*)/i.exec(uri) ?? []
  return whole === '' ? { host, path: uri } : { host: named, path: uri.slice(whole.length) || '/' }
}

const slash = 0x2f

function withoutPort(host: string): string {
  const colon = host.lastIndexOf(':')
  return colon === -1 || host.endsWith(']') ? host : host.slice(0, colon)
}

/** What was rewritten, and how that ended. */
function transformText(outcome: ExchangeRecord['transform']): string {
  if (outcome === undefined) return '"-" "-" "-"'
  const { host, uri, status } = outcome
  return `"${quotableOr(host, mostOfOthers)}" "${quotableOr(uri, mostOfRequest)}" "${status}"`
}

/** A text that is empty cannot be told from none. */
function quotableOr(text: string | undefined, most: number): string {
  return text === undefined || text === '' ? '-' : quotable(text, most)
}

function redirectText(url: string | undefined): string {
  return url === undefined || url.length > mostOfRedirectUrl ? '-' : quotable(url, mostOfRedirectUrl)
}

/** Bytes that would end the field or the line, or are none of ASCII's, are written as `\x22`. */
function quotable(text: string, most: number): string {
  const escaped = isPlain(text) ? text : text.replaceAll(/[^ !#-[\]-~]/g, escapeOf)
  if (escaped.length <= most) return escaped
  // An escape is not cut within.
  return escaped.slice(0, most).replace(/\\(?:x[0-9A-F]?)?$/, '')
}

/** Most texts are short and plain, and for those this takes less time than a regular expression. */
function isPlain(text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code < 0x20 || code > 0x7e || code === 0x22 || code === 0x5c) return false
  }
  return true
}

function escapeOf(character: string): string {
  return `\\x${(character.charCodeAt(0) & 0xff).toString(16).toUpperCase().padStart(2, '0')}`
}

const threeDigits = Array.from({ length: 1000 }, (_, number) => String(number).padStart(3, '0'))

/** With the space before it: ` 0.001`, ` -1`. */
function secondsText(seconds: number): string {
  if (!(seconds >= 0)) return ' -1'
  const milliseconds = Math.round(seconds * 1000)
  if (milliseconds < 1000) return ` 0.${threeDigits[milliseconds]}`
  return ` ${Math.floor(milliseconds / 1000)}.${threeDigits[milliseconds % 1000]}`
}

/** Times as `2026-01-02T22:23:00.186641Z`: most are in the same second as the one before. */
class TimeText {
  #second = Number.NaN
  #prefix = ''

  text(milliseconds: number): string {
    const second = Math.floor(milliseconds / 1000)
    if (second !== this.#second) {
      this.#second = second
      this.#prefix = new Date(second * 1000).toISOString().slice(0, 20)
    }
    const microseconds = Math.floor((milliseconds - second * 1000) * 1000)
    return `${this.#prefix}${threeDigits[Math.floor(microseconds / 1000)]}${threeDigits[microseconds % 1000]}Z`
  }
}
