import type { RequestScan } from './request-scan.ts'
import { targetHeadRoom, writeTargetHead } from './target-head.ts'
import type { TargetHeadContext } from './target-head-context.ts'

/** Odd numbers of the processor's cache lines, so that the beginnings of heads do not all compete for the same places. */
const cacheLineBytes = 64
/** Heads of programs fit into the first, those of most browsers into the second, with the body of a small request. */
const shelves = [21, 49].map((lines) => newShelf(lines * cacheLineBytes))
const mostSlots = 1024

/** A buffer for heads with the last view of it: the next head of the same client is mostly as long. */
type Slot = { readonly buffer: Buffer; readonly shelf: Shelf | undefined; view: Buffer }

/** Slots of one size, side by side: the closer they lie, the fewer pages the processor has to look up. */
type Shelf = {
  readonly slotBytes: number
  /** As much of it as is used takes memory: 1.3 MiB of one, 3.1 MiB of the other at most. */
  slab: Buffer | undefined
  made: number
  readonly free: Slot[]
}

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
    const slot = slotFor(targetHeadRoom(scan))
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
    const free = slot?.shelf?.free
    if (slot !== undefined && free !== undefined && !this.isBusy && free.length < mostSlots) free.push(slot)
  }
}

function newShelf(slotBytes: number): Shelf {
  return { slotBytes, slab: undefined, made: 0, free: [] }
}

function slotFor(bytes: number): Slot {
  for (const shelf of shelves) if (bytes <= shelf.slotBytes) return shelf.free.pop() ?? nextOf(shelf)
  return newSlot(bytes)
}

function nextOf(shelf: Shelf): Slot {
  const { slotBytes, made } = shelf
  if (made === mostSlots) return newSlot(slotBytes, shelf)
  shelf.slab ??= Buffer.allocUnsafeSlow(mostSlots * slotBytes)
  shelf.made++
  const buffer = shelf.slab.subarray(made * slotBytes, (made + 1) * slotBytes)
  return { buffer, shelf, view: buffer }
}

/** Without a shelf it is used once. */
function newSlot(bytes: number, shelf?: Shelf): Slot {
  const buffer = Buffer.allocUnsafeSlow(bytes)
  return { buffer, shelf, view: buffer }
}

function beginningOf(slot: Slot, length: number): Buffer {
  if (slot.view.length !== length) slot.view = slot.buffer.subarray(0, length)
  return slot.view
}
