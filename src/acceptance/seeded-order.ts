/** A number from 0 to 2³² that follows from a text and a seed and looks like chance: MurmurHash3's way to mix. */
export function seededHash(text: string, seed: number): number {
  let hash = seed | 0
  for (let at = 0; at < text.length; at++) {
    let part = Math.imul(text.charCodeAt(at), 0xcc_9e_2d_51)
    part = (part << 15) | (part >>> 17)
    hash ^= Math.imul(part, 0x1b_87_35_93)
    hash = (Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe6_54_6b_64) | 0
  }
  hash ^= text.length
  hash = Math.imul(hash ^ (hash >>> 16), 0x85_eb_ca_6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2_b2_ae_35)
  return (hash ^ (hash >>> 16)) >>> 0
}

/** The same for the same seed. Whoever takes the first so many has a random sample. */
export function inSeededOrder<Item extends { readonly path: string }>(
  items: readonly Item[],
  seed: number,
): readonly Item[] {
  return items
    .map((item, at) => ({ item, key: seededHash(item.path, seed), at }))
    .toSorted((one, other) => one.key - other.key || one.at - other.at)
    .map(({ item }) => item)
}
