import { authorityEnd } from './authority.ts'
import {
  ascii,
  carriageReturn,
  fragmentByte,
  isWord,
  lineFeed,
  methodBytes,
  space,
  startsWithWord,
  targetBytes,
} from './bytes.ts'

import { DesyncReason } from './desync.ts'
import { incomplete } from './field-line.ts'
import type { RequestScan } from './request-scan.ts'

/** Methods the router treats in their own way. */
export const Method = { other: 0, get: 1, head: 2, options: 3, delete: 4 } as const

/** As long as a rule's condition may be. */
const longestMethod = 40
/** Without its line end. */
const longestRequestLine = 16 * 1024

const versionPrefix = ascii('HTTP/')
const versionLength = 'HTTP/1.1'.length
const httpScheme = ascii('http')
const httpsScheme = ascii('https')

/**
 * Reads the request line, with the one empty line that may stand before it (RFC 9112, 2.2). Returns where the headers
 * begin, or `incomplete`, or the status code to refuse with as a negative number.
 */
export function scanRequestLine(bytes: Buffer, start: number, end: number, into: RequestScan): number {
  let at = start
  if (at < end && bytes[at] === carriageReturn) {
    if (at + 1 === end) return incomplete
    if (bytes[at + 1] !== lineFeed) return refuse(into, DesyncReason.badMethod, 400)
    at += 2
  }
  into.methodStart = at
  const longest = Math.min(end, at + longestMethod + 1)
  while (at < longest && methodBytes[bytes[at] ?? 0] === 1) at++
  if (at - into.methodStart > longestMethod) return refuse(into, DesyncReason.badMethod, 400)
  if (at === end) return incomplete
  if (bytes[at] !== space || at === into.methodStart) return refuse(into, DesyncReason.badMethod, 400)
  into.methodEnd = at
  const refusal = takeMethod(bytes, into)
  return refusal === 0 ? scanTarget(bytes, at + 1, end, into) : -refusal
}

function takeMethod(bytes: Buffer, into: RequestScan): number {
  const { methodStart: start, methodEnd: end } = into
  into.method = Method.other
  switch (end - start) {
    case 3:
      if (isWord(bytes, start, end, get)) into.method = Method.get
      return 0
    case 4:
      if (isWord(bytes, start, end, head)) into.method = Method.head
      return 0
    case 5:
      return isWord(bytes, start, end, trace) ? 405 : 0
    case 6:
      if (isWord(bytes, start, end, deleteMethod)) into.method = Method.delete
      return 0
    case 7:
      if (isWord(bytes, start, end, options)) into.method = Method.options
      return isWord(bytes, start, end, connect) ? 400 : 0
    default:
      return 0
  }
}

const get = ascii('get')
const head = ascii('head')
const trace = ascii('trace')
const deleteMethod = ascii('delete')
const options = ascii('options')
const connect = ascii('connect')

function scanTarget(bytes: Buffer, start: number, end: number, into: RequestScan): number {
  let at = start
  let seen = 0
  while (at < end) {
    const kind = targetBytes[bytes[at] ?? 0] ?? 0
    if (kind === 0) break
    seen |= kind
    at++
  }
  if (at + 1 + versionLength - into.methodStart > longestRequestLine) return -414
  if (at === end) return incomplete
  if (bytes[at] !== space || at === start) return refuse(into, uriReason(bytes[at] ?? 0), 400)
  into.targetStart = start
  into.targetEnd = at
  into.uriStart = start
  into.uriEnd = (seen & fragmentByte) === 0 ? at : fragmentOf(bytes, start, at)
  if (!takeTargetForm(bytes, into)) return refuse(into, DesyncReason.badUri, 400)
  return scanVersion(bytes, at + 1, end, into)
}

/** NUL and line ends are made to deceive; other control characters may only be a mistake. */
function uriReason(byte: number): number {
  const isHarmless = byte !== 0 && byte !== lineFeed && byte !== carriageReturn && (byte < space || byte === 127)
  return isHarmless ? DesyncReason.ambiguousUri : DesyncReason.badUri
}

function fragmentOf(bytes: Buffer, start: number, end: number): number {
  let at = start
  while (at < end && bytes[at] !== 0x23) at++
  return at
}

/** Origin form, `*` of OPTIONS, or an absolute URI of HTTP. False for everything else. */
function takeTargetForm(bytes: Buffer, into: RequestScan): boolean {
  const { uriStart: start, uriEnd: end } = into
  if (bytes[start] === 0x2f) return true
  if (bytes[start] === 0x2a) return into.targetEnd === start + 1 && into.method === Method.options
  const authority = authorityPlace(bytes, start, end)
  if (authority < 0) return false
  const at = authorityEnd(bytes, authority, end)
  // A user's name before it, or a fragment right behind it, is a way to have two hosts read from one URI.
  if (at < 0 || (at < into.targetEnd && bytes[at] !== 0x2f && bytes[at] !== 0x3f)) return false
  into.authorityStart = authority
  into.authorityEnd = at
  into.uriStart = at
  return true
}

/** Where the authority begins behind `http://` or `https://`; -1 for another scheme. */
function authorityPlace(bytes: Buffer, start: number, end: number): number {
  if (end - start < 8 || !startsWithWord(bytes, start, httpScheme)) return -1
  const at = startsWithWord(bytes, start, httpsScheme) ? start + httpsScheme.length : start + httpScheme.length
  return bytes[at] === 0x3a && bytes[at + 1] === 0x2f && bytes[at + 2] === 0x2f ? at + 3 : -1
}

/** `HTTP/`, a digit, a dot, a digit, and the line's end; byte by byte, because it may be cut off anywhere. */
function scanVersion(bytes: Buffer, start: number, end: number, into: RequestScan): number {
  for (let index = 0; index < versionPrefix.length; index++) {
    if (start + index === end) return incomplete
    if (bytes[start + index] !== versionPrefix[index]) return refuse(into, versionReason(bytes, start, end), 400)
  }
  const at = start + versionPrefix.length
  if (at === end) return incomplete
  if (!isDigit(bytes[at])) return refuse(into, DesyncReason.badVersion, 400)
  if (at + 1 === end) return incomplete
  if (bytes[at + 1] !== 0x2e) return refuse(into, DesyncReason.badVersion, 400)
  if (at + 2 === end) return incomplete
  const minor = bytes[at + 2]
  if (!isDigit(minor)) return refuse(into, DesyncReason.badVersion, 400)
  if (bytes[at] !== 0x31) return refuse(into, DesyncReason.badVersion, 505)
  if (minor !== 0x31 && minor !== 0x30) return refuse(into, DesyncReason.nonCompliantVersion, 505)
  into.minorVersion = minor - 0x30
  if (at + 3 === end) return incomplete
  if (bytes[at + 3] !== carriageReturn) return refuse(into, DesyncReason.badVersion, 400)
  if (at + 4 === end) return incomplete
  if (bytes[at + 4] !== lineFeed) return refuse(into, DesyncReason.badVersion, 400)
  return at + 5
}

/** Whether what is no version is the rest of a URI with a space in it, as far as the line has come. */
function versionReason(bytes: Buffer, start: number, end: number): number {
  let lineEnd = start
  while (lineEnd < end && bytes[lineEnd] !== carriageReturn) lineEnd++
  const at = lineEnd - versionLength
  const isVersion = at > start && bytes[at - 1] === space && versionPrefix.compare(bytes, at, lineEnd - 3) === 0
  return isVersion ? DesyncReason.spaceInUri : DesyncReason.badVersion
}

function isDigit(byte: number | undefined): byte is number {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39
}

function refuse(into: RequestScan, reason: number, statusCode: number): number {
  into.desyncReason = reason
  return -statusCode
}
