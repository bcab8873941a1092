import { dictionaryOf } from '../domain/dictionary.ts'
import { inSlices } from './slices.ts'

/** An object with more of them is made without a prototype. */
const manyKeys = 100

/**
 * Reads a JSON text as `JSON.parse` does, with its errors, in slices: what lies `depth` levels deep is read in one go,
 * what is around it step by step.
 */
export async function parseInSlices(text: string, depth: number): Promise<unknown> {
  try {
    return await inSlices(reading(new Cursor(text), depth))
  } catch {
    // It knows best what is wrong, and where.
    return JSON.parse(text) as unknown
  }
}

function* reading(cursor: Cursor, depth: number): Generator<void, unknown> {
  const value = yield* valueAt(cursor, depth)
  if (cursor.next() !== '') throw new SyntaxError('Something follows the value')
  return value
}

function* valueAt(cursor: Cursor, depth: number): Generator<void, unknown> {
  const first = cursor.next()
  if (depth > 0 && first === '{') return yield* objectAt(cursor, depth)
  if (depth > 0 && first === '[') return yield* arrayAt(cursor, depth)
  yield
  return cursor.takeValue()
}

function* objectAt(cursor: Cursor, depth: number): Generator<void, unknown> {
  const entries: [string, unknown][] = []
  cursor.take('{')
  if (cursor.takeIf('}')) return {}
  do {
    const key = cursor.takeKey()
    cursor.take(':')
    entries.push([key, yield* valueAt(cursor, depth - 1)])
  } while (cursor.takeIf(','))
  cursor.take('}')
  return entries.length > manyKeys ? dictionaryOf(entries) : Object.fromEntries(entries)
}

function* arrayAt(cursor: Cursor, depth: number): Generator<void, unknown> {
  const items: unknown[] = []
  cursor.take('[')
  if (cursor.takeIf(']')) return items
  do items.push(yield* valueAt(cursor, depth - 1))
  while (cursor.takeIf(','))
  cursor.take(']')
  return items
}

/** A place in a JSON text. Whatever is not as it must be there is thrown. */
class Cursor {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  /** The character behind white space; empty at the end. */
  next(): string {
    while (isBlank(this.#text.charCodeAt(this.#at))) this.#at++
    return this.#text.charAt(this.#at)
  }

  takeIf(character: string): boolean {
    if (this.next() !== character) return false
    this.#at++
    return true
  }

  take(character: string): void {
    if (!this.takeIf(character)) throw new SyntaxError(`There is no ${character}`)
  }

  takeKey(): string {
    if (this.next() !== '"') throw new SyntaxError('There is no key')
    return this.#parse(this.#stringEnd(this.#at)) as string
  }

  /** One whole value, whatever is in it. */
  takeValue(): unknown {
    let nested = 0
    for (let at = this.#at; ; at++) {
      switch (this.#text.charAt(at)) {
        case '"':
          at = this.#stringEnd(at) - 1
          break
        case '{':
        case '[':
          nested++
          break
        case '}':
        case ']':
          if (nested === 0) return this.#parse(at)
          nested--
          break
        case ',':
          if (nested === 0) return this.#parse(at)
          break
        case '':
          return this.#parse(at)
      }
    }
  }

  #parse(end: number): unknown {
    const value = JSON.parse(this.#text.slice(this.#at, end)) as unknown
    this.#at = end
    return value
  }

  /** Behind the string that begins here. */
  #stringEnd(start: number): number {
    for (let at = start + 1; ; at++) {
      at = this.#text.indexOf('"', at)
      if (at < 0) throw new SyntaxError('A string has no end')
      let slashes = at
      while (this.#text.charAt(slashes - 1) === '\\') slashes--
      if ((at - slashes) % 2 === 0) return at + 1
    }
  }
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09
}
