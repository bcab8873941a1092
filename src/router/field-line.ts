import {
  carriageReturn,
  colon,
  isBlank,
  lineFeed,
  obsoleteValueByte,
  space,
  tab,
  tokenBytes,
  valueBytes,
} from './bytes.ts'

/** What scanning a head comes to. Everything else is the status code to refuse it with. */
export const complete = 0
/** More bytes are needed. */
export const incomplete = -1
export const malformed = -2
/** A line longer than it may be. */
export const tooLong = -3

export const mostHeaders = 256

/** In the flags of a line: the value has bytes above 127. The bits below are the `tokenBytes` of the name. */
export const hasObsoleteBytes = 4

/**
 * Reads one header line, which begins at `start`. Its four places go into `headers` and its flags into `flags`, both at
 * `place`. It may have `longest` bytes, without its line end. Returns where the next line begins, or `incomplete`, or `tooLong`, or `malformed`: a name that is no token, white space
 * before the colon, a line that continues the one before (obs-fold), a line end that is not CR LF, control characters.
 */
export function scanFieldLine(
  bytes: Buffer,
  start: number,
  end: number,
  headers: Int32Array,
  flags: Uint8Array,
  place: number,
  longest: number,
): number {
  let at = start
  let seenInName = 0
  while (at < end) {
    const kind = tokenBytes[bytes[at] ?? 0] ?? 0
    if (kind === 0) break
    seenInName |= kind
    at++
  }
  if (at === end) return end - start > longest ? tooLong : incomplete
  if (at - start > longest) return tooLong
  if (bytes[at] !== colon || at === start) return malformed
  const nameEnd = at
  at++
  while (at < end && (bytes[at] === space || bytes[at] === tab)) at++
  const valueStart = at
  let seenInValue = 0
  while (at < end) {
    const kind = valueBytes[bytes[at] ?? 0] ?? 0
    if (kind === 0) break
    seenInValue |= kind
    at++
  }
  if (at - start > longest) return tooLong
  if (at === end) return incomplete
  if (bytes[at] !== carriageReturn) return malformed
  if (at + 1 === end) return incomplete
  if (bytes[at + 1] !== lineFeed) return malformed
  let valueEnd = at
  while (valueEnd > valueStart && isBlank(bytes[valueEnd - 1])) valueEnd--
  const index = 4 * place
  headers[index] = start
  headers[index + 1] = nameEnd
  headers[index + 2] = valueStart
  headers[index + 3] = valueEnd
  flags[place] = (seenInValue & obsoleteValueByte) === 0 ? seenInName : seenInName | hasObsoleteBytes
  return at + 2
}
