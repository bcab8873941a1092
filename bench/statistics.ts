/** The middle of the numbers, or the mean of the two in the middle. `NaN` of none. */
export function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b)
  const upper = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
  const lower = sorted[Math.ceil(sorted.length / 2) - 1] ?? Number.NaN
  return (lower + upper) / 2
}

/** The smallest number that at least `share` (0 to 1) of all are not above. `NaN` of none. */
export function quantile(sorted: ArrayLike<number>, share: number): number {
  const index = Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1))
  return sorted[index] ?? Number.NaN
}

/** `undefined` where there is nothing to compare with. */
export function ratio(number: number | undefined, to: number | undefined): number | undefined {
  if (number === undefined || to === undefined || !(to > 0) || Number.isNaN(number)) return undefined
  return number / to
}
