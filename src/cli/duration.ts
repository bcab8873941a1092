const unitMilliseconds = { ms: 1, s: 1_000, m: 60_000 } as const

/**
 * Reads `300ms`, `1s`, `1.5s` or `2m`.
 *
 * @returns milliseconds, a whole number of at least 1; or undefined for any other text
 */
export function parseDuration(text: string): number | undefined {
  const [, amount, unit] = /^(\d+(?:\.\d+)?)(ms|s|m)$/.exec(text) ?? []
  if (amount === undefined || unit === undefined) return undefined
  const milliseconds = Math.round(Number(amount) * unitMilliseconds[unit as keyof typeof unitMilliseconds])
  return milliseconds >= 1 && Number.isSafeInteger(milliseconds) ? milliseconds : undefined
}

/** `300ms`, `1s`, `1.5s`, `2m`: the shortest of these that says it exactly. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds >= 60_000 && milliseconds % 60_000 === 0) return `${milliseconds / 60_000}m`
  if (milliseconds >= 1_000) return `${milliseconds / 1_000}s`
  return `${milliseconds}ms`
}
