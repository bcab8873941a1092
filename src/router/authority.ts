import { addressBytes, colon, nameBytes } from './bytes.ts'

/**
 * Where a host with or without a port ends that begins at `start`: a name, an IPv4 address or an IPv6 address in
 * brackets, then a colon and digits (RFC 3986, 3.2, without users' names). -1 where there is none. What stands behind it
 * is for the caller to judge: two programs must not find two hosts in the same bytes.
 */
export function authorityEnd(bytes: Buffer, start: number, end: number): number {
  const hostEnd = bytes[start] === 0x5b ? bracketEnd(bytes, start, end) : nameEnd(bytes, start, end)
  if (hostEnd === start || hostEnd < 0) return -1
  if (hostEnd === end || bytes[hostEnd] !== colon) return hostEnd
  let at = hostEnd + 1
  while (at < end && isDigit(bytes[at] ?? 0)) at++
  return at
}

/** Where the colon of the port is; `end` where there is no port. */
export function portStart(bytes: Buffer, start: number, end: number): number {
  let at = end
  while (at > start && isDigit(bytes[at - 1] ?? 0)) at--
  return at > start && bytes[at - 1] === colon ? at - 1 : end
}

function nameEnd(bytes: Buffer, start: number, end: number): number {
  let at = start
  while (at < end && nameBytes[bytes[at] ?? 0] === 1) at++
  return at
}

function bracketEnd(bytes: Buffer, start: number, end: number): number {
  let at = start + 1
  while (at < end && addressBytes[bytes[at] ?? 0] === 1) at++
  return at < end && at > start + 1 && bytes[at] === 0x5d ? at + 1 : -1
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39
}

/** As an address stands in front of a port. */
export function bracketed(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '')
  return plain.includes(':') ? `[${plain}]` : plain
}
