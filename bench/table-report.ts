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
        'requests a second were forwarded. Times in milliseconds. A pause is the longest time that the event loop was held ' +
        'up after a table was sent, without what it waited while other programs had the processors, or for something to ' +
        'do: the median, what nine of ten were not above, and the longest of all. By the clock, that waiting is in it. ' +
        'Running is the processor time ' +
        'that the thread used in as long a stretch: without what the host of a virtual machine gave to others, too, and ' +
        'without what the thread slept.',
      markdownTable(costs),
      markdownTable(idle),
      verdict,
    ].join('\n\n'),
  }
}

function costRows({ sizes }: TableResult): readonly (readonly string[])[] {
  return [
    ['Target groups', 'table', 'applied', 'pause', '9 of 10', 'longest', 'running', 'by the clock', 'failed'],
    ...sizes.flatMap((cost) => [
      costRow('whole, all new', cost.whole, cost),
      costRow('all weights', cost.all, cost),
      costRow("one rule's weights", cost.one, cost),
      costRow('none', cost.quiet, cost),
    ]),
  ]
}

function costRow(table: string, cost: ChangeCost, { targetGroups, failed }: TableResult['sizes'][number]) {
  const { appliedMilliseconds, pause, busy, clock } = cost
  const figures = [appliedMilliseconds, pause.median, pause.ninthOfTen, pause.longest, busy.longest, clock.longest]
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
  const changes = [whole, all, one].map(({ pause }) => pause)
  const median = Math.max(...changes.map((pause) => pause.median))
  const longest = Math.max(...changes.map((pause) => pause.longest))
  const running = Math.max(...[whole, all, one].map(({ busy }) => busy.longest))
  const holds = (milliseconds: number): string => (milliseconds <= limitMilliseconds ? 'not above' : 'ABOVE')
  return (
    `At ${targetGroups.toLocaleString('en-US')} target groups a table held the router up for ${figure(median)} ms in the ` +
    `median, ${holds(median)} ${limitMilliseconds} ms, and for ${figure(longest)} ms at the longest, ${holds(longest)} ` +
    `${limitMilliseconds} ms, with never more than ${figure(running)} ms of running in one stretch; a rule's new weights for ${figure(one.pause.median)} and ${figure(one.pause.longest)} ms.`
  )
}
