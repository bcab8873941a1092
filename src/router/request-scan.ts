import { carriageReturn, colon, lineFeed } from './bytes.ts'
import { markNamed } from './connection-header.ts'
import { DesyncReason } from './desync.ts'
import { complete, incomplete, malformed, mostHeaders, scanFieldLine, tooLong } from './field-line.ts'
import { HeaderKind } from './header-kind.ts'
import { note, refuse, takeHeader } from './request-headers.ts'
import { Method, scanRequestLine } from './request-line.ts'

export { complete, incomplete, mostHeaders } from './field-line.ts'

/**
 * What a scan found in the head of a request: places in the buffer, no text. One such object is used for every request
 * of a connection, so that reading a request allocates nothing. A scan depends on nothing an earlier one left here.
 */
export class RequestScan {
  /** Just behind the empty line that ends the head. */
  end = 0
  methodStart = 0
  methodEnd = 0
  /** A `Method`: those the router treats in their own way, or `other`. */
  method = 0
  /** Of the request target as it stands in the request line. */
  targetStart = 0
  targetEnd = 0
  /** Path and query of it, without the fragment. Empty, or without the first `/`, where an absolute URI has no path. */
  uriStart = 0
  uriEnd = 0
  /** Host and port of an absolute URI, which count instead of `Host` (RFC 9112, 3.2.2); -1 where there is none. */
  authorityStart = -1
  authorityEnd = -1
  /** Of HTTP/1.x. */
  minorVersion = 1
  /** -1 where there is none. */
  contentLength = -1
  isChunked = false
  /**
   * The connection is not to be used again: `Connection` said `close`, or HTTP/1.0 did not say `keep-alive`, or
   * `Transfer-Encoding` was `identity`, behind which nothing can be told from a body.
   */
  closes = false
  /** `Connection` said `keep-alive`, which HTTP/1.0 clients want to hear again in the answer. */
  asksKeepAlive = false
  /** A WebSocket handshake: GET, `Connection: upgrade`, `Upgrade: websocket` and no body. */
  isWebSocket = false
  expectsContinue = false
  /** How many there are; four numbers for each in `headers`. */
  headerCount = 0
  /**
   * Start and end of the name, start and end of the value, without the white space around it: those of the header at
   * place `n` begin at `4 * n`. A header's line ends where the next one's name begins, the last one's at `end - 2`.
   */
  readonly headers = new Int32Array(4 * mostHeaders)
  /** What each header is to the router, by its place: a `HeaderKind`. */
  readonly kinds = new Uint8Array(mostHeaders)
  /** Places (0 to `headerCount - 1`) of those the router looks at itself; -1 where there is none. Of several, the first. */
  host = -1
  userAgent = -1
  cookie = -1
  traceId = -1
  forwardedFor = -1
  /** Headers whose kind is `invalid` or `lookAlike`, for the load balancer's metrics. */
  invalidCount = 0
  /** A `DesyncReason`; also of a request that is refused, where one fits. */
  desyncReason = 0
  /** Found on the way, of no use afterwards. */
  hasTransferEncoding = false
  asksUpgrade = false
  namesWebSocket = false
  connectionNames = 0
}

/** One header line, without its line end. */
const longestHeader = 16 * 1024
/** All header lines together, with their line ends. */
const longestHeaders = 64 * 1024
/**
 * No head is longer: request line and headers have each their own limit, and there are a few line ends. With so many
 * bytes a scan is never `incomplete`.
 */
export const longestRequestHead = 80 * 1024 + 16
/** So many bytes without a line end are looked at again, to see whether they are too many. */
const scanEvery = 4096

/**
 * Reads the head of a request between `start` and `end`. Returns `complete`, or `incomplete`, or the status code to
 * refuse it with: 400, 405 (TRACE), 414, 463, 501 or 505. Behind a refusal nothing on the connection can be trusted.
 * The same bytes give the same result however they were cut up on their way: what is refused is refused as soon as it
 * can be seen, and nothing that follows changes that.
 *
 * An incomplete head is scanned from its beginning again. `isWorthScanning` says when, and so bounds the work for a
 * head that comes byte by byte to (`mostHeaders` + 22) × `longestRequestHead` bytes.
 */
export function scanRequest(bytes: Buffer, start: number, end: number, into: RequestScan): number {
  restart(into, start)
  const firstHeader = scanRequestLine(bytes, start, end, into)
  if (firstHeader < 0) return firstHeader === incomplete ? incomplete : -firstHeader
  const result = scanHeaders(bytes, firstHeader, end, into)
  return result === complete ? conclude(bytes, into) : result
}

/** Whether the bytes that came since the last scan can have changed its result from `incomplete`. */
export function isWorthScanning(bytes: Buffer, scannedTo: number, end: number): boolean {
  if (end - scannedTo >= scanEvery) return true
  for (let at = scannedTo; at < end; at++) if (bytes[at] === lineFeed) return true
  return false
}

/** The one that may stand before a request; by itself it begins none. */
export function isEmptyLine(bytes: Buffer, start: number, end: number): boolean {
  return end - start <= 2 && bytes[start] === carriageReturn && (end - start === 1 || bytes[start + 1] === lineFeed)
}

function restart(into: RequestScan, start: number): void {
  into.end = start
  into.methodStart = start
  into.methodEnd = start
  into.method = Method.other
  into.targetStart = start
  into.targetEnd = start
  into.uriStart = start
  into.uriEnd = start
  into.minorVersion = 1
  into.authorityStart = -1
  into.authorityEnd = -1
  into.contentLength = -1
  into.isChunked = false
  into.closes = false
  into.asksKeepAlive = false
  into.isWebSocket = false
  into.expectsContinue = false
  into.headerCount = 0
  into.host = -1
  into.userAgent = -1
  into.cookie = -1
  into.traceId = -1
  into.forwardedFor = -1
  into.invalidCount = 0
  into.desyncReason = DesyncReason.compliant
  into.hasTransferEncoding = false
  into.asksUpgrade = false
  into.namesWebSocket = false
  into.connectionNames = 0
}

function scanHeaders(bytes: Buffer, start: number, end: number, into: RequestScan): number {
  let at = start
  for (;;) {
    if (at < end && bytes[at] === carriageReturn) {
      if (at + 1 === end) return incomplete
      into.end = at + 2
      return bytes[at + 1] === lineFeed ? complete : refuse(into, DesyncReason.badHeader, 400)
    }
    if (at < end && into.headerCount === mostHeaders) return 400
    const next = scanFieldLine(bytes, at, end, into.headers, into.kinds, into.headerCount, longestHeader)
    if (next === incomplete) return end - start > longestHeaders ? 400 : incomplete
    if (next === tooLong) return 400
    if (next === malformed)
      return refuse(into, bytes[at] === colon ? DesyncReason.emptyHeader : DesyncReason.badHeader, 400)
    if (next - start > longestHeaders) return 400
    const refusal = takeHeader(bytes, into, into.headerCount)
    if (refusal !== 0) return refusal
    into.headerCount++
    at = next
  }
}

/** What only the whole head can tell. */
function conclude(bytes: Buffer, into: RequestScan): number {
  if (into.minorVersion > 0 && into.host < 0) return 400
  if (into.minorVersion === 0 && !into.asksKeepAlive) into.closes = true
  if (into.hasTransferEncoding && !into.isChunked) into.closes = true
  if (into.method === Method.get || into.method === Method.head) noteBodyWithoutMeaning(into)
  if (into.asksUpgrade && into.namesWebSocket) {
    const hasBody = into.isChunked || into.contentLength > 0
    into.isWebSocket = into.method === Method.get && into.minorVersion > 0 && !hasBody
  }
  if (into.connectionNames > 0) markNamed(bytes, into, HeaderKind.invalid)
  return complete
}

function noteBodyWithoutMeaning(into: RequestScan): void {
  if (into.hasTransferEncoding) note(into, DesyncReason.undefinedTransferEncodingSemantics)
  else if (into.contentLength > 0) note(into, DesyncReason.undefinedContentLengthSemantics)
  else if (into.contentLength === 0) note(into, DesyncReason.getHeadZeroContentLength)
}
