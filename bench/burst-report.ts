import type { Burst, BurstResult } from './burst.ts'
import type { Presentation } from './output.ts'
import { median } from './statistics.ts'
import { figure, markdownTable, textTable } from './text-table.ts'

/** Medians over all bursts; the longest is the longest of all, failures are added up. */
export function presentBurst(result: BurstResult): Presentation {
  const { machine, startedAt, loadGenerator, clients, busyConnections, missing } = result
  const rows = rowsOf(result)
  const circumstances =
    `${clients} clients connect at once and ask once each, while ${busyConnections} kept connections ask again as soon ` +
    'as they have an answer. Milliseconds from the first of the new connections to the answer.'
  const absent = missing.length > 0 ? `Not installed, so not measured: ${missing.join(', ')}.` : ''
  return {
    text: [circumstances, textTable(rows), absent].join('\n\n').trimEnd(),
    markdown: [
      `Measured ${startedAt.slice(0, 10)} on ${machine.cores} × ${machine.processor}; load by ${loadGenerator}. ${circumstances}`,
      markdownTable(rows),
      absent,
    ].join('\n\n'),
  }
}

function rowsOf({ bursts }: BurstResult): readonly (readonly string[])[] {
  const byContender = Object.entries(Object.groupBy(bursts, ({ contender }) => contender))
  return [
    ['', 'bursts', 'half of them', 'the last', 'longest of all', 'failed'],
    ...byContender.map(([contender, of]) => rowOf(contender, of)),
  ]
}

function rowOf(contender: string, bursts: readonly Burst[]): readonly string[] {
  const last = bursts.map(({ lastMilliseconds }) => lastMilliseconds)
  return [
    contender,
    String(bursts.length),
    figure(median(bursts.map(({ medianMilliseconds }) => medianMilliseconds))),
    figure(median(last)),
    figure(Math.max(...last)),
    String(bursts.reduce((sum, { failed }) => sum + failed, 0)),
  ]
}
