import type { RequestScan } from './request-scan.ts'
import { targetHeadRoom, writeTargetHead } from './target-head.ts'
import type { TargetHeadContext } from './target-head-context.ts'

/** Most heads, also with the body of a small request behind them, fit. */
const usualBytes = 4096
/** 4 MiB of them are kept. */
const mostKept = 1024

const kept: Buffer[] = []
const nothing = Buffer.alloc(0)

/**
 * The head of a request as its target gets it. It is held until the request is answered, so that it can be sent again
 * where a kept connection turns out to be closed; without a request there is no memory for it.
 */
export class HeldHead {
  /** It was written, and has not gone yet: its bytes are not to be touched. */
  isBusy = false
  #buffer: Buffer | undefined
  #length = 0
  /** What came of the body while there was no connection. */
  #body: Buffer | undefined

  /** Returns what it was written to. */
  write(bytes: Buffer, scan: RequestScan, context: TargetHeadContext): Buffer {
    const room = targetHeadRoom(scan)
    const buffer = room > usualBytes ? Buffer.allocUnsafeSlow(room) : (kept.pop() ?? Buffer.allocUnsafeSlow(usualBytes))
    this.#buffer = buffer
    this.#length = writeTargetHead(bytes, scan, context, buffer)
    this.isBusy = false
    return buffer
  }

  bytes(): Buffer {
    return this.#buffer?.subarray(0, this.#length) ?? nothing
  }

  /** Head and body for one write; undefined where the body is too long for that. */
  withBody(bytes: Buffer, start: number, end: number): Buffer | undefined {
    const buffer = this.#buffer
    const length = this.#length + end - start
    if (buffer === undefined || length > buffer.length) return undefined
    if (start < end) bytes.copy(buffer, this.#length, start, end)
    return buffer.subarray(0, length)
  }

  holdBody(bytes: Buffer, start: number, end: number): void {
    const piece = Buffer.from(bytes.subarray(start, end))
    this.#body = this.#body === undefined ? piece : Buffer.concat([this.#body, piece])
  }

  takeBody(): Buffer | undefined {
    const body = this.#body
    this.#body = undefined
    return body
  }

  /** Nobody asks for it any more. */
  give(): void {
    const buffer = this.#buffer
    this.#buffer = undefined
    this.#body = undefined
    if (buffer?.length === usualBytes && !this.isBusy && kept.length < mostKept) kept.push(buffer)
  }
}
