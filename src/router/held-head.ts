import type { RequestScan } from './request-scan.ts'
import { targetHeadRoom, writeTargetHead } from './target-head.ts'
import type { TargetHeadContext } from './target-head-context.ts'

/** Most heads, also with the body of a small request behind them, fit. */
const usualBytes = 4096
/** 4 MiB of them are kept. */
const mostKept = 1024

/** A buffer for heads with the last view of it: the next head of the same client is mostly as long. */
type Slot = { readonly buffer: Buffer; view: Buffer }

const kept: Slot[] = []
const nothing = Buffer.alloc(0)

/**
 * The head of a request as its target gets it. It is held until the request is answered, so that it can be sent again
 * where a kept connection turns out to be closed; without a request there is no memory for it.
 */
export class HeldHead {
  /** It was written, and has not gone yet: its bytes are not to be touched. */
  isBusy = false
  #slot: Slot | undefined
  #length = 0
  /** What came of the body while there was no connection. */
  #body: Buffer | undefined

  /** Returns what it was written to. */
  write(bytes: Buffer, scan: RequestScan, context: TargetHeadContext): Buffer {
    const room = targetHeadRoom(scan)
    const slot = (room > usualBytes ? undefined : kept.pop()) ?? newSlot(Math.max(room, usualBytes))
    const { buffer } = slot
    this.#slot = slot
    this.#length = writeTargetHead(bytes, scan, context, buffer)
    this.isBusy = false
    return buffer
  }

  bytes(): Buffer {
    return this.#slot === undefined ? nothing : beginningOf(this.#slot, this.#length)
  }

  /** Head and body for one write; undefined where the body is too long for that. */
  withBody(bytes: Buffer, start: number, end: number): Buffer | undefined {
    const slot = this.#slot
    const length = this.#length + end - start
    if (slot === undefined || length > slot.buffer.length) return undefined
    if (start < end) bytes.copy(slot.buffer, this.#length, start, end)
    return beginningOf(slot, length)
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
    const slot = this.#slot
    this.#slot = undefined
    this.#body = undefined
    if (slot?.buffer.length === usualBytes && !this.isBusy && kept.length < mostKept) kept.push(slot)
  }
}

function newSlot(bytes: number): Slot {
  const buffer = Buffer.allocUnsafeSlow(bytes)
  return { buffer, view: buffer }
}

function beginningOf(slot: Slot, length: number): Buffer {
  if (slot.view.length !== length) slot.view = slot.buffer.subarray(0, length)
  return slot.view
}
