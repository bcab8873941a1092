import { randomBytes, randomInt, randomUUID } from 'node:crypto'
import type { Chance } from '../engine/ports.ts'

/** The machine's own randomness, good enough for ids nobody can guess. */
export class SystemChance implements Chance {
  random(): number {
    return randomBytes(6).readUIntBE(0, 6) / 2 ** 48
  }

  uuid(): string {
    return randomUUID()
  }

  hex(digits: number): string {
    return randomBytes(Math.ceil(digits / 2))
      .toString('hex')
      .slice(0, digits)
  }

  digits(count: number): string {
    return Array.from({ length: count }, (_, position) => randomInt(position === 0 ? 1 : 0, 10)).join('')
  }
}
