import { counted } from '../src/domain/counted.ts'
import type { Presentation } from './output.ts'
import type { SwitchResult, SwitchRun } from './switch.ts'
import { median } from './statistics.ts'
import { figure, markdownTable, textTable } from './text-table.ts'
import type { SwitchFigures } from './open-loop.ts'

/** Failures are added up, times are medians over the runs, the longest are the longest of all. */
export function presentSwitch(result: SwitchResult): Presentation {
  const rows = rowsOf(result)
  const verdict = verdictOf(result)
  const { requestsPerSecond, everyMilliseconds, machine, startedAt, seconds } = result
  const circumstances =
    `${requestsPerSecond.toLocaleString('en-US')} requests a second over 64 kept connections, whether or not answers ` +
    `come; all weights to the other side every ${everyMilliseconds} ms, for ${seconds} s a run.`
  return {
    text: [circumstances, textTable(rows), verdict].join('\n\n'),
    markdown: [
      `Measured ${startedAt.slice(0, 10)} on ${machine.cores} × ${machine.processor}. ${circumstances}`,
      markdownTable(rows),
      verdict,
    ].join('\n\n'),
  }
}

function rowsOf({ runs }: SwitchResult): readonly (readonly string[])[] {
  const ways = Object.entries(Object.groupBy(runs, ({ way }) => way))
  const head = ['', 'failed', 'of', 'switches', 'last old answer ms', 'longest', 'sent after, answered by old']
  return [
    [...head, 'p99 ms near', 'p99 ms else', 'longest near', 'longest else', 'reopened'],
    ...ways.map(([way, of = []]) => rowOf(way, of)),
  ]
}

function rowOf(way: string, runs: readonly SwitchRun[]): readonly string[] {
  const all = (pick: (figures: SwitchFigures) => number): readonly number[] => runs.map(({ figures }) => pick(figures))
  const total = (pick: (figures: SwitchFigures) => number): string => String(all(pick).reduce((a, b) => a + b, 0))
  const middle = (pick: (figures: SwitchFigures) => number): string => figure(median(all(pick)))
  const longest = (pick: (figures: SwitchFigures) => number): string => figure(Math.max(...all(pick)))
  return [
    way,
    total(({ failed }) => failed),
    total(({ sent }) => sent),
    total(({ switches }) => switches),
    middle(({ lastOldAnswerMilliseconds }) => lastOldAnswerMilliseconds.median),
    longest(({ lastOldAnswerMilliseconds }) => lastOldAnswerMilliseconds.longest),
    total(({ oldAnswersAfterConfirmation }) => oldAnswersAfterConfirmation),
    middle(({ latencyMilliseconds }) => latencyMilliseconds.near.p99),
    middle(({ latencyMilliseconds }) => latencyMilliseconds.otherwise.p99),
    longest(({ latencyMilliseconds }) => latencyMilliseconds.near.longest),
    longest(({ latencyMilliseconds }) => latencyMilliseconds.otherwise.longest),
    total(({ reopened }) => reopened),
  ]
}

function verdictOf({ runs, missing }: SwitchResult): string {
  const ofTeal = runs.filter(({ way }) => way.startsWith('Teal'))
  const failed = ofTeal.reduce((sum, { figures }) => sum + figures.failed, 0)
  const absent = missing.length > 0 ? ` Not installed, so not measured: ${missing.join(', ')}.` : ''
  if (ofTeal.length === 0) return `Teal was not measured.${absent}`
  const teal =
    failed === 0 ? 'Teal failed no request.' : `Teal FAILED ${counted(failed, 'request')}; it must fail none.`
  return `${teal}${absent}`
}
