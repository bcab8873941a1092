import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/** A router that was killed holds its lock until the kernel has cleared it away. */
const patienceMilliseconds = 500

/**
 * Sees to it that a data directory has one router of a name at a time. The lock is SQLite's, for want of another one in Node that
 * the kernel gives back however the process ends. Throws `DirectoryTaken`, or an Error that says what is wrong.
 */
export function takeRouterLock(dataDirectory: string, name: string): { readonly release: () => void } {
  const file = join(dataDirectory, `${name}.lock`)
  let lock: DatabaseSync | undefined
  // The journal is in memory: a disk that is full takes none.
  try {
    lock = new DatabaseSync(file, { timeout: patienceMilliseconds })
    lock.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE')
    const held = lock
    return { release: () => held.close() }
  } catch (error) {
    lock?.close()
    if ((error as { errcode?: number }).errcode === sqliteBusy) {
      throw new DirectoryTaken(`Another router is running on ${dataDirectory}; a data directory has one router.`)
    }
    throw new Error(`The data directory ${dataDirectory} cannot be used: ${file}: ${String(error)}`, { cause: error })
  }
}

const sqliteBusy = 5

export class DirectoryTaken extends Error {}
