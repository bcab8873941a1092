import { readFileSync } from 'node:fs'
import { openFilesIn, shareOfFiles, type ShareOfFiles } from '../domain/open-files.ts'

/** What this process's files are for. Of clients there may be any number where the system does not tell its limit. */
export function shareOfOwnFiles(): ShareOfFiles {
  return shareOfFiles(openFileLimit())
}

function openFileLimit(): number {
  try {
    return openFilesIn(readFileSync('/proc/self/limits', 'utf8'))
  } catch {
    return Infinity
  }
}
