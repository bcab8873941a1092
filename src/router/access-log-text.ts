import type { ListenerRoute, LoadBalancerRoute } from '../domain/routing-table.ts'
import type { ExchangeRecord } from './exchange-record.ts'
import { LineBytes } from './line-bytes.ts'
import type { TransformOutcome } from './request-transform.ts'
import type { ToldBytes } from './told-bytes.ts'
import type { ClientSide } from './wire.ts'

/** As AWS has it for user agents: what is longer is cut. It holds for the line's form of it, with its escapes. */
const mostOfUserAgent = 8192
/** A longer URL in `redirect_url` is left out, as by AWS. */
const mostOfRedirectUrl = 8192
/** A request line has no more; so the rest of them are limits against mistakes and not against clients. */
const mostOfRequest = 16_384
const mostOfOthers = 1024

/** Of so many target groups at most the name is kept as it is written. */
const mostTargetGroups = 1024

/** No line has more: the limits above, escapes included, and what the table says of itself. */
const mostOfLine = 65_536

/**
 * Lines of an access log as an Application Load Balancer writes them, in Latin-1, with all 34 fields (reference 7.1) and
 * the end of the line. As cheap as it gets: what a request says goes from bytes to bytes.
 */
export class AccessLogText {
  readonly #line = new LineBytes(mostOfLine)
  readonly #times = new TimeText()
  readonly #creationTimes = new TimeText()
  readonly #listeners = new WeakMap<ListenerRoute, ListenerText>()
  readonly #clients = new WeakMap<ClientSide, ClientText>()
  /** Their ARNs. */
  readonly #targetGroups = new Map<string, Buffer>()
  #lastListener: ListenerRoute | undefined
  #lastText: ListenerText | undefined

  /** The line of a request to a listener of `loadBalancer`. Whoever gets it copies it before the next. */
  line(record: ExchangeRecord, loadBalancer: LoadBalancerRoute): LineBytes {
    const line = this.#line
    const { client, target } = record
    const listener = this.#listenerText(record.listener, loadBalancer)
    const text = this.#clientText(client, listener)
    line.clear()
    line.text(typeOf(record))
    this.#times.put(line, record.endedAt)
    line.prepared(text.bytes, 0, text.endOfFrom)
    line.text(target ?? '-')
    putNumbers(line, record)
    putRequest(line, record, listener)
    putUserAgentAndTls(line, record)
    this.#putTargetGroup(line, record.targetGroupArn)
    line.text(' "')
    putTold(line, record.told, { from: record.told.traceIdStart, to: record.told.traceIdEnd, mostBytes: mostOfOthers })
    putNames(line, client.tls)
    if (record.matchedRulePriority === undefined) line.text('-')
    else line.number(record.matchedRulePriority)
    line.text(' ')
    this.#creationTimes.put(line, record.createdAt)
    putAction(line, record)
    putTargets(line, record)
    if (record.transform === undefined) line.prepared(text.bytes, text.endOfFrom, text.bytes.length)
    else putEnd(line, client, record.transform)
    return line
  }

  #clientText(client: ClientSide, listener: ListenerText): ClientText {
    const known = this.#clients.get(client)
    if (known?.listener === listener) return known
    const text = clientText(client, listener)
    this.#clients.set(client, text)
    return text
  }

  #putTargetGroup(line: LineBytes, arn: string | undefined): void {
    if (arn === undefined) return line.text('-')
    let bytes = this.#targetGroups.get(arn)
    if (bytes === undefined) {
      if (this.#targetGroups.size === mostTargetGroups) this.#targetGroups.clear()
      bytes = Buffer.from(arn, 'latin1')
      this.#targetGroups.set(arn, bytes)
    }
    line.prepared(bytes, 0, bytes.length)
  }

  #listenerText(listener: ListenerRoute, loadBalancer: LoadBalancerRoute): ListenerText {
    if (listener === this.#lastListener && this.#lastText !== undefined) return this.#lastText
    let text = this.#listeners.get(listener)
    if (text === undefined) {
      const scheme = listener.tls === undefined ? 'http' : 'https'
      text = {
        resource: loadBalancer.resource,
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

/** What is the same in every line of a connection to a listener. */
type ClientText = {
  readonly listener: ListenerText
  /** Load balancer and client; then the end of a line of which nothing was rewritten. */
  readonly bytes: Buffer
  readonly endOfFrom: number
}

function clientText(client: ClientSide, listener: ListenerText): ClientText {
  const from = ` ${listener.resource} ${plainAddress(client.address)}:${client.port} `
  const end = `${client.connectionTraceId} "-" "-" "-" ${plainAddress(client.localAddress)}\n`
  return { listener, bytes: Buffer.from(from + end, 'latin1'), endOfFrom: from.length }
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

/** From the three processing times to the bytes sent. */
function putNumbers(line: LineBytes, record: ExchangeRecord): void {
  putSeconds(line, record.requestProcessingSeconds)
  putSeconds(line, record.targetProcessingSeconds)
  putSeconds(line, record.responseProcessingSeconds)
  putStatus(line, record.elbStatusCode)
  putStatus(line, record.targetStatusCode)
  line.text(' ')
  line.number(record.receivedBytes)
  line.text(' ')
  line.number(record.sentBytes)
}

/** With the space before it: ` 0.001`, ` -1`. */
function putSeconds(line: LineBytes, seconds: number): void {
  if (!(seconds >= 0)) return line.text(' -1')
  const milliseconds = Math.round(seconds * 1000)
  if (milliseconds < 1000) {
    line.text(' 0.')
    return line.threeDigits(milliseconds)
  }
  line.text(' ')
  line.number(Math.floor(milliseconds / 1000))
  line.text('.')
  line.threeDigits(milliseconds % 1000)
}

function putStatus(line: LineBytes, statusCode: number): void {
  line.text(' ')
  if (statusCode === 0) line.text('-')
  else line.number(statusCode)
}

/** ` "GET http://www.example.com:80/path HTTP/1.1"`; ` "- http://NAME:80- -"` for what could not be read. */
function putRequest(line: LineBytes, { told, httpVersion }: ExchangeRecord, listener: ListenerText): void {
  line.text(' "')
  if (told.methodStart < 0) line.text('-')
  else line.quotable(told.bytes, told.methodStart, told.methodEnd, mostOfOthers)
  line.text(listener.scheme)
  if (told.uriStart < 0) {
    line.text(listener.dnsName)
    line.text(listener.port)
    line.text('-')
  } else if (told.bytes[told.uriStart] === slash) {
    putHost(line, told, listener)
    line.text(listener.port)
    line.quotable(told.bytes, told.uriStart, told.uriEnd, mostOfRequest)
  } else putWholeUri(line, told, listener)
  line.text(httpVersion === undefined ? ' -"' : protocols[httpVersion])
}

const protocols: Readonly<Record<NonNullable<ExchangeRecord['httpVersion']>, string>> = {
  '1.0': ' HTTP/1.0"',
  '1.1': ' HTTP/1.1"',
  '2.0': ' HTTP/2.0"',
}

function putHost(line: LineBytes, { bytes, hostStart, hostEnd }: ToldBytes, { dnsName }: ListenerText): void {
  // A host that is empty is none.
  if (hostStart === hostEnd) line.text(dnsName)
  else putWithoutPort(line, bytes, hostStart, hostEnd)
}

/** A whole URI in a request line names the host itself. */
function putWholeUri(line: LineBytes, told: ToldBytes, listener: ListenerText): void {
  const { bytes, uriStart, uriEnd } = told
  const uri = bytes.toString('latin1', uriStart, uriEnd)
  const [whole = '', host = ''] = /^https?:\/\/([^/?#]*)/i.exec(uri) ?? []
  const pathStart = uriStart + whole.length
  if (whole === '') putHost(line, told, listener)
  else putWithoutPort(line, bytes, pathStart - host.length, pathStart)
  line.text(listener.port)
  if (pathStart === uriEnd) line.text('/')
  else line.quotable(bytes, pathStart, uriEnd, mostOfRequest)
}

function putWithoutPort(line: LineBytes, bytes: Buffer, start: number, end: number): void {
  // Where the last byte is a bracket, the colons are those of an address.
  let colon = end - 1
  if (bytes[colon] === closingBracket) colon = -1
  while (colon >= start && bytes[colon] !== colonByte) colon--
  line.quotable(bytes, start, colon < start ? end : colon, mostOfOthers)
}

const slash = 0x2f
const colonByte = 0x3a
const closingBracket = 0x5d

function putUserAgentAndTls(line: LineBytes, { told, client: { tls } }: ExchangeRecord): void {
  line.text(' "')
  putTold(line, told, { from: told.userAgentStart, to: told.userAgentEnd, mostBytes: mostOfUserAgent })
  if (tls === undefined) return line.text('" - - ')
  line.text('" ')
  line.text(tls.cipher)
  line.text(' ')
  line.text(tls.protocol)
  line.text(' ')
}

type Place = { readonly from: number; readonly to: number; readonly mostBytes: number }

function putTold(line: LineBytes, { bytes }: ToldBytes, { from, to, mostBytes }: Place): void {
  if (from < 0) line.text('-')
  else line.quotable(bytes, from, to, mostBytes)
}

/** The end of the trace id, then the name the client asked for, and the certificate. */
function putNames(line: LineBytes, tls: ClientSide['tls']): void {
  if (tls === undefined) return line.text('" "-" "-" ')
  line.text('" "')
  if (tls.serverName === undefined) line.text('-')
  else line.quotableText(tls.serverName, mostOfOthers)
  line.text('" "')
  line.text(tls.certificateArn)
  line.text('" ')
}

/** Up to the lists of targets; there is no error reason. */
function putAction(line: LineBytes, { action, redirectUrl }: ExchangeRecord): void {
  // Of nearly all requests.
  if (action === 'forward' && redirectUrl === undefined) return line.text(' "forward" "-" "-" "')
  line.text(' "')
  line.text(action ?? '-')
  line.text('" "')
  if (redirectUrl === undefined || redirectUrl.length > mostOfRedirectUrl) line.text('-')
  else line.quotableText(redirectUrl, mostOfRedirectUrl)
  line.text('" "-" "')
}

/** The lists of targets and of their statuses, and the classification. */
function putTargets(
  line: LineBytes,
  { target, targetStatusCode, classification, classificationReason }: ExchangeRecord,
): void {
  line.text(target ?? '-')
  line.text('" "')
  if (target === undefined || targetStatusCode === 0) line.text('-')
  else line.number(targetStatusCode)
  if (classification === undefined && classificationReason === undefined) return line.text('" "-" "-" ')
  line.text('" "')
  line.text(classification ?? '-')
  line.text('" "')
  line.text(classificationReason ?? '-')
  line.text('" ')
}

/** From the connection's trace id to the end, with what was rewritten, and how that ended. */
function putEnd(line: LineBytes, client: ClientSide, outcome: TransformOutcome): void {
  line.text(client.connectionTraceId)
  // A text that is empty cannot be told from none.
  line.text(' "')
  line.quotableText(outcome.host || '-', mostOfOthers)
  line.text('" "')
  line.quotableText(outcome.uri || '-', mostOfRequest)
  line.text('" "')
  line.text(outcome.status)
  line.text('" ')
  line.text(plainAddress(client.localAddress))
  line.text('\n')
}

/** Times as `2026-01-02T22:23:00.186641Z`: most are in the same second as the one before. */
class TimeText {
  #second = Number.NaN
  #prefix: Buffer = Buffer.alloc(0)

  put(line: LineBytes, milliseconds: number): void {
    const second = Math.floor(milliseconds / 1000)
    if (second !== this.#second) {
      this.#second = second
      this.#prefix = Buffer.from(new Date(second * 1000).toISOString().slice(0, 20), 'latin1')
    }
    const microseconds = Math.floor((milliseconds - second * 1000) * 1000)
    line.prepared(this.#prefix, 0, this.#prefix.length)
    line.threeDigits((microseconds / 1000) | 0)
    line.threeDigits(microseconds % 1000)
    line.text('Z')
  }
}
