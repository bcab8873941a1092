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
        'requests a second were forwarded. Times in milliseconds. A pause is the longest time that the event loop was ' +
        'held up while a table was applied, CPU the most processor time in one go; quiet: in as long a time without one.',
      markdownTable(costs),
      markdownTable(idle),
      verdict,
    ].join('\n\n'),
  }
}

function costRows({ sizes }: TableResult): readonly (readonly string[])[] {
  const head = ['Target groups', 'first', 'its pause', 'applied', 'pause', 'CPU', 'longest pause', 'longest CPU']
  return [
    [...head, 'quiet pause', 'quiet CPU', 'failed'],
    ...sizes.map((cost) => [
      cost.targetGroups.toLocaleString('en-US'),
      figure(cost.first.took),
      figure(cost.first.elapsed),
      figure(cost.appliedMilliseconds),
      figure(cost.pause.median),
      figure(cost.pauseCpu.median),
      figure(cost.pause.longest),
      figure(cost.pauseCpu.longest),
      figure(cost.quietPause.median),
      figure(cost.quietPauseCpu.median),
      String(cost.failed),
    ]),
  ]
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
  const { pause, pauseCpu, targetGroups } = largest
  const holds = pause.median <= limitMilliseconds ? 'not above' : 'ABOVE'
  return (
    `At ${targetGroups} target groups a new table holds the router up for ${figure(pause.median)} ms, ${holds} ` +
    `${limitMilliseconds} ms; ${figure(pauseCpu.median)} ms in one go is its own processor time.`
  )
}
