import { open } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { codeOf } from './error-code.ts'

/** As much of a file's end as is looked at; lines further up are not found. */
const mostBytes = 256 * 1024
/** A longer line is cut there. */
const longestLine = 2_000

/** The last lines of files that follow each other in time, oldest first; missing files are empty. */
export async function readLogTail(files: readonly string[], lines: number): Promise<readonly string[]> {
  let found: readonly string[] = []
  for (const file of files.toReversed()) {
    if (found.length >= lines) break
    found = [...(await readEnd(file)), ...found]
  }
  return lines <= 0 ? [] : found.slice(-lines)
}

async function readEnd(file: string): Promise<readonly string[]> {
  let handle: FileHandle
  try {
    handle = await open(file, 'r')
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return []
    throw error
  }
  try {
    const { size } = await handle.stat()
    const start = Math.max(0, size - mostBytes)
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(size - start), 0, size - start, start)
    return toLines(buffer.toString('utf8', 0, bytesRead), start > 0)
  } finally {
    await handle.close()
  }
}

function toLines(text: string, isCut: boolean): readonly string[] {
  const lines = text.split(/\r?\n/)
  if (lines.at(-1) === '') lines.pop()
  // The first of several lines may lack its beginning.
  if (isCut && lines.length > 1) lines.shift()
  return lines.map((line) => (line.length > longestLine ? `${line.slice(0, longestLine)}…` : line))
}
