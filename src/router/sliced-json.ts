import { dictionaryOf } from '../domain/dictionary.ts'
import { inSlices } from './slices.ts'

/** An object with more of them is made without a prototype. */
const manyKeys = 100

/**
 * Reads JSON as `JSON.parse` does, with its errors, in slices: what lies `depth` levels deep is read in one go, what is
 * around it step by step. It is read out of its bytes, because the text of a large table takes milliseconds to make.
 */
export async function parseInSlices(bytes: Buffer, depth: number): Promise<unknown> {
  try {
    return await inSlices(reading(new Cursor(bytes), depth))
  } catch {
    // It knows best what is wrong, and where.
    return JSON.parse(bytes.toString()) as unknown
  }
}

function* reading(cursor: Cursor, depth: number): Generator<void, unknown> {
  const value = yield* valueAt(cursor, depth)
  if (cursor.next() !== end) throw new SyntaxError('Something follows the value')
  return value
}

function* valueAt(cursor: Cursor, depth: number): Generator<void, unknown> {
  if (isReadInOne(cursor, depth)) return cursor.takeValue()
  return yield* cursor.next() === openingBrace ? objectAt(cursor, depth) : arrayAt(cursor, depth)
}

function isReadInOne(cursor: Cursor, depth: number): boolean {
  const first = cursor.next()
  return depth === 0 || (first !== openingBrace && first !== openingBracket)
}

function* objectAt(cursor: Cursor, depth: number): Generator<void, unknown> {
  const entries: [string, unknown][] = []
  cursor.take(openingBrace)
  if (cursor.takeIf(closingBrace)) return {}
  do {
    const key = cursor.takeKey()
    cursor.take(colon)
    // There are a thousand of them: no generator is made for each that is read in one go.
    entries.push([key, isReadInOne(cursor, depth - 1) ? cursor.takeValue() : yield* valueAt(cursor, depth - 1)])
    yield
  } while (cursor.takeIf(comma))
  cursor.take(closingBrace)
  return entries.length > manyKeys ? dictionaryOf(entries) : Object.fromEntries(entries)
}

function* arrayAt(cursor: Cursor, depth: number): Generator<void, unknown> {
  const items: unknown[] = []
  cursor.take(openingBracket)
  if (cursor.takeIf(closingBracket)) return items
  do {
    items.push(yield* valueAt(cursor, depth - 1))
    yield
  } while (cursor.takeIf(comma))
  cursor.take(closingBracket)
  return items
}

const end = -1
const quote = 0x22
const comma = 0x2c
const colon = 0x3a
const openingBracket = 0x5b
const backslash = 0x5c
const closingBracket = 0x5d
const openingBrace = 0x7b
const closingBrace = 0x7d

/** A place in the bytes of a JSON text. Whatever is not as it must be there is thrown. */
class Cursor {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  /** The byte behind white space. */
  next(): number {
    while (isBlank(this.#bytes[this.#at])) this.#at++
    return this.#bytes[this.#at] ?? end
  }

  takeIf(byte: number): boolean {
    if (this.next() !== byte) return false
    this.#at++
    return true
  }

  take(byte: number): void {
    if (!this.takeIf(byte)) throw new SyntaxError(`There is no ${String.fromCharCode(byte)}`)
  }

  takeKey(): string {
    if (this.next() !== quote) throw new SyntaxError('There is no key')
    return this.#parse(this.#stringEnd(this.#at)) as string
  }

  /** One whole value, whatever is in it. */
  takeValue(): unknown {
    let nested = 0
    for (let at = this.#at; ; at++) {
      switch (this.#bytes[at]) {
        case quote:
          at = this.#stringEnd(at) - 1
          break
        case openingBrace:
        case openingBracket:
          nested++
          break
        case closingBrace:
        case closingBracket:
          if (nested === 0) return this.#parse(at)
          nested--
          break
        case comma:
          if (nested === 0) return this.#parse(at)
          break
        case undefined:
          return this.#parse(at)
      }
    }
  }

  #parse(to: number): unknown {
    const value = JSON.parse(this.#bytes.toString('utf8', this.#at, to)) as unknown
    this.#at = to
    return value
  }

  /** Behind the string that begins here. */
  #stringEnd(start: number): number {
    const bytes = this.#bytes
    for (let at = start + 1; at < bytes.length; at++) {
      if (bytes[at] === backslash) at++
      else if (bytes[at] === quote) return at + 1
    }
    throw new SyntaxError('A string has no end')
  }
}

function isBlank(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09
}
