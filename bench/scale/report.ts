import { lineChart } from '../line-chart.ts'
import { ratio } from '../statistics.ts'
import { figure, markdownTable, textTable, times } from '../text-table.ts'
import type { PastFigures, ScaleResult, SizeFigures } from './scale.ts'

export type ScalePresentation = {
  /** For the terminal. */
  readonly text: string
  /** For docs/scale.md. */
  readonly markdown: string
  readonly chart: string
}

export function presentScale(result: ScaleResult): ScalePresentation {
  const growth = tableOf(growthRows, result.growth, ({ services }) => `${figure(services)} services`)
  const history = tableOf(historyRows, result.history, ({ past }) => `${figure(past)} past`)
  return {
    text: [textTable(growth), textTable(history), ...realText(result)].join('\n\n'),
    markdown: [describeMachine(result), markdownTable(growth), markdownTable(history), ...realText(result)].join(
      '\n\n',
    ),
    chart: lineChart({ title: 'Growth, each in parts of its largest value', curves: curvesOf(result.growth) }),
  }
}

type Row<Figures> = readonly [title: string, value: (figures: Figures) => number]

const growthRows: readonly Row<SizeFigures>[] = [
  ['Tasks', ({ tasks }) => tasks],
  ['Until all are steady, s', ({ fillSeconds }) => fillSeconds],
  ['CPU until then, s', ({ fillCpuSeconds }) => fillCpuSeconds],
  ['At rest, % of a core', ({ idleCpuPercent }) => idleCpuPercent],
  ['Deployments at once', ({ deployments }) => deployments],
  ['Until all have ended, s', ({ deploySeconds }) => deploySeconds],
  ['CPU per deployment, s', ({ cpuSecondsPerDeployment }) => cpuSecondsPerDeployment],
  ['File per deployment, KiB', ({ fileKibibytesPerDeployment }) => fileKibibytesPerDeployment],
  ['Heap, MiB', ({ heapMebibytes }) => heapMebibytes],
  ['Resident memory, MiB', ({ residentMebibytes }) => residentMebibytes],
  ['Event loop held up, p99, ms', ({ loopDelayP99Milliseconds }) => loopDelayP99Milliseconds],
  ['Event loop held up, most, ms', ({ loopDelayMaxMilliseconds }) => loopDelayMaxMilliseconds],
  ['API call, median, ms', ({ apiP50Milliseconds }) => apiP50Milliseconds],
  ['API call, p99, ms', ({ apiP99Milliseconds }) => apiP99Milliseconds],
]

const historyRows: readonly Row<PastFigures>[] = [
  ['Start, ms', ({ startMilliseconds }) => startMilliseconds],
  ['Resident memory, MiB', ({ residentMebibytes }) => residentMebibytes],
  ['State file, MiB', ({ fileMebibytes }) => fileMebibytes],
  ['First page of ListDeployments, ms', ({ firstPageMilliseconds }) => firstPageMilliseconds],
  ['All pages, ms', ({ everythingMilliseconds }) => everythingMilliseconds],
]

/** The last column says how much more the last is than the first. */
function tableOf<Figures>(
  rows: readonly Row<Figures>[],
  columns: readonly Figures[],
  titleOf: (figures: Figures) => string,
): readonly (readonly string[])[] {
  const [first, last] = [columns.at(0), columns.at(-1)]
  return [
    ['', ...columns.map(titleOf), 'growth'],
    ...rows.map(([title, value]) => [
      title,
      ...columns.map((column) => figure(value(column))),
      times(ratio(last && value(last), first && value(first))),
    ]),
  ]
}

function curvesOf(growth: readonly SizeFigures[]) {
  const curve = (name: string, value: (figures: SizeFigures) => number) => {
    const largest = Math.max(...growth.map(value), Number.MIN_VALUE)
    return { name, points: growth.map((each) => ({ x: each.services, y: value(each) / largest })) }
  }
  return [
    curve('CPU per deployment', ({ cpuSecondsPerDeployment }) => cpuSecondsPerDeployment),
    curve('CPU at rest', ({ idleCpuPercent }) => idleCpuPercent),
    curve('resident memory', ({ residentMebibytes }) => residentMebibytes),
    curve('API p99', ({ apiP99Milliseconds }) => apiP99Milliseconds),
  ]
}

function realText({ real }: ScaleResult): readonly string[] {
  if (real === undefined) return []
  const { services, tasks, fillSeconds, idleCpuPercent, apiP99Milliseconds } = real
  return [
    `With ${tasks} tasks of ${services} services as processes behind the router: steady after ${figure(fillSeconds)} s; ` +
      `at rest the engine takes ${figure(idleCpuPercent)} % of a core; 99 of 100 calls take at most ` +
      `${figure(apiP99Milliseconds)} ms.`,
  ]
}

function describeMachine({ machine, options }: ScaleResult): string {
  const { processor, cores, memoryGibibytes, kernel, node } = machine
  return (
    `${options.tasksPerService} tasks a service; Node ${node}, Linux ${kernel}, ${cores} cores of ${processor}, ` +
    `${memoryGibibytes} GiB.`
  )
}
