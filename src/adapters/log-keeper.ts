import { watch } from 'node:fs'
import type { FSWatcher } from 'node:fs'
import type { Clock } from '../engine/ports.ts'
import { limitLog } from './log-limit.ts'
import type { LogFiles } from './log-limit.ts'

/** A log that is written to is measured so often. */
const roundMilliseconds = 1_000

/**
 * Keeps logs small. The system tells of the first thing that is written to one, and is asked to tell again only when the
 * log has been measured: so a log costs nothing while nothing is written, and no more when very much is.
 */
export class LogKeeper {
  readonly #clock: Clock
  readonly #limitLog: (files: LogFiles) => Promise<void>
  /** By the log's path. */
  readonly #logs = new Map<string, LogFiles>()
  readonly #watchers = new Map<string, FSWatcher>()
  /** Something may have been written to these. */
  readonly #due = new Set<string>()
  readonly #ended = new AbortController()
  #isRunning = false

  constructor(clock: Clock, limit: (files: LogFiles) => Promise<void> = limitLog) {
    this.#clock = clock
    this.#limitLog = limit
  }

  add(files: LogFiles): void {
    this.#logs.set(files.log, files)
    this.#note(files.log)
  }

  delete(log: string): void {
    this.#logs.delete(log)
    this.#due.delete(log)
    this.#unwatch(log)
  }

  close(): void {
    this.#ended.abort()
    for (const log of this.#logs.keys()) this.delete(log)
  }

  #note(log: string): void {
    this.#unwatch(log)
    this.#due.add(log)
    if (this.#isRunning || this.#ended.signal.aborted) return
    this.#isRunning = true
    void this.#run()
  }

  async #run(): Promise<void> {
    while (this.#due.size > 0) {
      try {
        await this.#clock.sleep(roundMilliseconds, this.#ended.signal)
      } catch {
        break
      }
      const due = [...this.#due].flatMap((log) => this.#logs.get(log) ?? [])
      this.#due.clear()
      // First the watch, then the look: nothing is written between the two unseen.
      for (const { log } of due) this.#watch(log)
      await Promise.all(due.map((files) => this.#limit(files)))
    }
    this.#isRunning = false
  }

  async #limit(files: LogFiles): Promise<void> {
    try {
      await this.#limitLog(files)
    } catch {
      // A full disk or a log that was just removed: the next round tries again, the process is not in danger.
      if (this.#logs.has(files.log)) this.#note(files.log)
    }
  }

  /** The system watches only so many files; without a watch a log is measured in every round. */
  #watch(log: string): void {
    try {
      const watcher = watch(log, { persistent: false }, () => this.#note(log))
      watcher.on('error', () => this.#note(log))
      this.#watchers.set(log, watcher)
    } catch {
      this.#due.add(log)
    }
  }

  #unwatch(log: string): void {
    this.#watchers.get(log)?.close()
    this.#watchers.delete(log)
  }
}
