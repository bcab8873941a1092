import { failureUpperBound } from './confidence.ts'
import type { UrlResult } from './url-check.ts'

/** What the results mean. Percentages are of URLs, from 0 to 100. */
export type Judgement = {
  readonly isPassed: boolean
  readonly total: number
  readonly passed: number
  readonly failed: number
  /** Not requested to the end, for there was no time. */
  readonly unfinished: number
  /** Of those requested, so many passed. */
  readonly passedPercent: number
  readonly thresholdPercent: number
  /** Of the traffic that the list knows of, so much went to those that passed. */
  readonly passedTrafficPercent?: number
  /** At 95 % confidence fewer of all URLs of this kind fail than this. */
  readonly failureBoundPercent: number
  /** The verdict and what it rests on. */
  readonly sentence: string
  /** How much that is worth. */
  readonly worth: string
}

/**
 * Where there was no time for all of the list, it is passed only if those that were requested, a random sample, exclude at
 * 95 % that more of the list fail than may, or if so many have passed that the others do not matter.
 */
export function judgementOf(results: readonly UrlResult[], thresholdPercent: number): Judgement {
  const count = (outcome: UrlResult['outcome']): number => results.filter((result) => result.outcome === outcome).length
  const [total, passed, failed, unfinished] = [results.length, count('passed'), count('failed'), count('unfinished')]
  const requested = passed + failed
  const passedPercent = requested === 0 ? 0 : (100 * passed) / requested
  const failureBoundPercent = 100 * failureUpperBound({ requests: requested, failures: failed })
  // What binary fractions add must not ask for one more.
  const isEnough = (of: number): boolean => 100 * passed >= Number((thresholdPercent * of).toPrecision(12))
  const isExcluded = requested > 0 && failureBoundPercent <= 100 - thresholdPercent
  const isPassed = unfinished === 0 ? isEnough(total) : isEnough(total) || isExcluded
  const counts = { isPassed, total, passed, failed, unfinished, passedPercent, thresholdPercent, failureBoundPercent }
  const passedTrafficPercent = trafficPercent(results)
  return {
    ...counts,
    ...(passedTrafficPercent !== undefined && { passedTrafficPercent }),
    sentence: sentenceOf(counts),
    worth: worthOf(counts),
  }
}

/** Undefined where the list has no weights. */
function trafficPercent(results: readonly UrlResult[]): number | undefined {
  let [all, good] = [0, 0]
  for (const { url, outcome } of results) {
    if (outcome === 'unfinished' || url.weight === undefined) continue
    all += url.weight
    if (outcome === 'passed') good += url.weight
  }
  return all === 0 ? undefined : (100 * good) / all
}

type Counts = Omit<Judgement, 'sentence' | 'worth' | 'passedTrafficPercent'>

function sentenceOf(counts: Counts): string {
  const { isPassed, total, passed, failed, unfinished, passedPercent, thresholdPercent } = counts
  const verdict = isPassed ? 'PASSED' : 'NOT PASSED'
  const share = `${number(passed)} of ${counted(passed + failed, 'URL')} passed (${percent(passedPercent)})`
  const threshold = `the threshold is ${percent(thresholdPercent)}`
  if (unfinished === 0) return `${verdict}: ${share}, ${threshold}.`
  const time = `there was no time for ${number(unfinished)} of the ${number(total)}`
  const enough = isPassed ? 'is enough to say that it is kept' : 'is not enough to say that it is kept'
  return `${verdict}: ${share}; ${time}; ${threshold}, and what was requested, in random order, ${enough}.`
}

function worthOf({ passed, failed, failureBoundPercent }: Counts): string {
  const requested = passed + failed
  if (requested === 0) return 'Nothing was requested: this says nothing.'
  if (passed === 0) return 'Every request failed: no error rate is excluded.'
  const of = `${counted(requested, 'request')} with ${failed === 0 ? 'none' : number(failed)} failed`
  return `${of} ${requested === 1 ? 'excludes' : 'exclude'} at 95 % that ${percent(failureBoundPercent)} or more of all such URLs fail.`
}

/** `96.43 %`; never rounded up to 100, nor down to 0. */
export function percent(value: number): string {
  const digits = value < 1 && value > 0 ? 3 : 2
  const rounded = value < 100 ? Math.min(value, 99.99) : value
  return `${Number(Math.max(rounded, value > 0 ? 0.001 : 0).toFixed(digits))} %`
}

export function number(value: number): string {
  return value.toLocaleString('en-US')
}

/** `1 URL`, `2,000 URLs`. */
export function counted(count: number, thing: string): string {
  return `${number(count)} ${thing}${count === 1 ? '' : 's'}`
}
