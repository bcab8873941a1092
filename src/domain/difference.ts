/** One thing that is not the same in two documents. */
export type Difference =
  | { readonly path: string; readonly kind: 'added'; readonly after: unknown }
  | { readonly path: string; readonly kind: 'removed'; readonly before: unknown }
  | { readonly path: string; readonly kind: 'changed'; readonly before: unknown; readonly after: unknown }

/** By which member the entries of a list are told apart; their order says nothing then. */
export type ListKeys = Readonly<Record<string, string>>

/**
 * What is different, member by member: `containerDefinitions[web].image`. Lists of `keys` are compared entry by entry,
 * those of plain values that are named in `keys` with an empty key as sets; all others as a whole.
 */
export function differences(before: unknown, after: unknown, keys: ListKeys, path = ''): readonly Difference[] {
  if (isMapping(before) && isMapping(after)) return ofMappings(before, after, keys, path)
  if (Array.isArray(before) && Array.isArray(after)) {
    const key = keys[path.slice(path.lastIndexOf('.') + 1)]
    if (key === '') return ofSets(before, after, path)
    if (key !== undefined) return ofMappings(byKey(before, key), byKey(after, key), keys, path, bracketed)
  }
  if (isSame(before, after)) return []
  if (before === undefined) return [{ path, kind: 'added', after }]
  return after === undefined ? [{ path, kind: 'removed', before }] : [{ path, kind: 'changed', before, after }]
}

type Mapping = Readonly<Record<string, unknown>>

function ofMappings(
  before: Mapping,
  after: Mapping,
  keys: ListKeys,
  path: string,
  inside: (path: string, name: string) => string = dotted,
): readonly Difference[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)])
  return [...names].flatMap((name) => differences(before[name], after[name], keys, inside(path, name)))
}

function ofSets(before: readonly unknown[], after: readonly unknown[], path: string): readonly Difference[] {
  const isSameSet = isSame(before.map(String).toSorted(), after.map(String).toSorted())
  return isSameSet ? [] : [{ path, kind: 'changed', before, after }]
}

function dotted(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`
}

function bracketed(path: string, name: string): string {
  return `${path}[${name}]`
}

/** Entries without the key are told apart by their position. */
function byKey(list: readonly unknown[], key: string): Mapping {
  return Object.fromEntries(
    list.map((entry, index) => {
      const name = isMapping(entry) ? entry[key] : undefined
      return [typeof name === 'string' || typeof name === 'number' ? String(name) : String(index), entry]
    }),
  )
}

function isMapping(value: unknown): value is Mapping {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isSame(one: unknown, other: unknown): boolean {
  if (one === other) return true
  if (Array.isArray(one) && Array.isArray(other)) {
    return one.length === other.length && one.every((item, index) => isSame(item, other[index]))
  }
  if (!isMapping(one) || !isMapping(other)) return false
  const names = new Set([...Object.keys(one), ...Object.keys(other)])
  return [...names].every((name) => isSame(one[name], other[name]))
}
