/** Reading and writing HTTP as bytes: no text is made, nothing is allocated. */

export const tab = 9
export const lineFeed = 10
export const carriageReturn = 13
export const space = 32
const comma = 44
export const colon = 58
export const semicolon = 59

/** Letters, digits and hyphens: what an Application Load Balancer counts as a valid header name. */
export const plainTokenByte = 1
/** Other characters of a `token` (RFC 9110, 5.6.2). */
export const oddTokenByte = 2

/** By byte: `plainTokenByte`, `oddTokenByte`, or 0 for what no token may have. */
export const tokenBytes = table((code) => {
  const text = String.fromCharCode(code)
  if (code < 128 && /^[-A-Za-z0-9]$/.test(text)) return plainTokenByte
  return "!#$%&'*+.^_`|~".includes(text) ? oddTokenByte : 0
})

/** Visible characters, space and tab. */
const asciiValueByte = 1
/** Bytes above 127, which may stand in a value but have no meaning there. */
export const obsoleteValueByte = 2

/** By byte: `asciiValueByte`, `obsoleteValueByte`, or 0 for CR, LF, NUL and the other control characters. */
export const valueBytes = table((code) => {
  if (code >= 128) return obsoleteValueByte
  return (code >= 32 && code !== 127) || code === tab ? asciiValueByte : 0
})

const plainTargetByte = 1
/** `#`: what follows is the client's own affair, but some clients send it. */
export const fragmentByte = 2

/** By byte: what may stand in a request target. Quotes and brackets are no URI, but clients send them and servers take them. */
export const targetBytes = table((code) => {
  if (code === 0x23) return fragmentByte
  return code > 32 && code < 127 ? plainTargetByte : 0
})

/** By byte: 1 for what may stand in a host's name (RFC 3986, 3.2.2). */
export const nameBytes = table((code) => (/^[-A-Za-z0-9._~!$&'()*+,;=%]$/.test(String.fromCharCode(code)) ? 1 : 0))

/** By byte: 1 for what may stand in an IPv6 address. */
export const addressBytes = table((code) => (/^[0-9A-Fa-f:.]$/.test(String.fromCharCode(code)) ? 1 : 0))

/** By byte: 1 for what may stand in a method. Rules take only these too. */
export const methodBytes = table((code) => (/^[A-Z_-]$/.test(String.fromCharCode(code)) ? 1 : 0))

/** By byte: the digit's value plus 1; 0 for what is no hexadecimal digit. */
export const hexDigits = table((code) => {
  const text = String.fromCharCode(code)
  return /^[0-9A-Fa-f]$/.test(text) ? Number.parseInt(text, 16) + 1 : 0
})

function table(classOf: (code: number) => number): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, code) => classOf(code))
}

/** A text of plain characters as bytes. */
export function ascii(text: string): Buffer {
  return Buffer.from(text, 'latin1')
}

/**
 * True where the bytes from `start` are this name or word, in whatever case. `lowerCase` consists of letters, digits and
 * hyphens, and the bytes have been found free of control characters: setting the bit that makes a letter small must not
 * make anything else equal.
 */
export function startsWithWord(bytes: Buffer, start: number, lowerCase: Uint8Array): boolean {
  for (let index = 0; index < lowerCase.length; index++) {
    if (((bytes[start + index] ?? 0) | 32) !== lowerCase[index]) return false
  }
  return true
}

/** True where the bytes from `start` to `end` are this word, in whatever case. */
export function isWord(bytes: Buffer, start: number, end: number, lowerCase: Uint8Array): boolean {
  return end - start === lowerCase.length && startsWithWord(bytes, start, lowerCase)
}

/** True where two ranges of the same buffer are equal but for the case of letters. Both are tokens. */
export function sameToken(bytes: Buffer, start: number, end: number, otherStart: number, otherEnd: number): boolean {
  if (end - start !== otherEnd - otherStart) return false
  for (let index = 0; index < end - start; index++) {
    const one = bytes[start + index] ?? 0
    const other = bytes[otherStart + index] ?? 0
    if (one !== other && lowerLetter(one) !== lowerLetter(other)) return false
  }
  return true
}

export function lowerLetter(byte: number): number {
  return byte >= 65 && byte <= 90 ? byte | 32 : byte
}

export function isBlank(byte: number | undefined): boolean {
  return byte === space || byte === tab
}

/** The first place from `at` on that is neither blank nor a comma: where the next member of a list begins. */
export function memberStart(bytes: Buffer, at: number, end: number): number {
  while (at < end && (isBlank(bytes[at]) || bytes[at] === comma)) at++
  return at
}

/** Where the member that begins at `at` ends, with the blanks behind it. */
export function memberEnd(bytes: Buffer, at: number, end: number): number {
  while (at < end && bytes[at] !== comma) at++
  return at
}

export function withoutBlanksBehind(bytes: Buffer, start: number, end: number): number {
  while (end > start && isBlank(bytes[end - 1])) end--
  return end
}

/** True where a list with commas has this word among its members. */
export function listHasWord(bytes: Buffer, start: number, end: number, lowerCase: Uint8Array): boolean {
  let at = memberStart(bytes, start, end)
  while (at < end) {
    const next = memberEnd(bytes, at, end)
    if (isWord(bytes, at, withoutBlanksBehind(bytes, at, next), lowerCase)) return true
    at = memberStart(bytes, next, end)
  }
  return false
}

/** Members of a list with commas, empty ones among them. */
export function countMembers(bytes: Buffer, start: number, end: number): number {
  let count = 1
  for (let at = start; at < end; at++) if (bytes[at] === comma) count++
  return count
}

/** The number written there, or -1 where it is empty, not only digits, or longer than 15 of them (a petabyte). */
export function decimal(bytes: Buffer, start: number, end: number): number {
  if (start === end || end - start > 15) return -1
  let value = 0
  for (let at = start; at < end; at++) {
    const digit = (bytes[at] ?? 0) - 48
    if (digit < 0 || digit > 9) return -1
    value = value * 10 + digit
  }
  return value
}

/** Puts bytes at a place; returns the place behind them. */
export function put(out: Buffer, at: number, bytes: Uint8Array): number {
  if (bytes.length > 24) out.set(bytes, at)
  else for (let index = 0; index < bytes.length; index++) out[at + index] = bytes[index] ?? 0
  return at + bytes.length
}

/** Puts a part of other bytes at a place; returns the place behind it. A native copy pays only from some length on. */
export function putRange(out: Buffer, at: number, bytes: Buffer, start: number, end: number): number {
  if (end - start > 48) bytes.copy(out, at, start, end)
  else for (let from = start; from < end; from++) out[at + from - start] = bytes[from] ?? 0
  return at + end - start
}
