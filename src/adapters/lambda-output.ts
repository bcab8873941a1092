import type { Readable } from 'node:stream'
import type { Clock } from '../engine/ports.ts'
import { LineSplitter } from './lambda-log.ts'

/**
 * More lines are not taken of one output: a function that writes without end must leave the engine time for its other
 * work. It waits then, as whoever writes into a pipe does.
 */
const mostLinesPerSecond = 50_000
/** So that timers are not set for each few lines. */
const shortestPauseMilliseconds = 5
/** The first reads what a stream that waited had read already, the others what lies in the pipe. */
const roundsToRead = 4

/** One of the two outputs of a function's process, line by line. */
export class FunctionOutput {
  readonly #stream: Readable
  readonly #clock: Clock
  readonly #lines = new LineSplitter()
  readonly #onLines: (lines: readonly string[]) => void
  /** When the lines so far would have been taken at the pace that is allowed. */
  #paidUntil = 0
  #isHurried = false

  constructor(stream: Readable, clock: Clock, onLines: (lines: readonly string[]) => void) {
    this.#stream = stream
    this.#clock = clock
    this.#onLines = onLines
    stream.on('data', (chunk: Buffer) => this.#take(this.#lines.push(chunk)))
    stream.on('end', () => this.#take(this.#lines.flush()))
    stream.on('error', () => undefined)
  }

  /**
   * Resolves when what has been written so far is taken, at whatever pace: what a process wrote before it spoke to the
   * Runtime API lies in its pipe by then, of which one round of the event loop reads what there is.
   */
  static async read(outputs: readonly FunctionOutput[]): Promise<void> {
    for (const output of outputs) output.#hurry(true)
    for (let round = 0; round < roundsToRead; round += 1) await new Promise((resolve) => setImmediate(resolve))
    for (const output of outputs) output.#hurry(false)
  }

  #take(lines: readonly string[]): void {
    if (lines.length === 0) return
    this.#onLines(lines)
    const now = this.#clock.now()
    this.#paidUntil = Math.max(this.#paidUntil, now) + (lines.length / mostLinesPerSecond) * 1_000
    const pause = this.#paidUntil - now
    if (this.#isHurried || pause < shortestPauseMilliseconds) return
    this.#stream.pause()
    this.#clock.sleep(pause).then(
      () => this.#stream.resume(),
      () => undefined,
    )
  }

  #hurry(isHurried: boolean): void {
    this.#isHurried = isHurried
    if (isHurried) this.#stream.resume()
  }
}
