/** What is known of one URL. */
export type SeenUrl = {
  readonly path: string
  /** Decides whether it is in a sample, together with the seed. */
  readonly hash: number
  /** In requests; those of a former list count less. */
  weight: number
  /** Epoch milliseconds; undefined where nobody knows. */
  lastSeen: number | undefined
  readonly statuses: StatusCounts
  /** It was put into a former list by hand: there is no time at which it was seen. */
  isPinned: boolean
}

/** How often each status was answered. Nearly every URL has one, and there are many URLs: only the others need a map. */
export class StatusCounts {
  #first = 0
  #count = 0
  #others: Map<number, number> | undefined

  get isEmpty(): boolean {
    return this.#count === 0
  }

  add(status: number, count: number): void {
    if (this.isEmpty) this.#first = status
    if (status === this.#first) this.#count += count
    else {
      this.#others ??= new Map()
      this.#others.set(status, (this.#others.get(status) ?? 0) + count)
    }
  }

  *[Symbol.iterator](): Iterator<readonly [status: number, count: number]> {
    if (!this.isEmpty) yield [this.#first, this.#count]
    if (this.#others !== undefined) yield* this.#others
  }
}

/**
 * URLs of one shape, as many as there is room for: those most requested, and a random sample of all there are. Which are in
 * the sample follows from their hashes alone, in whatever order they come: the ones with the lowest.
 */
export class UrlSample {
  readonly #urls = new Map<string, SeenUrl>()
  /** Requests of this shape, also of URLs that are not kept. */
  weight = 0

  get size(): number {
    return this.#urls.size
  }

  get(path: string): SeenUrl | undefined {
    return this.#urls.get(path)
  }

  set(url: SeenUrl): void {
    this.#urls.set(url.path, url)
  }

  urls(): Iterable<SeenUrl> {
    return this.#urls.values()
  }

  /** Takes over what another one knows. */
  absorb(other: UrlSample): void {
    this.weight += other.weight
    for (const url of other.urls()) {
      const known = this.#urls.get(url.path)
      if (known === undefined) this.set(url)
      else addTo(known, url)
    }
  }

  /** Leaves so many of each kind. */
  prune(count: number): void {
    if (this.#urls.size <= count) return
    const all = [...this.#urls.values()]
    const leastWeight = -nth(all, count, ({ weight }) => -weight)
    const highestHash = nth(all, count, ({ hash }) => hash)
    const heavier = all.filter(({ weight }) => weight > leastWeight).length
    const asHeavy = all.filter(({ weight }) => weight === leastWeight).toSorted(byHash)
    const kept = new Set(asHeavy.slice(0, count - heavier))
    for (const url of all) {
      const stays = url.weight > leastWeight || url.hash <= highestHash || url.isPinned || kept.has(url)
      if (!stays) this.#urls.delete(url.path)
    }
  }
}

/** Of so many numbers the largest, when the lowest are taken first. */
function nth(urls: readonly SeenUrl[], count: number, numberOf: (url: SeenUrl) => number): number {
  return Float64Array.from(urls, numberOf).toSorted()[count - 1] ?? Infinity
}

/** Most requested first; the rest is decided by hash, then by name. */
export function byWeight(one: SeenUrl, other: SeenUrl): number {
  return other.weight - one.weight || byHash(one, other)
}

export function byHash(one: SeenUrl, other: SeenUrl): number {
  return one.hash - other.hash || (one.path < other.path ? -1 : 1)
}

function addTo(known: SeenUrl, more: SeenUrl): void {
  known.weight += more.weight
  known.lastSeen = Math.max(known.lastSeen ?? -Infinity, more.lastSeen ?? -Infinity)
  known.isPinned ||= more.isPinned
  for (const [status, count] of more.statuses) known.statuses.add(status, count)
}
