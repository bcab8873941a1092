import type { RouterReport } from './router-report.ts'

/** A report in pieces, by keys that stay what they are: what is told of one target, one row of counts, one listener. */
export type ReportParts = ReadonlyMap<string, unknown>

/** What is different from the report of `since`. */
export type ReportNews = {
  readonly since: string
  /** Names this report, for whoever asks the next time. */
  readonly revision: string
  readonly changed: Readonly<Record<string, unknown>>
  readonly gone: readonly string[]
}

/** What each part of a report is made of, so that one that has stayed the same object need not be looked through. */
export function sectionsOf({ targets, counts, exchanges = [], listeners = [], ...head }: RouterReport): ReportSections {
  return { head, targets, counts, exchanges, listeners }
}

export type ReportSections = Required<Pick<RouterReport, 'targets' | 'counts' | 'exchanges' | 'listeners'>> & {
  readonly head: unknown
}

export function partsOf(report: RouterReport): ReportParts {
  const sections = sectionsOf(report)
  return new Map(
    sectionNames.flatMap((name) =>
      Array.from(partsOfSection(name, sections), ([key, part]) => [prefixes[name] + key, part] as const),
    ),
  )
}

/** By keys that still want the section's prefix. */
export function partsOfSection(name: keyof ReportSections, sections: ReportSections): ReportParts {
  const parts = new Map<string, unknown>()
  switch (name) {
    case 'head':
      return parts.set(headKey, sections.head)
    case 'targets':
      return sections.targets
    case 'counts':
      for (const row of sections.counts) {
        const { listenerArn, targetGroupArn = '', target = '', outcome, statusCode = '', targetAnswer = '' } = row
        put(parts, [listenerArn, targetGroupArn, target, outcome, statusCode, targetAnswer], row)
      }
      return parts
    case 'exchanges':
      for (const row of sections.exchanges) put(parts, [row.listenerArn, row.targetGroupArn], row)
      return parts
    case 'listeners':
      for (const row of sections.listeners) put(parts, [row.listenerArn], row)
      return parts
  }
}

/** What `partsOf` has taken apart. Of the report before what has not changed stays the same object. */
export function reportOf(parts: ReportParts, before?: RouterReport, news?: ReportNews): RouterReport {
  const isSame = (prefix: string): boolean =>
    news !== undefined && ![...Object.keys(news.changed), ...news.gone].some((key) => key.startsWith(prefix))
  const rows = (prefix: string): readonly unknown[] =>
    [...parts].flatMap(([key, value]) => (key.startsWith(prefix) ? [value] : []))
  const targets = (): unknown =>
    new Map(
      [...parts].flatMap(([key, value]) => (key.startsWith(prefixes.targets) ? [[key.slice(1), value] as const] : [])),
    )
  return {
    ...(parts.get(headKey) as object),
    targets: before !== undefined && isSame(prefixes.targets) ? before.targets : targets(),
    counts: before !== undefined && isSame(prefixes.counts) ? before.counts : rows(prefixes.counts),
    exchanges: before !== undefined && isSame(prefixes.exchanges) ? before.exchanges : rows(prefixes.exchanges),
    listeners: before !== undefined && isSame(prefixes.listeners) ? before.listeners : rows(prefixes.listeners),
  } as RouterReport
}

const headKey = 'head'
export const sectionNames = ['head', 'targets', 'counts', 'exchanges', 'listeners'] as const
/** What the keys of each section begin with. */
export const prefixes = { head: '', targets: 'T', counts: 'C', exchanges: 'X', listeners: 'L' } as const

/** Rows are told apart, whatever they are. */
function put(parts: Map<string, unknown>, names: readonly unknown[], row: unknown): void {
  const key = names.join(' ')
  if (parts.has(key)) put(parts, [...names, ''], row)
  else parts.set(key, row)
}
