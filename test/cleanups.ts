import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

/** Runs the cleanups a test has collected, last one first. */
export class Cleanups implements AsyncDisposable {
  readonly #cleanups: (() => unknown)[] = []

  add(cleanup: () => unknown): void {
    this.#cleanups.push(cleanup)
  }

  temporaryDirectory(): string {
    const directory = mkdtempSync(join(tmpdir(), 'teal-router-'))
    this.add(() => rmSync(directory, { recursive: true, force: true, maxRetries: 5 }))
    return directory
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const cleanup of this.#cleanups.toReversed()) await cleanup()
  }
}

/** Looks again and again until the answer is not undefined or false; fails after ten seconds. */
export async function eventually<Found>(what: string, look: () => Found | undefined | false): Promise<Found> {
  const deadline = Date.now() + 10_000
  for (;;) {
    const found = look()
    if (found !== undefined && found !== false) return found
    if (Date.now() > deadline) throw new Error(`Not within ten seconds: ${what}`)
    await delay(5)
  }
}
