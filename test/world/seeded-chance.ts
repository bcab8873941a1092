import type { Chance } from '../../src/engine/ports.ts'

/** The same seed, the same ids and the same dice (the generator is mulberry32). */
export class SeededChance implements Chance {
  #state: number

  constructor(seed: number) {
    this.#state = seed >>> 0
  }

  random(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let mixed = this.#state
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }

  /** A whole number from 0 to one below the limit. */
  below(limit: number): number {
    return Math.floor(this.random() * limit)
  }

  pick<Value>(values: readonly Value[]): Value {
    return values[this.below(values.length)] as Value
  }

  hex(digits: number): string {
    return this.#characters('0123456789abcdef', digits)
  }

  digits(count: number): string {
    return `${1 + this.below(9)}${this.#characters('0123456789', count - 1)}`
  }

  uuid(): string {
    return [8, 4, 4, 4, 12].map((digits) => this.hex(digits)).join('-')
  }

  #characters(alphabet: string, count: number): string {
    let characters = ''
    while (characters.length < count) characters += alphabet[this.below(alphabet.length)]
    return characters
  }
}
