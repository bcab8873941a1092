import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Runs the command in a name space of its own, where the directory is on a read-only file system. */
export function readOnly(directory: string, ...command: readonly string[]) {
  const script = 'mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" && shift && exec "$@"'
  return run('unshare', ['-m', 'sh', '-c', script, 'sh', directory, ...command])
}

/** Only root can. */
export async function canMountReadOnly(): Promise<boolean> {
  const probe = mkdtempSync(join(tmpdir(), 'teal-probe-'))
  try {
    await readOnly(probe, 'true')
    return true
  } catch {
    return false
  } finally {
    rmSync(probe, { recursive: true })
  }
}
