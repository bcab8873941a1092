import type { StdioOptions } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { openFilesIn } from '../domain/open-files.ts'

/** As many as a router has with some thousand connections; the kernel takes 32 KiB for it. */
const roomForFiles = 4_096

/**
 * For a process that is to be held up by nothing: it has `file` once more, under a high number.
 *
 * Linux keeps what a process has open in a table that it doubles when it is full, from 64 on. In a process of several
 * threads, as Node is one, whoever needs the larger table waits until nobody can be using the old one any more (an RCU grace
 * period): 7 to 15 ms were seen for each doubling, in which a router forwards nothing. The table of a process that begins
 * with a file of a high number is as large from the start. So is that of a process which it starts in turn: the file is
 * handed on to it.
 */
export function withRoomForFiles(stdio: readonly ('ignore' | 'ipc' | number)[], file: number): StdioOptions {
  // The first number behind all of these is used for a moment: it is to be in the table, and below the limit.
  const length = Math.min(roomForFiles, Math.floor(openFileLimit() / 2)) - 1
  if (length <= stdio.length) return [...stdio]
  return [...stdio, ...Array<'ignore'>(length - stdio.length - 1).fill('ignore'), file]
}

/** 0 where there is no such table, or nobody tells how large it may be. */
function openFileLimit(): number {
  try {
    const limit = openFilesIn(readFileSync('/proc/self/limits', 'utf8'))
    return Number.isFinite(limit) ? limit : 0
  } catch {
    return 0
  }
}
