import { randomFillSync } from 'node:crypto'

/** Random bytes of one trace id. */
const idBytes = 12
const idsAtOnce = 4096
/** `1-<8 hex digits of the time in seconds>-<24 hex digits>`. */
export const traceIdLength = 2 + 8 + 1 + 2 * idBytes

const hexDigits = Buffer.from('0123456789abcdef', 'latin1')

export type TraceIdSources = {
  readonly fill?: (bytes: Uint8Array) => void
  readonly nowMilliseconds?: () => number
}

/** Makes the ids of `X-Amzn-Trace-Id`, many from one draw of random bytes. One for a router. */
export class TraceIds {
  readonly #random = new Uint8Array(idBytes * idsAtOnce)
  #used = this.#random.length
  /** The last second that was written, and how. */
  #seconds = -1
  readonly #secondsText = new Uint8Array(8)
  readonly #fill: (bytes: Uint8Array) => void
  readonly #nowMilliseconds: () => number

  /** The time is told in whole seconds: a clock that is read once in a while is good enough. */
  constructor({ fill = randomFillSync, nowMilliseconds = Date.now }: TraceIdSources = {}) {
    this.#fill = fill
    this.#nowMilliseconds = nowMilliseconds
  }

  /** Writes a new id at a place; returns the place behind it. */
  write(out: Buffer, at: number): number {
    if (this.#used === this.#random.length) {
      this.#fill(this.#random)
      this.#used = 0
    }
    out[at] = 0x31
    out[at + 1] = 0x2d
    const seconds = Math.floor(this.#nowMilliseconds() / 1000)
    if (seconds !== this.#seconds) this.#writeSeconds(seconds)
    for (let index = 0; index < 8; index++) out[at + 2 + index] = this.#secondsText[index] ?? 0
    out[at + 10] = 0x2d
    let place = at + 11
    for (let index = 0; index < idBytes; index++) {
      const byte = this.#random[this.#used + index] ?? 0
      out[place] = hexDigits[byte >> 4] ?? 0
      out[place + 1] = hexDigits[byte & 15] ?? 0
      place += 2
    }
    this.#used += idBytes
    return place
  }

  #writeSeconds(seconds: number): void {
    this.#seconds = seconds
    for (let index = 0; index < 8; index++) {
      this.#secondsText[index] = hexDigits[(seconds >>> (28 - 4 * index)) & 15] ?? 0
    }
  }
}
