import type { Presentation } from './output.ts'
import type { ChangeCost, TableResult } from './table.ts'
import { figure, markdownTable, textTable } from './text-table.ts'

const limitMilliseconds = 5

export function presentTable(result: TableResult): Presentation {
  const { machine, startedAt } = result
  const costs = costRows(result)
  const idle = idleRows(result)
  const verdict = verdictOf(result)
  return {
    text: [textTable(costs), textTable(idle), verdict].join('\n\n'),
    markdown: [
      `Measured ${startedAt.slice(0, 10)} on ${machine.cores} × ${machine.processor}, Node ${machine.node}, while 1,000 ` +
        'requests a second were forwarded. Times in milliseconds: medians, and the longest of all. A pause is the longest ' +
        'time that the event loop was held up after a table was sent, CPU the most processor time in one go.',
      markdownTable(costs),
      markdownTable(idle),
      verdict,
    ].join('\n\n'),
  }
}

function costRows({ sizes }: TableResult): readonly (readonly string[])[] {
  return [
    ['Target groups', 'table', 'applied', 'pause', 'longest', 'CPU', 'longest', 'failed'],
    ...sizes.flatMap((cost) => [
      costRow('whole, all new', cost.whole, cost),
      costRow('all weights', cost.all, cost),
      costRow("one rule's weights", cost.one, cost),
      costRow('none', cost.quiet, cost),
    ]),
  ]
}

function costRow(table: string, cost: ChangeCost, { targetGroups, failed }: TableResult['sizes'][number]) {
  const { appliedMilliseconds, pause, pauseCpu } = cost
  const figures = [appliedMilliseconds, pause.median, pause.longest, pauseCpu.median, pauseCpu.longest]
  return [targetGroups.toLocaleString('en-US'), table, ...figures.map(figure), String(failed)]
}

function idleRows({ idle }: TableResult): readonly (readonly string[])[] {
  return [
    ['Targets', 'checked every', 'reports a second', '% of one processor'],
    ...idle.map(({ targets, intervalSeconds, isAsked, cpuPercent }) => [
      targets.toLocaleString('en-US'),
      `${intervalSeconds} s`,
      isAsked ? '10' : '0',
      cpuPercent.toFixed(1),
    ]),
  ]
}

function verdictOf({ sizes }: TableResult): string {
  const largest = sizes.at(-1)
  if (largest === undefined) return ''
  const { whole, all, one, targetGroups } = largest
  const longest = Math.max(...[whole, all, one].map(({ pauseCpu }) => pauseCpu.longest))
  const holds = longest <= limitMilliseconds ? 'not above' : 'ABOVE'
  return (
    `At ${targetGroups.toLocaleString('en-US')} target groups the router used the processor for ${figure(longest)} ms in one ` +
    `go at the most, ${holds} ${limitMilliseconds} ms; a rule's new weights held it up for ${figure(one.pause.median)} ms.`
  )
}
