import { Beginnings } from './beginnings.ts'
import type { Wire } from './wire.ts'

/** Of a read (64 KiB), with the longest head (80 KiB) before it. */
const scratchBytes = 160 * 1024

/** What is put together for one write. Everyone uses the same one: it is free again when the write has returned true. */
let scratch = newScratch()

function newScratch(): Beginnings {
  return new Beginnings(Buffer.allocUnsafeSlow(scratchBytes))
}

/** To be written to, and then given to `writeScratch`; nothing else may come in between. */
export function scratchFor(bytes: number): Buffer {
  return bytes <= scratchBytes ? scratch.bytes : Buffer.allocUnsafeSlow(bytes)
}

/**
 * Sends the beginning of what `scratchFor` gave. False as with `Wire.write`. `writesLater` is true for a wire that lately
 * kept what it was given: it gets a copy of the right size, so that the large buffer need not be made anew.
 */
export function writeScratch(to: Wire, bytes: Buffer, length: number, writesLater: boolean): boolean {
  if (writesLater) return to.write(Buffer.from(bytes.subarray(0, length)))
  if (bytes !== scratch.bytes) return to.write(bytes.subarray(0, length))
  const isFree = to.write(scratch.of(length))
  if (!isFree) scratch = newScratch()
  return isFree
}

/** From here on copying takes longer than the way into the kernel on which nothing needs to be copied. */
const worthBorrowing = 8 * 1024

/** So much of an answer the kernel nearly always takes at once: the client has read the answer before it. */
const mostLentBytes = 64 * 1024

/** Where bytes are passed on to. */
export type PassedTo = {
  readonly wire: Wire
  /** Of the answer in hand, before these. */
  readonly sentBytes: number
  /** As with `writeScratch`. */
  readonly writesLater: boolean
}

/** Sends bytes that were just read, from a wire that may lend them or from somewhere else, without a copy where that can be. */
export function passOn(from: Wire | undefined, to: PassedTo, bytes: Buffer, start: number, end: number): boolean {
  const { wire, writesLater } = to
  if (from?.lendsBytes === true) return writeLent(from, wire, bytes.subarray(start, end))
  // With a way to write borrowed bytes a wire says that it gives all bytes to the kernel as soon as it gets them.
  if (!writesLater && wire.writeBorrowed !== undefined) {
    const lent = to.sentBytes + end - start > mostLentBytes ? undefined : from?.lend?.(bytes, start, end)
    if (from !== undefined && lent !== undefined) return writeLent(from, wire, lent)
    if (end - start >= worthBorrowing) return wire.writeBorrowed(bytes, start, end)
  }
  const out = scratchFor(end - start)
  bytes.copy(out, 0, start, end)
  return writeScratch(wire, out, end - start, writesLater)
}

function writeLent(from: Wire, to: Wire, bytes: Buffer): boolean {
  const isFree = to.write(bytes)
  if (!isFree) from.keepBytes?.()
  return isFree
}
