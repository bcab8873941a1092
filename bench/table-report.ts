import type { Presentation } from './output.ts'
import type { TableResult } from './table.ts'
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
        'requests a second were forwarded. Times in milliseconds; a pause is how long the event loop was held up.',
      markdownTable(costs),
      markdownTable(idle),
      verdict,
    ].join('\n\n'),
  }
}

function costRows({ sizes }: TableResult): readonly (readonly string[])[] {
  return [
    [
      'Target groups',
      'first',
      'its pause',
      'applied',
      'pause',
      'longest',
      'pause without',
      'longest without',
      'failed',
    ],
    ...sizes.map((cost) => [
      cost.targetGroups.toLocaleString('en-US'),
      figure(cost.firstMilliseconds),
      figure(cost.firstPauseMilliseconds),
      figure(cost.appliedMilliseconds),
      figure(cost.pauseMilliseconds),
      figure(cost.longestPauseMilliseconds),
      figure(cost.quietPauseMilliseconds),
      figure(cost.longestQuietPauseMilliseconds),
      String(cost.failed),
    ]),
  ]
}

function idleRows({ idle }: TableResult): readonly (readonly string[])[] {
  return [
    ['Targets', 'checked every', '% of one processor'],
    ...idle.map(({ targets, intervalSeconds, cpuPercent }) => [
      targets.toLocaleString('en-US'),
      `${intervalSeconds} s`,
      cpuPercent.toFixed(1),
    ]),
  ]
}

function verdictOf({ sizes }: TableResult): string {
  const largest = sizes.at(-1)
  if (largest === undefined) return ''
  const { pauseMilliseconds: pause, targetGroups } = largest
  const holds = pause <= limitMilliseconds ? 'not above' : 'ABOVE'
  return `At ${targetGroups} target groups a new table holds the router up for ${figure(pause)} ms, ${holds} ${limitMilliseconds} ms.`
}
