import { existsSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { explainSqliteError, isBusy } from './sqlite-error.ts'

/** True while a process holds the lock: an SQLite file with a transaction that excludes others, which ends with its process. */
export function isFileLockHeld(file: string): boolean {
  if (!existsSync(file)) return false
  let lock: DatabaseSync | undefined
  try {
    lock = new DatabaseSync(file, { timeout: 0 })
    // The journal is in memory: a disk that is full takes none.
    lock.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE')
    return false
  } catch (error) {
    if (isBusy(error)) return true
    throw explainSqliteError(error, file)
  } finally {
    lock?.close()
  }
}
