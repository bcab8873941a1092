import { authorityEnd } from './authority.ts'
import { ascii, countMembers, decimal, isWord, listHasWord } from './bytes.ts'
import { takeConnection } from './connection-header.ts'
import { desyncClassOf, DesyncReason } from './desync.ts'
import { hasObsoleteBytes } from './field-line.ts'
import { HeaderKind, isFramingLookAlike, requestHeaderKind } from './header-kind.ts'
import type { RequestScan } from './request-scan.ts'

const mostForwardedAddresses = 30

const chunked = ascii('chunked')
const identity = ascii('identity')
const websocket = ascii('websocket')
const expectedContinue = ascii('100-continue')

/** Says what a header is, and takes from it what the router goes by. Returns 0, or the status code to refuse with. */
export function takeHeader(bytes: Buffer, into: RequestScan, place: number): number {
  const { headers, kinds } = into
  const start = headers[4 * place] ?? 0
  const nameEnd = headers[4 * place + 1] ?? 0
  const flags = kinds[place] ?? 0
  if ((flags & hasObsoleteBytes) !== 0) note(into, DesyncReason.nonCompliantHeader)
  const kind = requestHeaderKind(bytes, start, nameEnd, flags)
  kinds[place] = kind
  switch (kind) {
    case HeaderKind.other:
      if (isFramingLookAlike(bytes, start, nameEnd)) note(into, DesyncReason.suspiciousHeader)
      return 0
    case HeaderKind.userAgent:
      if (into.userAgent < 0) into.userAgent = place
      return 0
    case HeaderKind.cookie:
      if (into.cookie < 0) into.cookie = place
      return 0
    case HeaderKind.traceId:
      if (into.traceId < 0) into.traceId = place
      return 0
    case HeaderKind.invalid:
    case HeaderKind.lookAlike:
      into.invalidCount++
      if (isFramingLookAlike(bytes, start, nameEnd)) note(into, DesyncReason.suspiciousHeader)
      return 0
    default:
      return takeRouterHeader(bytes, into, place, kind)
  }
}

function takeRouterHeader(bytes: Buffer, into: RequestScan, place: number, kind: number): number {
  const start = into.headers[4 * place + 2] ?? 0
  const end = into.headers[4 * place + 3] ?? 0
  switch (kind) {
    case HeaderKind.host:
      return takeHost(bytes, into, place, start, end)
    case HeaderKind.contentLength:
      return takeContentLength(bytes, into, start, end)
    case HeaderKind.transferEncoding:
      return takeTransferEncoding(bytes, into, start, end)
    case HeaderKind.connection:
      return takeConnection(bytes, into, start, end) ? 0 : 400
    case HeaderKind.upgrade:
      if (listHasWord(bytes, start, end, websocket)) into.namesWebSocket = true
      return 0
    case HeaderKind.expect:
      // HTTP/1.0 cannot wait for an answer before its body; to a target the same header would come from HTTP/1.1.
      if (into.minorVersion === 0) into.kinds[place] = HeaderKind.hopByHop
      else if (listHasWord(bytes, start, end, expectedContinue)) into.expectsContinue = true
      return 0
    case HeaderKind.forwardedFor:
      if (into.forwardedFor < 0) into.forwardedFor = place
      return countForwarded(bytes, into, place) > mostForwardedAddresses ? 463 : 0
    default:
      return 0
  }
}

function takeHost(bytes: Buffer, into: RequestScan, place: number, start: number, end: number): number {
  if (into.host >= 0) return 400
  into.host = place
  // It may be empty (RFC 9112, 3.2); then the router's own address stands in for it.
  return start === end || authorityEnd(bytes, start, end) === end ? 0 : 400
}

function takeContentLength(bytes: Buffer, into: RequestScan, start: number, end: number): number {
  const length = decimal(bytes, start, end)
  if (length < 0) return refuse(into, DesyncReason.badContentLength, 400)
  if (into.contentLength >= 0) {
    const isSame = length === into.contentLength
    return refuse(into, isSame ? DesyncReason.duplicateContentLength : DesyncReason.multipleContentLength, 400)
  }
  into.contentLength = length
  return into.hasTransferEncoding ? refuse(into, DesyncReason.bothTeClPresent, 400) : 0
}

function takeTransferEncoding(bytes: Buffer, into: RequestScan, start: number, end: number): number {
  if (into.hasTransferEncoding) return refuse(into, DesyncReason.multipleTransferEncodingChunked, 400)
  if (into.contentLength >= 0) return refuse(into, DesyncReason.bothTeClPresent, 400)
  if (into.minorVersion === 0) return refuse(into, DesyncReason.undefinedTransferEncodingSemantics, 400)
  into.hasTransferEncoding = true
  into.isChunked = isWord(bytes, start, end, chunked)
  if (into.isChunked || isWord(bytes, start, end, identity)) return 0
  return refuse(into, DesyncReason.badTransferEncoding, 501)
}

/** The addresses in all `X-Forwarded-For` headers up to this one. */
function countForwarded(bytes: Buffer, into: RequestScan, last: number): number {
  let count = 0
  for (let place = into.forwardedFor; place <= last; place++) {
    if (into.kinds[place] !== HeaderKind.forwardedFor) continue
    count += countMembers(bytes, into.headers[4 * place + 2] ?? 0, into.headers[4 * place + 3] ?? 0)
  }
  return count
}

/** Keeps the worst that was seen, and of equals the first. */
export function note(into: RequestScan, reason: number): void {
  const known = into.desyncReason
  const isWorse =
    known === DesyncReason.compliant || (desyncClassOf(known) === 'Acceptable' && desyncClassOf(reason) === 'Ambiguous')
  if (isWorse) into.desyncReason = reason
}

export function refuse(into: RequestScan, reason: number, statusCode: number): number {
  into.desyncReason = reason
  return statusCode
}
