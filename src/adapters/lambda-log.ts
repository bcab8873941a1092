import { appendFileSync, mkdirSync, renameSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import type { Clock, Log } from '../engine/ports.ts'

/** What a log may hold before it becomes the older one, whose lines go. */
const logLimitBytes = 8 * 1024 * 1024
/** A longer line is cut there, as CloudWatch Logs cuts events. */
const longestLine = 256 * 1024
/** What is kept of one invocation's lines. */
const tailLimitBytes = 1024 * 1024

type LogPlace = { readonly dataDirectory: string; readonly region: string; readonly functionName: string }

/** A function's logs, the older first: `<data>/functions/NAME/REGION.older.log` and `…/REGION.log`. */
export function logFiles({ dataDirectory, region, functionName }: LogPlace): readonly [string, string] {
  const directory = join(resolve(dataDirectory), 'functions', functionName)
  return [join(directory, `${region}.older.log`), join(directory, `${region}.log`)]
}

/** A function's log: each line with its time. Where it cannot be written, the function goes on and that is told once. */
export class LambdaLog {
  readonly #olderFile: string
  readonly #file: string
  readonly #clock: Clock
  readonly #log: Log
  #isBroken = false

  constructor(place: LogPlace, clock: Clock, log: Log) {
    ;[this.#olderFile, this.#file] = logFiles(place)
    this.#clock = clock
    this.#log = log
  }

  write(line: string): void {
    try {
      mkdirSync(dirname(this.#file), { recursive: true, mode: 0o700 })
      const size = statSync(this.#file, { throwIfNoEntry: false })?.size ?? 0
      if (size > logLimitBytes) renameSync(this.#file, this.#olderFile)
      appendFileSync(this.#file, `${new Date(this.#clock.now()).toISOString()} ${line}\n`, { mode: 0o600 })
      this.#isBroken = false
    } catch (error) {
      if (!this.#isBroken) this.#log.warn(`The log ${this.#file} cannot be written: ${String(error)}`)
      this.#isBroken = true
    }
  }
}

/** The last lines of one invocation. */
export class LogTail {
  readonly #lines: string[] = []
  #bytes = 0

  push(line: string): void {
    this.#lines.push(line)
    this.#bytes += line.length
    while (this.#bytes > tailLimitBytes && this.#lines.length > 1) this.#bytes -= this.#lines.shift()?.length ?? 0
  }

  get lines(): readonly string[] {
    return [...this.#lines]
  }
}

/** Makes lines of what a process writes; a character may come in two pieces. */
export class LineSplitter {
  readonly #decoder = new TextDecoder()
  readonly #onLine: (line: string) => void
  #rest = ''

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine
  }

  push(chunk: Uint8Array): void {
    const lines = (this.#rest + this.#decoder.decode(chunk, { stream: true })).split('\n')
    this.#rest = lines.pop() ?? ''
    for (const line of lines) this.#emit(line)
    if (this.#rest.length > longestLine) this.flush()
  }

  /** What has no end of line yet is one too. */
  flush(): void {
    if (this.#rest !== '') this.#emit(this.#rest)
    this.#rest = ''
  }

  #emit(line: string): void {
    this.#onLine(line.slice(0, longestLine).replace(/\r$/, ''))
  }
}
