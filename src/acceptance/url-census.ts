import type { LoggedRequest } from './logged-request.ts'
import { seededHash } from './seeded-order.ts'
import { ShapeTree } from './shape-tree.ts'
import { selectUrls } from './url-selection.ts'
import type { ListedUrl } from './url-list.ts'
import { StatusCounts, type SeenUrl, type UrlSample } from './url-sample.ts'

export type CensusOptions = {
  /** How many URLs the list may have. */
  readonly most: number
  /** Decides which of the rare URLs are in it. */
  readonly seed: number
}

/** How a former list is taken over. */
export type AgeingOptions = {
  /** After so many days a request of then counts half. */
  readonly halfLifeDays: number
  /** What was not requested for so long is forgotten. */
  readonly keepDays: number
}

export type MergeCounts = { readonly kept: number; readonly forgotten: number }

const dayMilliseconds = 86_400_000

/**
 * Counts requests and makes a list of URLs of them, in bounded memory, however many URLs there are. The list has a URL of
 * every shape, those most requested, and a random sample of the rest. The same requests in the same order with the same
 * seed make the same list.
 */
export class UrlCensus {
  readonly #options: CensusOptions
  readonly #tree = new ShapeTree()
  /** Each sample may keep so many URLs of each kind, of which all together there may be `#mostKept`. */
  #mostOfSample: number
  readonly #mostKept: number
  readonly #mostShapes: number
  #kept = 0
  #newest = -Infinity
  /** Requests that were counted. */
  requests = 0

  constructor(options: CensusOptions) {
    this.#options = options
    this.#mostOfSample = options.most
    this.#mostKept = Math.max(20_000, 16 * options.most)
    this.#mostShapes = Math.max(1, Math.ceil(options.most / 2))
  }

  add({ path, status, time }: LoggedRequest): void {
    const sample = this.#tree.sampleOf(path)
    const url = sample.get(path) ?? this.#enter(sample, path)
    this.requests += 1
    sample.weight += 1
    url.weight += 1
    url.lastSeen = Math.max(url.lastSeen ?? -Infinity, time)
    url.statuses.add(status, 1)
    this.#newest = Math.max(this.#newest, time)
    this.#stayWithinBounds(sample)
  }

  /**
   * Takes over a former list, once everything new is counted: what it says of a URL's status holds only where nothing new is
   * known. A URL without a time was put there by hand, and stays.
   */
  merge(list: readonly ListedUrl[], { halfLifeDays, keepDays }: AgeingOptions): MergeCounts {
    const times = list.flatMap(({ lastSeen }) => (lastSeen === undefined ? [] : [Date.parse(lastSeen)]))
    const newestBefore = times.reduce((one, other) => Math.max(one, other), -Infinity)
    const now = Math.max(this.#newest, newestBefore)
    const days = Number.isFinite(newestBefore) ? (now - newestBefore) / dayMilliseconds : 0
    const ageing = 0.5 ** (days / halfLifeDays)
    let forgotten = 0
    for (const listed of list) {
      const lastSeen = listed.lastSeen === undefined ? undefined : Date.parse(listed.lastSeen)
      if (lastSeen !== undefined && now - lastSeen > keepDays * dayMilliseconds) forgotten += 1
      else this.#takeOver(listed, lastSeen, ageing)
    }
    return { kept: list.length - forgotten, forgotten }
  }

  /** The list, and how many shapes it covers. */
  list(): { readonly urls: readonly ListedUrl[]; readonly shapes: number; readonly trafficPercent: number } {
    this.#tree.shrinkTo(this.#mostShapes)
    const samples = [...this.#tree.samples()]
    return { ...selectUrls(samples, this.#options.most), shapes: samples.length }
  }

  #takeOver({ path, weight, expected = [] }: ListedUrl, lastSeen: number | undefined, ageing: number): void {
    const aged = weight === undefined ? 1 : weight * ageing
    const sample = this.#tree.sampleOf(path)
    const url = sample.get(path) ?? this.#enter(sample, path)
    if (url.statuses.isEmpty) for (const status of expected) url.statuses.add(status, aged / expected.length)
    url.weight += aged
    sample.weight += aged
    if (lastSeen === undefined) url.isPinned = true
    else url.lastSeen = Math.max(url.lastSeen ?? -Infinity, lastSeen)
    this.#stayWithinBounds(sample)
  }

  #enter(sample: UrlSample, path: string): SeenUrl {
    const hash = seededHash(path, this.#options.seed)
    const url = { path, hash, weight: 0, lastSeen: undefined, statuses: new StatusCounts(), isPinned: false }
    sample.set(url)
    this.#kept += 1
    return url
  }

  #stayWithinBounds(sample: UrlSample): void {
    if (sample.size > 4 * this.#mostOfSample) this.#prune(sample)
    if (this.#tree.size > 2 * this.#mostShapes) this.#tree.shrinkTo(this.#mostShapes)
    while (this.#kept > this.#mostKept && this.#mostOfSample > 1) {
      this.#mostOfSample = Math.ceil(this.#mostOfSample / 2)
      for (const [, each] of this.#tree.samples()) this.#prune(each)
    }
  }

  /** Counted as it goes: looking through all of the tree each time would take most of the time there is. */
  #prune(sample: UrlSample): void {
    const before = sample.size
    sample.prune(this.#mostOfSample)
    this.#kept += sample.size - before
  }
}
