import type { ListedUrl } from './url-list.ts'
import { byHash, byWeight, type SeenUrl, type UrlSample } from './url-sample.ts'

type Shaped = { readonly shape: string; readonly url: SeenUrl }
export type Selection = { readonly urls: readonly ListedUrl[]; readonly trafficPercent: number }

/** A status that was answered less often than so is an exception. */
const leastShare = 0.05

/**
 * Chooses URLs: those put there by hand; the most requested one of each shape; half of what is left by traffic; the other
 * half at random, one of each shape after the other, so that rare ones are among them. Sorted by traffic.
 */
export function selectUrls(samples: readonly (readonly [string, UrlSample])[], most: number): Selection {
  const shapes = samples
    .map(([shape, sample]) => ({ weight: sample.weight, urls: [...sample.urls()].map((url) => ({ shape, url })) }))
    .toSorted((one, other) => other.weight - one.weight || (firstShape(one) < firstShape(other) ? -1 : 1))
  const all = shapes.flatMap(({ urls }) => urls)
  const chosen = new Set(all.filter(({ url }) => url.isPinned))
  const take = (candidates: Iterable<Shaped>, upTo: number): void => {
    for (const candidate of candidates) {
      if (chosen.size >= upTo) return
      chosen.add(candidate)
    }
  }
  take(
    shapes.flatMap(({ urls }) => urls.toSorted((one, other) => byWeight(one.url, other.url)).slice(0, 1)),
    most,
  )
  const half = chosen.size + Math.ceil((most - chosen.size) / 2)
  take(
    all.toSorted((one, other) => byWeight(one.url, other.url)),
    half,
  )
  take(roundRobin(shapes.map(({ urls }) => urls.toSorted((one, other) => byHash(one.url, other.url)))), most)
  return { urls: listed(chosen), trafficPercent: trafficPercent(chosen, shapes) }
}

function firstShape({ urls }: { readonly urls: readonly Shaped[] }): string {
  return urls[0]?.shape ?? ''
}

/** The first of each, then the second of each, and so on. */
function* roundRobin(lists: readonly (readonly Shaped[])[]): Iterable<Shaped> {
  let left = lists
  for (let at = 0; left.length > 0; at++) {
    left = left.filter((list) => list.length > at)
    for (const list of left) {
      const item = list[at]
      if (item !== undefined) yield item
    }
  }
}

function listed(chosen: Iterable<Shaped>): readonly ListedUrl[] {
  return [...chosen]
    .toSorted(({ url: one }, { url: other }) => other.weight - one.weight || (one.path < other.path ? -1 : 1))
    .map(({ shape, url }) => ({
      path: url.path,
      ...(!url.statuses.isEmpty && { expected: expectedOf(url) }),
      weight: url.weight,
      shape,
      ...(url.lastSeen !== undefined &&
        !url.isPinned && { lastSeen: `${new Date(url.lastSeen).toISOString().slice(0, 19)}Z` }),
    }))
}

/** What was answered more than by way of exception, the most frequent first. */
function expectedOf({ statuses }: SeenUrl): readonly number[] {
  const all = [...statuses].reduce((sum, [, count]) => sum + count, 0)
  return [...statuses]
    .filter(([, count]) => count >= leastShare * all)
    .toSorted(([one, ones], [other, others]) => others - ones || one - other)
    .map(([status]) => status)
}

function trafficPercent(chosen: Iterable<Shaped>, shapes: readonly { readonly weight: number }[]): number {
  const all = shapes.reduce((sum, { weight }) => sum + weight, 0)
  let covered = 0
  for (const { url } of chosen) covered += url.weight
  return all === 0 ? 0 : (100 * covered) / all
}
