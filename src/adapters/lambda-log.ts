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

/**
 * A function's log: each line with its time. Lines that come together are written together, for the engine waits for it.
 * Where it cannot be written, the function goes on and that is told once.
 */
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

  write(lines: readonly string[]): void {
    const time = new Date(this.#clock.now()).toISOString()
    try {
      mkdirSync(dirname(this.#file), { recursive: true, mode: 0o700 })
      const size = statSync(this.#file, { throwIfNoEntry: false })?.size ?? 0
      if (size > logLimitBytes) renameSync(this.#file, this.#olderFile)
      appendFileSync(this.#file, lines.map((line) => `${time} ${line}\n`).join(''), { mode: 0o600 })
      this.#isBroken = false
    } catch (error) {
      if (!this.#isBroken) this.#log.warn(`The log ${this.#file} cannot be written: ${String(error)}`)
      this.#isBroken = true
    }
  }
}

/** The last lines of one invocation. */
export class LogTail {
  #lines: string[] = []
  #bytes = 0

  push(line: string): void {
    this.#lines.push(line)
    this.#bytes += sizeOf(line)
    // Many at a time: to take the first of a million off an array is dear.
    if (this.#bytes > 2 * tailLimitBytes) this.#shorten()
  }

  get lines(): readonly string[] {
    this.#shorten()
    return [...this.#lines]
  }

  #shorten(): void {
    let first = 0
    for (; this.#bytes > tailLimitBytes && first < this.#lines.length - 1; first += 1) {
      this.#bytes -= sizeOf(this.#lines[first] ?? '')
    }
    if (first > 0) this.#lines = this.#lines.slice(first)
  }
}

/** With its end of line: also of empty lines there cannot be any number. */
function sizeOf(line: string): number {
  return line.length + 1
}

/** Makes lines of what a process writes; a character may come in two pieces. */
export class LineSplitter {
  readonly #decoder = new TextDecoder()
  #rest = ''

  /** The lines that have come to their end. */
  push(chunk: Uint8Array): readonly string[] {
    const lines = (this.#rest + this.#decoder.decode(chunk, { stream: true })).split('\n')
    this.#rest = lines.pop() ?? ''
    const ended = lines.map(lineOf)
    return this.#rest.length > longestLine ? [...ended, ...this.flush()] : ended
  }

  /** What has no end of line yet is one too. */
  flush(): readonly string[] {
    const rest = this.#rest
    this.#rest = ''
    return rest === '' ? [] : [lineOf(rest)]
  }
}

function lineOf(text: string): string {
  return text.slice(0, longestLine).replace(/\r$/, '')
}
