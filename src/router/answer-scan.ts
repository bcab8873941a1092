import { ascii, carriageReturn, decimal, isWord, lineFeed, listHasWord, space, valueBytes } from './bytes.ts'
import { markNamed, takeConnection } from './connection-header.ts'
import { complete, incomplete, malformed, mostHeaders, scanFieldLine } from './field-line.ts'
import { answerHeaderKind, HeaderKind } from './header-kind.ts'

/** What a scan found in the head of a target's answer: places in the buffer, no text. Used again for each answer. */
export class AnswerScan {
  /** Where the status line begins. */
  start = 0
  /** Just behind the empty line that ends the head. */
  end = 0
  statusCode = 0
  /** Of HTTP/1.x. */
  minorVersion = 1
  /** -1 where there is none. */
  contentLength = -1
  isChunked = false
  /** The target will not use the connection again. */
  closes = false
  /** 101, to a WebSocket. Whether the client asked for one is for the caller to know. */
  isWebSocket = false
  headerCount = 0
  /** As in `RequestScan`: four places for each header; the first header's name begins behind the status line. */
  readonly headers = new Int32Array(4 * mostHeaders)
  /** What each header is to the router, by its place: a `HeaderKind`. */
  readonly kinds = new Uint8Array(mostHeaders)
  /** Headers that must not reach the client, because they speak of the target's connection. */
  hopByHopCount = 0
  /** The place of `Server`, and of the first `Set-Cookie`; -1 where there is none. */
  server = -1
  setCookie = -1
  /** Found on the way, of no use afterwards. */
  hasTransferEncoding = false
  asksKeepAlive = false
  asksUpgrade = false
  namesWebSocket = false
  connectionNames = 0
}

/** No answer's head may be longer. */
export const longestAnswerHead = 32 * 1024

/** How the end of an answer's body is known. */
export const AnswerBody = {
  none: 0,
  /** `contentLength` bytes. */
  length: 1,
  chunked: 2,
  /** All that comes until the target closes. */
  untilClose: 3,
} as const

/**
 * Reads the head of an answer between `start` and `end`. Returns `complete`, or `incomplete`, or 502 for what the client
 * must not get: no HTTP/1.x, a head over 32 KiB, header lines that are malformed, or a length that can be understood in
 * two ways. 1xx answers are heads like others. See `isWorthScanning` for a head that comes in pieces.
 */
export function scanAnswer(bytes: Buffer, start: number, end: number, into: AnswerScan): number {
  restart(into, start)
  const firstHeader = scanStatusLine(bytes, start, end, into)
  if (firstHeader === incomplete) return end - start > longestAnswerHead ? 502 : incomplete
  if (firstHeader === malformed) return 502
  const result = scanHeaders(bytes, firstHeader, end, into)
  if (result === incomplete) return end - start > longestAnswerHead ? 502 : incomplete
  if (result !== complete || into.end - start > longestAnswerHead) return 502
  return conclude(bytes, into)
}

/** What follows the head; `isHead` says that the request was HEAD. */
export function answerBody(answer: AnswerScan, isHead: boolean): number {
  const { statusCode } = answer
  if (isHead || statusCode < 200 || statusCode === 204 || statusCode === 304) return AnswerBody.none
  if (answer.isChunked) return AnswerBody.chunked
  if (answer.contentLength === 0) return AnswerBody.none
  return answer.contentLength > 0 ? AnswerBody.length : AnswerBody.untilClose
}

const versionPrefix = ascii('HTTP/1.')
const chunked = ascii('chunked')
const websocket = ascii('websocket')

function restart(into: AnswerScan, start: number): void {
  into.start = start
  into.contentLength = -1
  into.isChunked = false
  into.closes = false
  into.isWebSocket = false
  into.headerCount = 0
  into.hopByHopCount = 0
  into.server = -1
  into.setCookie = -1
  into.hasTransferEncoding = false
  into.asksKeepAlive = false
  into.asksUpgrade = false
  into.namesWebSocket = false
  into.connectionNames = 0
}

/** `HTTP/1.1 200 OK`, with or without words behind the code. Returns where the headers begin. */
function scanStatusLine(bytes: Buffer, start: number, end: number, into: AnswerScan): number {
  for (let index = 0; index < versionPrefix.length; index++) {
    if (start + index === end) return incomplete
    if (bytes[start + index] !== versionPrefix[index]) return malformed
  }
  if (start + 12 > end) return incomplete
  const minor = (bytes[start + 7] ?? 0) - 0x30
  const status = decimal(bytes, start + 9, start + 12)
  if ((minor !== 0 && minor !== 1) || bytes[start + 8] !== space || status < 100) return malformed
  into.minorVersion = minor
  into.statusCode = status
  let at = start + 12
  if (at < end && bytes[at] !== space && bytes[at] !== carriageReturn) return malformed
  while (at < end && valueBytes[bytes[at] ?? 0] !== 0) at++
  if (at === end) return incomplete
  if (bytes[at] !== carriageReturn) return malformed
  if (at + 1 === end) return incomplete
  return bytes[at + 1] === lineFeed ? at + 2 : malformed
}

function scanHeaders(bytes: Buffer, start: number, end: number, into: AnswerScan): number {
  let at = start
  for (;;) {
    if (at < end && bytes[at] === carriageReturn) {
      if (at + 1 === end) return incomplete
      into.end = at + 2
      return bytes[at + 1] === lineFeed ? complete : malformed
    }
    if (at < end && into.headerCount === mostHeaders) return malformed
    const next = scanFieldLine(bytes, at, end, into.headers, into.kinds, into.headerCount, longestAnswerHead)
    if (next < 0) return next
    if (!takeHeader(bytes, into, into.headerCount)) return malformed
    into.headerCount++
    at = next
  }
}

/** False where the answer must not be passed on. */
function takeHeader(bytes: Buffer, into: AnswerScan, place: number): boolean {
  const { headers } = into
  const kind = answerHeaderKind(bytes, headers[4 * place] ?? 0, headers[4 * place + 1] ?? 0)
  into.kinds[place] = kind
  if (kind === HeaderKind.other) return true
  const start = headers[4 * place + 2] ?? 0
  const end = headers[4 * place + 3] ?? 0
  switch (kind) {
    case HeaderKind.server:
      if (into.server < 0) into.server = place
      return true
    case HeaderKind.setCookie:
      if (into.setCookie < 0) into.setCookie = place
      return true
    case HeaderKind.contentLength:
      return takeContentLength(into, decimal(bytes, start, end))
    case HeaderKind.transferEncoding:
      return takeTransferEncoding(into, isWord(bytes, start, end, chunked))
    case HeaderKind.connection:
      into.hopByHopCount++
      return takeConnection(bytes, into, start, end)
    case HeaderKind.upgrade:
      into.hopByHopCount++
      if (listHasWord(bytes, start, end, websocket)) into.namesWebSocket = true
      return true
    default:
      into.hopByHopCount++
      return true
  }
}

function takeContentLength(into: AnswerScan, length: number): boolean {
  if (length < 0 || into.contentLength >= 0 || into.hasTransferEncoding) return false
  into.contentLength = length
  return true
}

function takeTransferEncoding(into: AnswerScan, isChunked: boolean): boolean {
  if (!isChunked || into.hasTransferEncoding || into.contentLength >= 0 || into.minorVersion === 0) return false
  into.hasTransferEncoding = true
  into.isChunked = true
  return true
}

function conclude(bytes: Buffer, into: AnswerScan): number {
  if (into.minorVersion === 0 && !into.asksKeepAlive) into.closes = true
  if (into.statusCode === 101) into.isWebSocket = into.asksUpgrade && into.namesWebSocket
  if (into.connectionNames > 0) into.hopByHopCount += markNamed(bytes, into, HeaderKind.lastKept)
  return complete
}
