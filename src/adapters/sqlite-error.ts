import { dirname } from 'node:path'

/** SQLite's primary result codes that a person can do something about, each with a sentence for that person. */
const explanations: Readonly<Record<number, (file: string) => string>> = {
  5: (file) => `${file} is in use by another program. Close that program and try again.`,
  8: (file) =>
    `${file} cannot be written: it or its directory is read-only. Give this user the right to write there, or choose another directory with --data.`,
  10: (file) =>
    `The disk answered an error for ${file}: nothing of this change was kept. Check the disk and its free space, then try again.`,
  11: damaged,
  13: (file) => `The disk of ${dirname(file)} is full: nothing of this change was kept. Free some space and try again.`,
  14: (file) =>
    `${file} cannot be opened. Give this user the right to read and write in ${dirname(file)}, or choose another directory with --data.`,
  26: damaged,
}

const busy = 5

/** What SQLite could not do with a file, in a sentence that says where, and what to do. Other errors as they are. */
export function explainSqliteError(error: unknown, file: string): Error {
  const code = primaryCode(error)
  const explanation = code === undefined ? undefined : explanations[code]
  if (explanation !== undefined) return new Error(explanation(file), { cause: error })
  return error instanceof Error ? error : new Error(String(error))
}

/** Somebody else holds the file's lock. */
export function isBusy(error: unknown): boolean {
  return primaryCode(error) === busy
}

/** node:sqlite tells SQLite's extended result code; its low byte is the primary one. */
function primaryCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return undefined
  return error.errcode & 0xff
}

function damaged(file: string): string {
  return `${file} is damaged or is not a state file of Teal. It was left as it is. Put a backup in its place, or choose another directory with --data to start afresh.`
}
