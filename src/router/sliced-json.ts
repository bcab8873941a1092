import { inSlices } from './slices.ts'

export type SlicedForm = {
  /** What lies so many levels deep is read in one go, what is around it step by step. */
  readonly depth: number
  /** The object of this name in the outermost one is read as a `Map`. */
  readonly map?: string
}

/**
 * Reads JSON as `JSON.parse` does, with its errors, in slices. It is read out of its bytes, because the text of a large
 * table takes milliseconds to make.
 */
export async function parseInSlices(bytes: Buffer, form: SlicedForm): Promise<unknown> {
  try {
    return await inSlices(reading(new Cursor(bytes), form))
  } catch (error) {
    // It knows best what is wrong, and where.
    JSON.parse(bytes.toString())
    throw error
  }
}

function* reading(cursor: Cursor, { depth, map }: SlicedForm): Generator<void, unknown> {
  const value = yield* valueAt(cursor, depth, map)
  if (cursor.next() !== end) throw new SyntaxError('Something follows the value')
  return value
}

function* valueAt(cursor: Cursor, depth: number, map?: string): Generator<void, unknown> {
  if (isReadInOne(cursor, depth)) return cursor.takeValue()
  if (cursor.next() !== openingBrace) return yield* arrayAt(cursor, depth)
  return Object.fromEntries(yield* entriesAt(cursor, depth, map))
}

function isReadInOne(cursor: Cursor, depth: number): boolean {
  const first = cursor.next()
  return depth === 0 || (first !== openingBrace && first !== openingBracket)
}

type Entries = [key: string, value: unknown][]

function* entriesAt(cursor: Cursor, depth: number, map?: string): Generator<void, Entries> {
  const entries: Entries = []
  cursor.take(openingBrace)
  if (cursor.takeIf(closingBrace)) return entries
  do {
    const key = cursor.takeKey()
    cursor.take(colon)
    // There are a thousand of them: no generator is made for each that is read in one go.
    const value = isReadInOne(cursor, depth - 1) ? cursor.takeValue() : yield* memberAt(cursor, depth - 1, key === map)
    entries.push([key, value])
    yield
  } while (cursor.takeIf(comma))
  cursor.take(closingBrace)
  return entries
}

function* memberAt(cursor: Cursor, depth: number, isMap: boolean): Generator<void, unknown> {
  return isMap && cursor.next() === openingBrace
    ? new Map(yield* entriesAt(cursor, depth))
    : yield* valueAt(cursor, depth)
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
