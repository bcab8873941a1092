import type { Shape } from '../../../src/aws/wire/operation-table.ts'
import { requiredCount } from '../../../src/aws/wire/route.ts'

/** The SDK's number for timestamps that are written as dates of HTTP. */
const httpDate = 6

/** Random values of the model's types, the same for the same seed. */
export class RandomValues {
  #state: number

  constructor(seed: number) {
    this.#state = seed
  }

  /** A whole number from 0 to `below - 1`. */
  next(below: number): number {
    // mulberry32
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let bits = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits
    return ((bits ^ (bits >>> 14)) >>> 0) % below
  }

  /** A value for an operation's input or output. A structure has at least one member where it has any at all. */
  of(shape: Shape, depth = 0): unknown {
    if (shape.isUnitSchema()) return {}
    if (shape.isStructSchema()) return this.#structure(shape, depth)
    if (shape.isListSchema()) return this.#list(shape, depth)
    if (shape.isMapSchema()) return this.#map(shape, depth)
    if (shape.isTimestampSchema()) return this.#date(shape)
    if (shape.isBooleanSchema()) return this.next(2) === 0
    if (shape.getMergedTraits().httpResponseCode) return 200 + this.next(3)
    if (shape.isNumericSchema()) return this.next(2) === 0 ? this.next(100_000) - 50_000 : this.next(1000) / 8
    if (shape.isStringSchema()) return this.#string()
    if (shape.isBlobSchema()) return new Uint8Array(Array.from({ length: 1 + this.next(9) }, () => this.next(256)))
    if (shape.isDocumentSchema()) return { name: this.#string(), list: [this.next(9), true, null] }
    throw new Error(`No random values for ${shape.getName(true)}`)
  }

  /** Dates of headers are in whole seconds. */
  #date(shape: Shape): Date {
    const date = new Date(1_700_000_000_000 + this.next(1_000_000_000))
    const isHttpDate = shape.getMergedTraits().httpHeader !== undefined || shape.getSchema() === httpDate
    if (isHttpDate) date.setMilliseconds(0)
    return date
  }

  #structure(shape: Shape, depth: number): Record<string, unknown> {
    const members = [...shape.structIterator()]
    const always = this.next(Math.max(members.length, 1))
    // Idempotency tokens are made up by the client where they are missing.
    // What HTTP routes by has to be there, and status, body and a map of headers are there in any case.
    const required = depth === 0 ? requiredCount(shape) : 0
    const chosen = members.filter(([, member], i) => {
      const { httpPayload, httpResponseCode, httpPrefixHeaders } = member.getMergedTraits()
      const isDemanded = member.isIdempotencyToken() || httpPayload || httpResponseCode || httpPrefixHeaders
      return i === always || i < required || isDemanded || this.next(8) > depth
    })
    const wanted = shape.isUnionSchema() ? members.slice(always, always + 1) : chosen
    return Object.fromEntries(wanted.map(([name, member]) => [name, this.of(member, depth + 1)]))
  }

  /** An empty one cannot be told from none where its elements stand on their own: in queries, headers and flat XML. */
  #list(shape: Shape, depth: number): unknown[] {
    const { httpQuery, httpHeader, xmlFlattened } = shape.getMergedTraits()
    const least = httpQuery !== undefined || httpHeader !== undefined || xmlFlattened ? 1 : 0
    const item = shape.getValueSchema()
    return Array.from({ length: least + this.next(4) }, () => this.of(item, depth + 1))
  }

  #map(shape: Shape, depth: number): Record<string, unknown> {
    // Names of headers have no case.
    const isOfHeaders = shape.getMergedTraits().httpPrefixHeaders !== undefined
    const keys = Array.from({ length: 1 + this.next(3) }, (_, i) => `${this.#string()}${i}`)
    const item = shape.getValueSchema()
    return Object.fromEntries(keys.map((key) => [isOfHeaders ? key.toLowerCase() : key, this.of(item, depth + 1)]))
  }

  #string(): string {
    const characters = [
      'a',
      'Z',
      '0',
      ' ',
      '.',
      '&',
      '<',
      '>',
      '"',
      "'",
      '%',
      '+',
      '=',
      '/',
      '\\',
      '\n',
      'é',
      '€',
      '😀',
      ']]>',
    ]
    const inner = Array.from({ length: this.next(12) }, () => characters[this.next(characters.length)]).join('')
    return `v${inner}v`
  }
}
