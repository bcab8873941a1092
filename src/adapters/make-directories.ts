import { existsSync, mkdirSync } from 'node:fs'
import { dirname, resolve } from 'node:path'

/**
 * Makes a directory and those above it that are not there, readable to this user alone. Throws where one cannot be made;
 * Node's own recursive form never returns where the system says ENOENT to a directory it has, as /proc does.
 */
export function makeDirectories(path: string): void {
  const directory = resolve(path)
  if (existsSync(directory)) return
  if (dirname(directory) !== directory) makeDirectories(dirname(directory))
  try {
    mkdirSync(directory, { mode: 0o700 })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
}
