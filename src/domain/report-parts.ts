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

export function partsOf({ targets, counts, exchanges = [], listeners = [], ...head }: RouterReport): ReportParts {
  const parts = new Map<string, unknown>([[headKey, head]])
  for (const [key, target] of Object.entries(targets)) parts.set(`${kind.target}${key}`, target)
  for (const row of counts) {
    const { listenerArn, targetGroupArn = '', target = '', outcome, statusCode = '', targetAnswer = '' } = row
    put(parts, kind.count, [listenerArn, targetGroupArn, target, outcome, statusCode, targetAnswer], row)
  }
  for (const row of exchanges) put(parts, kind.exchange, [row.listenerArn, row.targetGroupArn], row)
  for (const row of listeners) put(parts, kind.listener, [row.listenerArn], row)
  return parts
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
