import { setTimeout as delay } from 'node:timers/promises'
import { judgementOf, type Judgement } from './judgement.ts'
import { checkedOptions, type AcceptanceOptions, type CheckedOptions } from './options.ts'
import { inSeededOrder } from './seeded-order.ts'
import { UrlChecker, type UrlResult } from './url-check.ts'
import { UrlListError, type ListedUrl } from './url-list.ts'

export type AcceptanceResult = Judgement & {
  /** In the order of the list. */
  readonly results: readonly UrlResult[]
  /** What was judged, and what it was compared with. */
  readonly url: string
  readonly comparedWith?: string
  /** How long it took. */
  readonly milliseconds: number
}

/**
 * Requests every URL of the list, in an order that looks like chance, and judges the answers. Rejects with an
 * `AcceptanceOptionError` or a `UrlListError` before anything is requested; what fails afterwards is in the result.
 */
export async function runAcceptance(urls: readonly ListedUrl[], options: AcceptanceOptions): Promise<AcceptanceResult> {
  const checked = checkedOptions(options)
  if (urls.length === 0) throw new UrlListError('the list has no URL in it')
  const begun = performance.now()
  const results = await checkAll(urls, checked)
  const { thresholdPercent, url, comparison } = checked
  return {
    ...judgementOf(results, thresholdPercent),
    results,
    url: url.origin,
    ...(comparison !== undefined && { comparedWith: comparison.url }),
    milliseconds: Math.round(performance.now() - begun),
  }
}

async function checkAll(urls: readonly ListedUrl[], options: CheckedOptions): Promise<readonly UrlResult[]> {
  const ending = new AbortController()
  const timer = options.totalMilliseconds && setTimeout(() => ending.abort(), options.totalMilliseconds)
  const signals = options.signal === undefined ? [ending.signal] : [ending.signal, options.signal]
  const signal = AbortSignal.any(signals)
  const checker = new UrlChecker(options, signal)
  const results = urls.map((url): UrlResult => ({ url, outcome: 'unfinished' }))
  const begun = new Map<number, number>()
  const queue = inSeededOrder(
    urls.map((url, at) => ({ path: url.path, url, at })),
    options.seed,
  )
  const pace = new Pace(options.requestsPerSecond, signal)
  let [next, done, failed] = [0, 0, 0]
  const work = async (): Promise<void> => {
    for (;;) {
      const item = queue[next++]
      if (item === undefined) return
      await pace.turn()
      if (signal.aborted) return
      begun.set(item.at, performance.now())
      const result = await checker.check(item.url)
      results[item.at] = result
      done += 1
      if (result.outcome === 'failed') failed += 1
      options.onProgress?.({ done, failed, total: urls.length })
    }
  }
  try {
    await Promise.all(Array.from({ length: Math.min(options.inFlight, urls.length) }, work))
  } finally {
    clearTimeout(timer)
    checker.close()
  }
  return withOverdue(results, begun)
}

/** An answer that was to come within this time may still have been on its way when there was no more. */
const leastPatienceMilliseconds = 1_000

/**
 * When time ran out, some requests were under way. Those that had waited for longer than any that was answered have failed:
 * to leave them out would be to judge a version that hangs by the URLs at which it does not.
 */
function withOverdue(results: readonly UrlResult[], begun: ReadonlyMap<number, number>): readonly UrlResult[] {
  const now = performance.now()
  const slowest = results.reduce(
    (most, { milliseconds = 0 }) => Math.max(most, milliseconds),
    leastPatienceMilliseconds,
  )
  return results.map((result, at) => {
    const waited = now - (begun.get(at) ?? now)
    if (result.outcome !== 'unfinished' || waited <= slowest) return result
    return { ...result, outcome: 'failed', cause: 'no answer when time ran out, after longer than any other took' }
  })
}

/** Lets no more begin in a second than may. */
class Pace {
  readonly #gapMilliseconds: number
  readonly #signal: AbortSignal
  #nextAt = 0

  constructor(requestsPerSecond: number | undefined, signal: AbortSignal) {
    this.#gapMilliseconds = requestsPerSecond === undefined ? 0 : 1000 / requestsPerSecond
    this.#signal = signal
  }

  async turn(): Promise<void> {
    if (this.#gapMilliseconds === 0) return
    const at = Math.max(this.#nextAt, performance.now())
    this.#nextAt = at + this.#gapMilliseconds
    const wait = at - performance.now()
    if (wait > 1) await delay(wait, undefined, { signal: this.#signal }).catch(() => undefined)
  }
}
