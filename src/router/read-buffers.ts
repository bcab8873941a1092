/** What one read takes at most; loopback and fast networks do bring so much at once. */
const readBytes = 64 * 1024
/** Buffers for connections on which much comes are kept for the next ones, up to 8 MiB of them. */
const mostKept = 128

/** What a connection reads into as long as little comes: its bytes are worth nothing once `onBytes` has returned. */
export const sharedBuffer = Buffer.allocUnsafeSlow(readBytes)

/** A read that brought less goes back to the buffer which all connections share. */
const smallReadBytes = 8 * 1024

const kept: Buffer[] = []

export function takeBuffer(): Buffer {
  return kept.pop() ?? Buffer.allocUnsafeSlow(readBytes)
}

/** Nobody may have use for its bytes any more. */
export function giveBuffer(buffer: Buffer): void {
  if (kept.length < mostKept) kept.push(buffer)
}

/** So little came that the connection needs no buffer of its own any more. */
export function isSmallRead(bytes: number): boolean {
  return bytes < smallReadBytes
}
