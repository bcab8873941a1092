/** The known name a misspelt one was most likely meant to be; undefined when none is close. Letter case does not count. */
export function nearestName(misspelt: string, names: readonly string[]): string | undefined {
  const ranked = names
    .map((name) => ({ name, distance: editDistance(misspelt.slice(0, 80).toLowerCase(), name.toLowerCase()) }))
    .toSorted((one, other) => one.distance - other.distance)
  const best = ranked[0]
  if (best === undefined || best.distance > Math.max(2, Math.ceil(best.name.length / 3))) return undefined
  return best.name
}

/** How many single letters must be put in, taken out or changed to make one word the other. */
function editDistance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, column) => column)
  for (let line = 0; line < one.length; line += 1) {
    const next = [line + 1]
    for (let column = 0; column < other.length; column += 1) {
      const above = row[column + 1] ?? 0
      const left = next[column] ?? 0
      const diagonal = row[column] ?? 0
      next.push(Math.min(above + 1, left + 1, diagonal + (one[line] === other[column] ? 0 : 1)))
    }
    row = next
  }
  return row[other.length] ?? 0
}
