import { ascii, isBlank, put, putRange, semicolon, startsWithWord, withoutBlanksBehind } from './bytes.ts'
import type { RequestScan } from './request-scan.ts'
import type { TraceIds } from './trace-ids.ts'

/** Where all headers together are longer, only a new `Root` goes on. */
const longestHeadersWithFields = 7 * 1024

const root = ascii('Root=')
const self = ascii('Self=')
const rootWord = ascii('root')
const selfWord = ascii('self')

/**
 * Writes the value of `X-Amzn-Trace-Id`. A caller's `Root` stays and gets this hop's `Self` in front; a caller's `Self`
 * is replaced; where there is no `Root`, one begins here. Other fields stay. Returns the place behind it.
 */
export function writeTraceId(bytes: Buffer, scan: RequestScan, traceIds: TraceIds, out: Buffer, at: number): number {
  if (scan.traceId < 0 || scan.end - (scan.headers[0] ?? 0) > longestHeadersWithFields) {
    return traceIds.write(out, put(out, at, root))
  }
  const start = scan.headers[4 * scan.traceId + 2] ?? 0
  const end = scan.headers[4 * scan.traceId + 3] ?? 0
  const next = traceIds.write(out, put(out, at, hasField(bytes, start, end, rootWord) ? self : root))
  return writeFields(bytes, start, end, out, next)
}

function writeFields(bytes: Buffer, start: number, end: number, out: Buffer, from: number): number {
  let at = from
  let field = fieldStart(bytes, start, end)
  while (field < end) {
    const next = fieldEnd(bytes, field, end)
    if (!isField(bytes, field, next, selfWord)) {
      out[at++] = semicolon
      at = putRange(out, at, bytes, field, withoutBlanksBehind(bytes, field, next))
    }
    field = fieldStart(bytes, next, end)
  }
  return at
}

function hasField(bytes: Buffer, start: number, end: number, lowerCase: Uint8Array): boolean {
  let field = fieldStart(bytes, start, end)
  while (field < end) {
    const next = fieldEnd(bytes, field, end)
    if (isField(bytes, field, next, lowerCase)) return true
    field = fieldStart(bytes, next, end)
  }
  return false
}

function isField(bytes: Buffer, start: number, end: number, lowerCase: Uint8Array): boolean {
  const equals = start + lowerCase.length
  return equals < end && bytes[equals] === 0x3d && startsWithWord(bytes, start, lowerCase)
}

function fieldStart(bytes: Buffer, from: number, end: number): number {
  let at = from
  while (at < end && (bytes[at] === semicolon || isBlank(bytes[at]))) at++
  return at
}

function fieldEnd(bytes: Buffer, from: number, end: number): number {
  let at = from
  while (at < end && bytes[at] !== semicolon) at++
  return at
}
