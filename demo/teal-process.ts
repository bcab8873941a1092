import { execFile, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
const launcher = fileURLToPath(new URL('../bin/teal.mjs', import.meta.url))
const startPatienceMilliseconds = 60_000

/** The command line of Teal, as a person would use it. */
export class TealProcess {
  readonly dataDirectory: string
  readonly #logFile: string
  readonly #ended = new AbortController()
  #child: ChildProcess | undefined

  constructor(directory: string) {
    this.dataDirectory = join(directory, 'data')
    this.#logFile = join(directory, 'teal.log')
  }

  /** Starts `teal serve`, and resolves with its URL once it answers. */
  async serve({ minute, outlivesUs }: { readonly minute: string; readonly outlivesUs: boolean }): Promise<string> {
    const log = openSync(this.#logFile, 'a')
    const options = ['--runtime', 'process', '--port', '0', '--data', this.dataDirectory, '--minute', minute]
    this.#child = spawn(process.execPath, [launcher, 'serve', ...options], {
      stdio: ['ignore', log, log],
      detached: outlivesUs,
    })
    closeSync(log)
    if (outlivesUs) this.#child.unref()
    const deadline = performance.now() + startPatienceMilliseconds
    while (performance.now() < deadline) {
      const [, url] = /^teal is listening on (\S+)$/m.exec(this.#log()) ?? []
      if (url !== undefined) return url
      if (this.#child.exitCode !== null || this.#child.signalCode !== null) break
      await delay(20)
    }
    throw new Error(`teal serve did not start:\n${this.#log()}`)
  }

  async build(directory: string, tag: string): Promise<void> {
    const data = ['--data', this.dataDirectory]
    const { signal } = this.#ended
    await run(process.execPath, [launcher, 'build', directory, '--tag', tag, ...data], { signal })
  }

  /** Ends everything that `serve` started, whether it still runs or not. */
  async down(): Promise<void> {
    this.#ended.abort()
    if (this.#child === undefined) return
    // It may be starting still, and not yet be found by its data directory.
    this.#child.kill('SIGINT')
    // Not in the terminal's foreground: a second Ctrl-C shall not end what cleans up.
    const child = spawn(process.execPath, [launcher, 'down', '--data', this.dataDirectory], {
      stdio: ['ignore', 'ignore', 'inherit'],
      detached: true,
    })
    const exitCode = await new Promise((resolve) => child.once('exit', resolve))
    if (exitCode !== 0) throw new Error(`teal down failed; run it again with --data ${this.dataDirectory}`)
  }

  #log(): string {
    return readFileSync(this.#logFile, 'utf8')
  }
}
