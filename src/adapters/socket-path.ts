import { createHash } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** What a Unix socket's path may have: 108 bytes on Linux, 104 elsewhere, with the closing zero. */
const longestSocketPath = 103

/** `<directory>/<name>.sock`, or where that is too long for a socket a short path made from it. */
export function socketPathIn(directory: string, name: string): string {
  const path = join(directory, `${name}.sock`)
  if (Buffer.byteLength(path) <= longestSocketPath) return path
  const short = createHash('sha256').update(path).digest('hex').slice(0, 24)
  return join(tmpdir(), `teal-${short}.sock`)
}
