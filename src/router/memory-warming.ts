import { open } from 'node:fs/promises'

/** The kernel gives the C library's heap large pages only where it was asked to (`routerEnvironment`). */
const hasLargePages = /\bhugetlb=1\b/.test(process.env['GLIBC_TUNABLES'] ?? '')

/** As much as whole tables of a thousand target groups, one after the other, take beside V8's own heap. */
const reservedBlocks = 2
/** Longer ones the C library would not cut out of its heap (`routerEnvironment`). */
const blockBytes = 24 * 1024 * 1024
/** A table takes about so many times the length of its text. */
const bytesOfTextByte = 38
/** Smaller tables take little more than a page or two. */
const leastTextBytes = 128 * 1024
const stepBytes = 2 * 1024 * 1024

/** Cut out of the C library's heap before there are requests, in few pieces, because the end of each is touched with that. */
const reserved = Array.from({ length: hasLargePages ? reservedBlocks : 0 }, () => Buffer.allocUnsafeSlow(blockBytes))

/**
 * Touches, on other threads, the memory that a large table of this length is about to take, once. Where the C library's heap
 * lies in large pages, the kernel clears two megabytes with the first touch of each: up to 8 ms on a virtual machine, for
 * which the event loop would stand still. What is given back to the library here, it keeps for what comes.
 */
export async function warmMemory(textBytes: number): Promise<void> {
  if (textBytes < leastTextBytes) return
  const blocks = reserved.splice(0)
  try {
    await touch(blocks, textBytes * bytesOfTextByte)
  } catch {
    // Without it the pages are touched when they are wanted.
  }
  // At once, and not with a collection some time later.
  for (const { buffer } of blocks) buffer.transfer(0)
}

async function touch(blocks: readonly Buffer[], bytes: number): Promise<void> {
  if (blocks.length === 0) return
  await using zeros = await open('/dev/zero')
  for (let at = 0; at < Math.min(bytes, blocks.length * blockBytes); at += stepBytes) {
    const block = blocks[Math.floor(at / blockBytes)]
    if (block !== undefined) await zeros.read(block, at % blockBytes, Math.min(stepBytes, bytes - at))
  }
}
