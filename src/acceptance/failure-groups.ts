import type { UrlResult } from './url-check.ts'

/** The URLs that failed in the same way. */
export type FailureGroup = {
  readonly cause: string
  /** Those with most traffic first. */
  readonly results: readonly UrlResult[]
}

/** The largest first. */
export function failureGroups(results: readonly UrlResult[]): readonly FailureGroup[] {
  const failed = results.filter(({ outcome }) => outcome === 'failed')
  return [...Map.groupBy(failed, ({ cause = '' }) => cause)]
    .map(([cause, members]) => ({ cause, results: byWeight(members) }))
    .toSorted((one, other) => other.results.length - one.results.length || (one.cause < other.cause ? -1 : 1))
}

/** Of those that were answered, the slowest in comparison with blue; without a comparison, the slowest. */
export function slowest(results: readonly UrlResult[], count: number): readonly UrlResult[] {
  return results
    .filter(({ milliseconds }) => milliseconds !== undefined)
    .toSorted((one, other) => slowness(other) - slowness(one) || (one.url.path < other.url.path ? -1 : 1))
    .slice(0, count)
}

function slowness({ milliseconds = 0, blueMilliseconds = 0 }: UrlResult): number {
  return milliseconds - blueMilliseconds
}

function byWeight(results: readonly UrlResult[]): readonly UrlResult[] {
  return results.toSorted((one, other) => {
    return (other.url.weight ?? 0) - (one.url.weight ?? 0) || (one.url.path < other.url.path ? -1 : 1)
  })
}
