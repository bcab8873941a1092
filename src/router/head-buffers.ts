/** Most heads, also with the body of a small request behind them, fit. */
const usualBytes = 4096
/** 4 MiB of them are kept. */
const mostKept = 1024

const kept: Buffer[] = []

/**
 * A buffer for the head towards a target. It belongs to its request until that is answered, so that it can be sent again
 * where a kept connection turns out to be closed; a connection without a request has none.
 */
export function takeHeadBuffer(bytes: number): Buffer {
  if (bytes > usualBytes) return Buffer.allocUnsafeSlow(bytes)
  return kept.pop() ?? Buffer.allocUnsafeSlow(usualBytes)
}

/** Nobody may have use for its bytes any more. */
export function giveHeadBuffer(buffer: Buffer): void {
  if (buffer.length === usualBytes && kept.length < mostKept) kept.push(buffer)
}
