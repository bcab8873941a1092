import { createHash } from 'node:crypto'
import { join } from 'node:path'

/** What a Unix socket's path may have: 108 bytes on Linux, 104 elsewhere, with the closing zero. */
const longestSocketPath = 103

/** Not what TMPDIR says: whoever comes next, from another session or as a service, would look for the socket elsewhere. */
const shortDirectory = '/tmp'

/** `<directory>/<name>.sock`, or where that is too long for a socket a short path made from it. */
export function socketPathIn(directory: string, name: string): string {
  const path = join(directory, `${name}.sock`)
  if (Buffer.byteLength(path) <= longestSocketPath) return path
  const short = createHash('sha256').update(path).digest('hex').slice(0, 24)
  return join(shortDirectory, `teal-${short}.sock`)
}
