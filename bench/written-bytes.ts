import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** How large a file is, or all files below a directory together; 0 where there is none. */
export function writtenBytes(path: string): number {
  try {
    const stat = statSync(path)
    if (!stat.isDirectory()) return stat.size
    return readdirSync(path).reduce((sum, name) => sum + writtenBytes(join(path, name)), 0)
  } catch {
    // It has not been made yet, or was just given another name.
    return 0
  }
}
