import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

const directories = new Set<string>()
// A test that is interrupted, because it hangs or somebody stops it, gets to no cleanup.
process.once('exit', () => {
  for (const directory of directories) rmSync(directory, { recursive: true, force: true, maxRetries: 5 })
})
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))

/** A new directory that is gone when the test's process is, whatever becomes of the test; `remove` does it earlier. */
export function temporaryDirectory(prefix: string): { readonly directory: string; readonly remove: () => void } {
  const directory = mkdtempSync(join(tmpdir(), prefix))
  directories.add(directory)
  const remove = (): void => {
    rmSync(directory, { recursive: true, force: true, maxRetries: 10 })
    directories.delete(directory)
  }
  return { directory, remove }
}

/** Runs the cleanups a test has collected, last one first. */
export class Cleanups implements AsyncDisposable {
  readonly #cleanups: (() => unknown)[] = []

  add(cleanup: () => unknown): void {
    this.#cleanups.push(cleanup)
  }

  temporaryDirectory(): string {
    const { directory, remove } = temporaryDirectory('teal-router-')
    this.add(remove)
    return directory
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const cleanup of this.#cleanups.toReversed()) await cleanup()
  }
}

/** Looks again and again until the answer is not undefined or false; fails after thirty seconds. */
export async function eventually<Found>(what: string, look: () => Found | undefined | false): Promise<Found> {
  const deadline = Date.now() + 30_000
  for (;;) {
    const found = look()
    if (found !== undefined && found !== false) return found
    if (Date.now() > deadline) throw new Error(`Not within thirty seconds: ${what}`)
    await delay(5)
  }
}
