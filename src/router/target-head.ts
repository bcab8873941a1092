import { portStart } from './authority.ts'
import { ascii, put, putRange } from './bytes.ts'
import { closesTarget } from './desync.ts'
import { HeaderKind } from './header-kind.ts'
import { Method } from './request-line.ts'
import type { RequestScan } from './request-scan.ts'
import type { TargetHeadContext, TargetHeadPlaces } from './target-head-context.ts'
import { writeTraceId } from './trace-header.ts'

/** More than the lines which a head can get that the request did not have. */
const roomForOwnLines = 1024

/** A buffer for the head towards the target must have so many bytes. */
export function targetHeadRoom(scan: RequestScan): number {
  return scan.end - scan.methodStart + roomForOwnLines
}

/**
 * Writes the head of a scanned request as a target gets it (reference 6.2) to the beginning of `out`, which must have
 * `targetHeadRoom`. Returns its length; where things lie in it stands in `context.places`. Headers that go on as they
 * came are copied in runs, names and values untouched.
 *
 * An absolute URI becomes a path, its fragment is dropped, and its host takes the place of `Host`, also where
 * `preserve_host_header` is on: rules have looked at the URI's, and a target must not see another one.
 */
export function writeTargetHead(bytes: Buffer, scan: RequestScan, context: TargetHeadContext, out: Buffer): number {
  const { places } = context
  places.userAgentStart = -1
  places.userAgentEnd = -1
  const hostFirst = scan.host === 0 && scan.authorityStart < 0 && keepsHost(bytes, scan, context)
  let at: number
  if (hostFirst && scan.minorVersion === 1 && scan.uriEnd === scan.targetEnd) {
    // The request line and `Host` go on as they came, with everything that may follow: one run.
    placeRequestLine(scan, places)
    placeHost(scan, places, -scan.methodStart)
    at = copyHeaders(bytes, scan, context, out, 0, scan.methodStart)
  } else {
    at = writeRequestLine(bytes, scan, out, places)
    if (hostFirst) {
      const start = scan.headers[0] ?? 0
      placeHost(scan, places, at - start)
      at = copyHeaders(bytes, scan, context, out, at, start)
    } else {
      at = writeHost(bytes, scan, context, out, at)
      at = copyHeaders(bytes, scan, context, out, at, -1)
    }
  }
  if (context.handling.forwardedFor === 'append' && scan.forwardedFor >= 0) {
    at = writeForwardedFor(bytes, scan, context, out, at)
    at = put(out, at, context.connectionLines)
  } else at = put(out, at, context.allLines)
  places.traceIdStart = at
  at = writeTraceId(bytes, scan, context.traceIds, out, at)
  places.traceIdEnd = at
  return writeFraming(scan, context, out, at)
}

const http11 = ascii(' HTTP/1.1\r\n')
const lineEnd = ascii('\r\n')
const chunkedLines = ascii('\r\nTransfer-Encoding: chunked')
const emptyLines = ascii('\r\nContent-Length: 0')
const upgradeLines = ascii('\r\nConnection: Upgrade\r\nUpgrade: websocket')
const closeLines = ascii('\r\nConnection: close')
const headEnd = ascii('\r\n\r\n')
const hostName = ascii('Host: ')
const forwardedForName = ascii('X-Forwarded-For: ')
const separator = ascii(', ')

function placeRequestLine(scan: RequestScan, places: TargetHeadPlaces): void {
  const shift = scan.methodStart
  places.methodEnd = scan.methodEnd - shift
  places.uriStart = scan.targetStart - shift
  places.uriEnd = scan.targetEnd - shift
}

/** Where `Host` is the first header and goes on as it came. */
function placeHost(scan: RequestScan, places: TargetHeadPlaces, shift: number): void {
  places.hostStart = (scan.headers[2] ?? 0) + shift
  places.hostEnd = (scan.headers[3] ?? 0) + shift
}

function writeRequestLine(bytes: Buffer, scan: RequestScan, out: Buffer, places: TargetHeadPlaces): number {
  let at = putRange(out, 0, bytes, scan.methodStart, scan.methodEnd)
  places.methodEnd = at
  out[at++] = 0x20
  places.uriStart = at
  const { uriStart, uriEnd } = scan
  const first = uriStart < uriEnd ? bytes[uriStart] : undefined
  if (first !== 0x2f && first !== 0x2a) out[at++] = 0x2f
  at = putRange(out, at, bytes, uriStart, uriEnd)
  places.uriEnd = at
  return put(out, at, http11)
}

/** True where `Host` needs no change: a port where the listener adds one, none where it takes it away. */
function keepsHost(bytes: Buffer, scan: RequestScan, context: TargetHeadContext): boolean {
  if (context.handling.preservesHost) return true
  const start = scan.headers[4 * scan.host + 2] ?? 0
  const end = scan.headers[4 * scan.host + 3] ?? 0
  if (start === end) return false
  return portStart(bytes, start, end) === end ? context.removesPort : !context.removesPort
}

function writeHost(bytes: Buffer, scan: RequestScan, context: TargetHeadContext, out: Buffer, from: number): number {
  let at = put(out, from, hostName)
  context.places.hostStart = at
  if (scan.authorityStart >= 0) {
    at = putHost(bytes, scan.authorityStart, scan.authorityEnd, context, out, at)
  } else {
    const start = scan.host < 0 ? 0 : (scan.headers[4 * scan.host + 2] ?? 0)
    const end = scan.host < 0 ? 0 : (scan.headers[4 * scan.host + 3] ?? 0)
    if (start < end) at = putHost(bytes, start, end, context, out, at)
    else at = putHost(context.ownHost, 0, context.ownHost.length, context, out, at)
  }
  context.places.hostEnd = at
  return put(out, at, lineEnd)
}

function putHost(
  bytes: Buffer,
  start: number,
  end: number,
  context: TargetHeadContext,
  out: Buffer,
  at: number,
): number {
  if (context.handling.preservesHost) return putRange(out, at, bytes, start, end)
  const port = portStart(bytes, start, end)
  if (context.removesPort) return putRange(out, at, bytes, start, port)
  const next = putRange(out, at, bytes, start, end)
  return port === end ? put(out, next, context.portSuffix) : next
}

/**
 * Copies the headers that go on. `runStart` is where a run begins that ends with the first header, or -1 where that one
 * is to be looked at like the others.
 */
function copyHeaders(
  bytes: Buffer,
  scan: RequestScan,
  context: TargetHeadContext,
  out: Buffer,
  from: number,
  runStart: number,
): number {
  const { headers, kinds, headerCount, userAgent } = scan
  const { kept, places } = context
  let at = from
  let start = runStart
  for (let place = runStart < 0 ? 0 : 1; place < headerCount; place++) {
    const lineStart = headers[4 * place] ?? 0
    if (kept[kinds[place] ?? 0] === 1) {
      if (start < 0) start = lineStart
      if (place === userAgent) {
        places.userAgentStart = (headers[4 * place + 2] ?? 0) - start + at
        places.userAgentEnd = (headers[4 * place + 3] ?? 0) - start + at
      }
    } else if (start >= 0) {
      at = putRange(out, at, bytes, start, lineStart)
      start = -1
    }
  }
  return start < 0 ? at : putRange(out, at, bytes, start, scan.end - 2)
}

/** All values that came, in their order, and the client's address behind them. */
function writeForwardedFor(
  bytes: Buffer,
  scan: RequestScan,
  context: TargetHeadContext,
  out: Buffer,
  from: number,
): number {
  const { headers, kinds, headerCount } = scan
  let at = put(out, from, forwardedForName)
  for (let place = scan.forwardedFor; place < headerCount; place++) {
    if (kinds[place] !== HeaderKind.forwardedFor) continue
    const start = headers[4 * place + 2] ?? 0
    const end = headers[4 * place + 3] ?? 0
    if (start === end) continue
    at = putRange(out, at, bytes, start, end)
    at = put(out, at, separator)
  }
  return put(out, put(out, at, context.address), lineEnd)
}

/**
 * How the body is delimited on the way to the target: as the client did; `Content-Length` was copied. A method that
 * usually has a body but came without one says so, because a target would otherwise have to guess.
 */
function writeFraming(scan: RequestScan, context: TargetHeadContext, out: Buffer, from: number): number {
  let at = from
  if (scan.isChunked) at = put(out, at, chunkedLines)
  else if (scan.contentLength < 0 && scan.method === Method.other) at = put(out, at, emptyLines)
  if (scan.isWebSocket) at = put(out, at, upgradeLines)
  else if (closesTarget(scan, context.handling)) at = put(out, at, closeLines)
  return put(out, at, headEnd)
}
