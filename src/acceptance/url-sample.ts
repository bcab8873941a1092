/** What is known of one URL. */
export type SeenUrl = {
  readonly path: string
  /** Decides whether it is in a sample, together with the seed. */
  readonly hash: number
  /** In requests; those of a former list count less. */
  weight: number
  /** Epoch milliseconds; undefined where nobody knows. */
  lastSeen: number | undefined
  /** How often each was answered. */
  readonly statuses: Map<number, number>
  /** It was put into a former list by hand: there is no time at which it was seen. */
  isPinned: boolean
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
    const kept = new Set(all.filter(({ isPinned }) => isPinned))
    for (const url of all.toSorted((one, other) => one.hash - other.hash).slice(0, count)) kept.add(url)
    for (const url of all.toSorted(byWeight).slice(0, count)) kept.add(url)
    for (const url of all) if (!kept.has(url)) this.#urls.delete(url.path)
  }
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
  for (const [status, count] of more.statuses) known.statuses.set(status, (known.statuses.get(status) ?? 0) + count)
}
