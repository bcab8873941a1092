/**
 * A line that is put together byte by byte, in Latin-1, in memory that serves again and again. For some hundred bytes this
 * takes less time than strings, which are made, joined, and then written down after all.
 */
export class LineBytes {
  readonly bytes: Buffer
  length = 0

  /** What does not fit into so many bytes is left out, piece by piece. */
  constructor(mostBytes: number) {
    this.bytes = Buffer.allocUnsafeSlow(mostBytes)
  }

  clear(): void {
    this.length = 0
  }

  text(text: string): void {
    const { bytes } = this
    const { length } = text
    let at = this.length
    if (at + length > bytes.length) return
    for (let place = 0; place < length; place++) bytes[at++] = text.charCodeAt(place)
    this.length = at
  }

  /** Of bytes that were made before, from one place to another: for twenty and more this takes less than their text does. */
  prepared(from: Buffer, start: number, end: number): void {
    const { bytes, length } = this
    if (length + end - start > bytes.length) return
    from.copy(bytes, length, start, end)
    this.length = length + end - start
  }

  /** A whole number that is not negative. */
  number(number: number): void {
    const { bytes, length } = this
    if (number < 10 && length < bytes.length) {
      bytes[length] = zero + number
      this.length = length + 1
      return
    }
    let digits = 1
    for (let rest = number; rest >= 10; rest = Math.floor(rest / 10)) digits++
    if (this.length + digits > bytes.length) return
    this.length += digits
    let rest = number
    for (let at = this.length - 1; digits > 0; digits--) {
      const tens = Math.floor(rest / 10)
      bytes[at--] = zero + (rest - 10 * tens)
      rest = tens
    }
  }

  /** Whole, and below 1,000. */
  threeDigits(number: number): void {
    const { bytes, length } = this
    if (length + 3 > bytes.length) return
    const tens = (number / 10) | 0
    const hundreds = (number / 100) | 0
    bytes[length] = zero + hundreds
    bytes[length + 1] = zero + tens - 10 * hundreds
    bytes[length + 2] = zero + number - 10 * tens
    this.length = length + 3
  }

  /** What would end the field or the line, or is none of ASCII's, is written as `\x22`; of the whole so many bytes at most. */
  quotableText(text: string, mostBytes: number): void {
    const end = this.#endOf(mostBytes)
    for (let place = 0; place < text.length; place++) if (!this.#quotable(text.charCodeAt(place) & 0xff, end)) return
  }

  /** The same of bytes. */
  quotable(from: Buffer, start: number, stop: number, mostBytes: number): void {
    const end = this.#endOf(mostBytes)
    const { bytes } = this
    let at = this.length
    let place = start
    // Nearly all there is is plain.
    for (const last = Math.min(stop, start + end - at); place < last; place++) {
      const code = from[place] ?? 0
      if (isEscaped(code)) break
      bytes[at++] = code
    }
    this.length = at
    for (; place < stop; place++) if (!this.#quotable(from[place] ?? 0, end)) return
  }

  toString(): string {
    return this.bytes.toString('latin1', 0, this.length)
  }

  #endOf(mostBytes: number): number {
    return Math.min(this.bytes.length, this.length + mostBytes)
  }

  /** False where it does not fit any more: no escape is cut within. */
  #quotable(code: number, end: number): boolean {
    const { bytes, length } = this
    if (!isEscaped(code)) {
      if (length + 1 > end) return false
      bytes[length] = code
      this.length = length + 1
      return true
    }
    if (length + 4 > end) return false
    bytes[length] = backslash
    bytes[length + 1] = letterX
    bytes[length + 2] = hexDigit(code >> 4)
    bytes[length + 3] = hexDigit(code & 0xf)
    this.length = length + 4
    return true
  }
}

const zero = 0x30
const backslash = 0x5c
const letterX = 0x78
const quote = 0x22

function isEscaped(code: number): boolean {
  return code < 0x20 || code > 0x7e || code === quote || code === backslash
}

function hexDigit(digit: number): number {
  return digit < 10 ? zero + digit : 0x41 - 10 + digit
}
