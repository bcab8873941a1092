import { readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { parseAccessLogFileName } from '../domain/access-log-file.ts'

/**
 * Removes the oldest complete files of a directory until the others have no more bytes than this, for the time in which
 * no engine delivers them. Answers how many were removed.
 */
export async function keepWithinLimit(directory: string, mostBytes: number): Promise<number> {
  let sum = 0
  let removed = 0
  for (const name of await newestFirst(directory)) {
    const path = join(directory, name)
    const size = await stat(path).then(
      (found) => found.size,
      () => 0,
    )
    sum += size
    if (sum <= mostBytes) continue
    // Several routers do this, and the engine takes files away, too.
    const isGone = await rm(path).then(
      () => true,
      () => false,
    )
    if (isGone) removed++
  }
  return removed
}

async function newestFirst(directory: string): Promise<readonly string[]> {
  const names = await readdir(directory).catch(() => [])
  const files = names.flatMap((name) => {
    const parsed = parseAccessLogFileName(name)
    return parsed === undefined || parsed.state === 'open' ? [] : [{ name, end: parsed.file.periodEnd }]
  })
  return files.toSorted((one, other) => other.end - one.end).map(({ name }) => name)
}
