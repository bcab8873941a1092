import { open } from 'node:fs/promises'

/** The kernel gives the C library's heap large pages only where it was asked to (`routerEnvironment`). */
const hasLargePages = /\bhugetlb=1\b/.test(process.env['GLIBC_TUNABLES'] ?? '')

/** As much as a thousand target groups take beside V8's own heap while a whole table of them is applied. */
const reservedBytes = 30 * 1024 * 1024
/** A table takes about so many times the length of its text. */
const bytesOfTextByte = 24
/** Smaller tables take little more than a page or two. */
const leastTextBytes = 128 * 1024
const stepBytes = 2 * 1024 * 1024

/** Cut out of the C library's heap before there are requests, in one piece, because its end is touched with that. */
let reserved = hasLargePages ? Buffer.allocUnsafeSlow(reservedBytes) : undefined

/**
 * Touches, on other threads, the memory that a large table of this length is about to take, once. Where the C library's heap
 * lies in large pages, the kernel clears two megabytes with the first touch of each: up to 8 ms on a virtual machine, for
 * which the event loop would stand still. What is given back to the library here, it keeps for what comes.
 */
export async function warmMemory(textBytes: number): Promise<void> {
  const bytes = Math.min(reservedBytes, textBytes * bytesOfTextByte)
  const memory = reserved
  if (memory === undefined || textBytes < leastTextBytes) return
  reserved = undefined
  try {
    await using zeros = await open('/dev/zero')
    for (let at = 0; at < bytes; at += stepBytes) await zeros.read(memory, at, Math.min(stepBytes, bytes - at))
  } catch {
    // Without it the pages are touched when they are wanted.
  }
  // At once, and not with a collection some time later.
  memory.buffer.transfer(0)
}
