/** How a period's samples become one number. */
export type MetricStatistic =
  | { readonly kind: 'SampleCount' | 'Average' | 'Sum' | 'Minimum' | 'Maximum' }
  /** From 0 to 100. */
  | { readonly kind: 'percentile'; readonly percentile: number }

const plainKinds = ['SampleCount', 'Average', 'Sum', 'Minimum', 'Maximum'] as const

/** Reads `Average`, `p99.9` …; undefined for anything else. */
export function parseStatistic(text: string): MetricStatistic | undefined {
  const kind = plainKinds.find((each) => each === text)
  return kind === undefined ? parsePercentile(text) : { kind }
}

/** Reads `p0` to `p100`, with up to ten decimals. */
export function parsePercentile(text: string): MetricStatistic | undefined {
  const [, digits] = /^p(\d{1,3}(?:\.\d{1,10})?)$/.exec(text) ?? []
  const percentile = Number(digits)
  return digits === undefined || percentile > 100 ? undefined : { kind: 'percentile', percentile }
}

/** Trimmed means and their kin: CloudWatch has them, Teal has not. */
export function isUnsupportedStatistic(text: string): boolean {
  return /^(?:tm|wm|tc|ts|pr)\s*[\d(]|^iqm$/i.test(text)
}
