import type { DiffLine } from './views.ts'

/** More lines than these are not compared: what changed is told by the whole text, before and after. */
const mostLines = 2_000

/** What has to be taken away from and added to the lines of one text to have those of the other; shortest by their number. */
export function lineDiff(before: string, after: string): readonly DiffLine[] {
  const [olds, news] = [before.split('\n'), after.split('\n')]
  if (olds.length > mostLines || news.length > mostLines)
    return [...olds.map(line('removed')), ...news.map(line('added'))]
  const lengths = commonLengths(olds, news)
  const lines: DiffLine[] = []
  let [at, to] = [0, 0]
  while (at < olds.length || to < news.length) {
    const [old, added] = [olds[at], news[to]]
    if (old !== undefined && old === added) {
      lines.push({ kind: 'same', text: old })
      at += 1
      to += 1
    } else if (
      old !== undefined &&
      (added === undefined || lengthAt(lengths, at + 1, to) >= lengthAt(lengths, at, to + 1))
    ) {
      lines.push({ kind: 'removed', text: old })
      at += 1
    } else if (added !== undefined) {
      lines.push({ kind: 'added', text: added })
      to += 1
    }
  }
  return lines
}

const line =
  (kind: DiffLine['kind']) =>
  (text: string): DiffLine => ({ kind, text })

/** How many lines the rests from there on have in common. */
function commonLengths(olds: readonly string[], news: readonly string[]): readonly Uint16Array[] {
  const rows = Array.from({ length: olds.length + 1 }, () => new Uint16Array(news.length + 1))
  for (let at = olds.length - 1; at >= 0; at -= 1) {
    for (let to = news.length - 1; to >= 0; to -= 1) {
      const row = rows[at]
      if (row === undefined) continue
      const isSame = olds[at] === news[to]
      row[to] = isSame
        ? lengthAt(rows, at + 1, to + 1) + 1
        : Math.max(lengthAt(rows, at + 1, to), lengthAt(rows, at, to + 1))
    }
  }
  return rows
}

function lengthAt(rows: readonly Uint16Array[], at: number, to: number): number {
  return rows[at]?.[to] ?? 0
}
