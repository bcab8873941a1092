/**
 * What the calculation would have come to with the decimal fractions that people write: binary ones make 33.00000000000001
 * of 8.8 % of 375, which would round up to 34.
 */
export function asDecimal(value: number): number {
  return Number(value.toPrecision(12))
}
