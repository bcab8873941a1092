import { timingSafeEqual } from 'node:crypto'

/** Whether both are the same, without telling by the time it takes how much of them is. */
export function areEqualSecrets(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && timingSafeEqual(one, other)
}
