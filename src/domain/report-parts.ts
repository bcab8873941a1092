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
    (Object.keys(sections) as (keyof ReportSections)[]).flatMap((name) => [...partsOfSection(name, sections)]),
  )
}

export function partsOfSection(name: keyof ReportSections, sections: ReportSections): ReportParts {
  const parts = new Map<string, unknown>()
  switch (name) {
    case 'head':
      return parts.set(headKey, sections.head)
    case 'targets':
      for (const [key, target] of Object.entries(sections.targets)) parts.set(`${kind.target}${key}`, target)
      return parts
    case 'counts':
      for (const row of sections.counts) {
        const { listenerArn, targetGroupArn = '', target = '', outcome, statusCode = '', targetAnswer = '' } = row
        put(parts, kind.count, [listenerArn, targetGroupArn, target, outcome, statusCode, targetAnswer], row)
      }
      return parts
    case 'exchanges':
      for (const row of sections.exchanges) put(parts, kind.exchange, [row.listenerArn, row.targetGroupArn], row)
      return parts
    case 'listeners':
      for (const row of sections.listeners) put(parts, kind.listener, [row.listenerArn], row)
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
    Object.fromEntries(
      [...parts].flatMap(([key, value]) => (key.startsWith(kind.target) ? [[key.slice(1), value] as const] : [])),
    )
  return {
    ...(parts.get(headKey) as object),
    targets: before !== undefined && isSame(kind.target) ? before.targets : targets(),
    counts: before !== undefined && isSame(kind.count) ? before.counts : rows(kind.count),
    exchanges: before !== undefined && isSame(kind.exchange) ? before.exchanges : rows(kind.exchange),
    listeners: before !== undefined && isSame(kind.listener) ? before.listeners : rows(kind.listener),
  } as RouterReport
}

const headKey = 'head'
/** What the keys of each kind begin with. */
const kind = { target: 'T', count: 'C', exchange: 'X', listener: 'L' } as const

/** Rows are told apart, whatever they are. */
function put(parts: Map<string, unknown>, prefix: string, names: readonly unknown[], row: unknown): void {
  const key = `${prefix}${names.join(' ')}`
  if (parts.has(key)) put(parts, prefix, [...names, ''], row)
  else parts.set(key, row)
}
