/** The middle of the numbers, or the mean of the two in the middle. `NaN` of none. */
export function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b)
  const upper = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
  const lower = sorted[Math.ceil(sorted.length / 2) - 1] ?? Number.NaN
  return (lower + upper) / 2
}

/** A median, and between what it is with a certainty of 95 % at least; undefined where there are too few numbers to tell. */
export type MedianWithin = { readonly median: number; readonly low?: number; readonly high?: number }

const chanceToMiss = 0.05

/** Of numbers that came independently of each other, whatever their distribution (the sign test's interval). */
export function medianWithin(numbers: readonly number[]): MedianWithin {
  const sorted = numbers.toSorted((a, b) => a - b)
  // That so many of all are on one side of the true median is as likely as so many heads of as many coins.
  let atMost = 2 ** -sorted.length
  let left = 0
  for (let coins = atMost; 2 * atMost <= chanceToMiss; left++) {
    coins *= (sorted.length - left) / (left + 1)
    atMost += coins
  }
  const [low, high] = left === 0 ? [] : [sorted[left - 1], sorted[sorted.length - left]]
  return { median: median(sorted), ...(low !== undefined && { low }), ...(high !== undefined && { high }) }
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
