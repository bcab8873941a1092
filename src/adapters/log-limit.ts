import { readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { open, rename, stat } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import type { ContainerFiles } from './task-directory.ts'

export type LogFiles = Pick<ContainerFiles, 'log' | 'olderLog' | 'logBase'>

/** What a container's log may hold before it is cut; the newest half is kept. */
const logLimitBytes = 64 * 1024 * 1024
const chunkBytes = 1024 * 1024

/**
 * Keeps a container's log below a size: its newest half moves to the older log, whose former content goes, and the log
 * begins again from nothing. The process writes on through its descriptor undisturbed, for it appends; what it writes in
 * the moment between copy and cut is lost. Together the two files never keep more than one and a half times the limit
 * (while an engine looks; what is written while none runs is cut by the next).
 */
export async function limitLog({ log, olderLog, logBase }: LogFiles, limitBytes = logLimitBytes): Promise<void> {
  const { size } = await stat(log)
  if (size <= limitBytes) return
  const temporary = `${olderLog}.new`
  const from = await open(log, 'r')
  try {
    const to = await open(temporary, 'w', 0o600)
    try {
      await copyEnd(from, to, size - Math.floor(limitBytes / 2))
    } finally {
      await to.close()
    }
  } finally {
    await from.close()
  }
  await rename(temporary, olderLog)
  const start = logStart({ logBase })
  // Without a pause between them, so that nobody in this engine sees one without the other.
  const cutSize = statSync(log).size
  truncateSync(log, 0)
  writeFileSync(logBase, `${start + cutSize}\n`, { mode: 0o600 })
}

/** How many bytes of the container's output come before the log's first. */
export function logStart({ logBase }: Pick<ContainerFiles, 'logBase'>): number {
  try {
    return Number(readFileSync(logBase, 'utf8'))
  } catch {
    return 0
  }
}

async function copyEnd(from: FileHandle, to: FileHandle, start: number): Promise<void> {
  const buffer = Buffer.alloc(chunkBytes)
  const { size } = await from.stat()
  let position = start
  while (position < size) {
    const { bytesRead } = await from.read(buffer, 0, Math.min(chunkBytes, size - position), position)
    if (bytesRead === 0) return
    // The copy begins with a whole line, where there is one.
    const lineStart = position === start ? buffer.subarray(0, bytesRead).indexOf(0x0a) + 1 : 0
    await to.write(buffer, lineStart, bytesRead - lineStart)
    position += bytesRead
  }
}
