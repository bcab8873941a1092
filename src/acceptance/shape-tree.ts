import { anyLike, shapeParts } from './path-shape.ts'
import { UrlSample } from './url-sample.ts'

type Branch = {
  readonly children: Map<string, Branch>
  /** Whether all names here are one, for there are too many to be names. */
  isCollapsed: boolean
  /** By the names of parameters. */
  readonly samples: Map<string, UrlSample>
}

/** So many different names at one place are names; more are values. */
const mostNamesAtFirst = 40
const mostQueries = 16
const anyQuery = '?*'

/**
 * The shapes of URLs, found as they come. Where more names stand at one place than `mostNames`, they are values, and what is
 * below them is the same for all; where there are too many shapes even so, fewer names are enough for that.
 */
export class ShapeTree {
  readonly #root = newBranch()
  #mostNames = mostNamesAtFirst
  #mostQueries = mostQueries
  #samples = 0

  /** How many shapes there are. */
  get size(): number {
    return this.#samples
  }

  /** The sample to which a URL belongs. */
  sampleOf(url: string): UrlSample {
    const { segments, query } = shapeParts(url)
    let branch = this.#root
    for (const segment of segments) branch = this.#child(branch, segment)
    return this.#sample(branch, query)
  }

  /** Shapes by name, and their samples. */
  *samples(): Iterable<readonly [string, UrlSample]> {
    yield* samplesBelow(this.#root, '')
  }

  /** Makes fewer shapes, as few as are wanted if that can be. */
  shrinkTo(most: number): void {
    while (this.#samples > most && (this.#mostNames > 0 || this.#mostQueries > 1)) {
      this.#mostNames = Math.floor(this.#mostNames / 2)
      this.#mostQueries = Math.max(1, Math.floor(this.#mostQueries / 2))
      this.#settle(this.#root)
    }
  }

  #child(branch: Branch, segment: string): Branch {
    const name = branch.isCollapsed && isName(segment) ? anyLike(segment) : segment
    const known = branch.children.get(name)
    if (known !== undefined) return known
    const made = newBranch()
    branch.children.set(name, made)
    if (!isName(name) || namesOf(branch) <= this.#mostNames) return made
    this.#collapse(branch)
    return this.#child(branch, segment)
  }

  #sample(branch: Branch, query: string): UrlSample {
    const { samples } = branch
    const name = query !== '' && samples.has(anyQuery) ? anyQuery : query
    const known = samples.get(name)
    if (known !== undefined) return known
    const made = new UrlSample()
    samples.set(name, made)
    this.#samples += 1
    if (samples.size <= this.#mostQueries) return made
    this.#mergeQueries(branch)
    return this.#sample(branch, query)
  }

  /** All names at this place become one for each kind of file. */
  #collapse(branch: Branch): void {
    branch.isCollapsed = true
    for (const [name, child] of branch.children) {
      if (!isName(name)) continue
      branch.children.delete(name)
      const any = anyLike(name)
      const known = branch.children.get(any)
      if (known === undefined) branch.children.set(any, child)
      else this.#merge(known, child)
    }
  }

  #merge(into: Branch, from: Branch): void {
    into.isCollapsed ||= from.isCollapsed
    for (const [name, child] of from.children) {
      const known = into.children.get(name)
      if (known === undefined) into.children.set(name, child)
      else this.#merge(known, child)
    }
    for (const [query, sample] of from.samples) {
      const known = into.samples.get(query)
      if (known === undefined) into.samples.set(query, sample)
      else {
        known.absorb(sample)
        this.#samples -= 1
      }
    }
    this.#settleOne(into)
  }

  #settle(branch: Branch): void {
    this.#settleOne(branch)
    for (const child of branch.children.values()) this.#settle(child)
  }

  #settleOne(branch: Branch): void {
    if (namesOf(branch) > (branch.isCollapsed ? 0 : this.#mostNames)) this.#collapse(branch)
    if (branch.samples.size > this.#mostQueries || branch.samples.has(anyQuery)) this.#mergeQueries(branch)
  }

  /** With and without parameters stay two. */
  #mergeQueries({ samples }: Branch): void {
    const before = samples.size
    const any = samples.get(anyQuery) ?? new UrlSample()
    for (const [query, sample] of samples) {
      if (query === '' || query === anyQuery) continue
      any.absorb(sample)
      samples.delete(query)
    }
    samples.set(anyQuery, any)
    this.#samples += samples.size - before
  }
}

function newBranch(): Branch {
  return { children: new Map(), isCollapsed: false, samples: new Map() }
}

/** Not what stands for values. */
function isName(segment: string): boolean {
  const first = segment[0]
  return first !== undefined && first !== ':' && first !== '*'
}

function namesOf({ children }: Branch): number {
  let count = 0
  for (const name of children.keys()) if (isName(name)) count += 1
  return count
}

function* samplesBelow({ children, samples }: Branch, above: string): Iterable<readonly [string, UrlSample]> {
  for (const [query, sample] of samples) yield [`${above || '/'}${query}`, sample]
  for (const [name, child] of children) yield* samplesBelow(child, `${above}/${name}`)
}
