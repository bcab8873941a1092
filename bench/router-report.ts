import { barChart } from './chart.ts'
import type { Presentation } from './output.ts'
import { routerCases, titleOf } from './router-cases.ts'
import { comparisonsOf, ratioBetween, shortfalls, type Comparison } from './comparison.ts'
import type { RouterResult } from './router.ts'
import type { SummaryRow } from './router-summary.ts'
import { figure, markdownTable, textTable, times, timesWithin } from './text-table.ts'

type Rows = readonly (readonly string[])[]

export function presentRouter(result: RouterResult): Presentation {
  const tables = casesOf(result).map(({ title, rows }) => ({ title, rows: caseRows(result, rows) }))
  const memory = memoryRows(result)
  const comparisons = comparisonsIn(result)
  const besides = besideRows(result, comparisons)
  const verdict = verdictOf(result, comparisons)
  return {
    text: [
      ...tables.map(({ title, rows }) => plain(title, rows)),
      ...(besides.length > 1 ? [plain(besidesTitle, besides)] : []),
      ...(memory.length > 1 ? [plain('Memory', memory)] : []),
      verdict.join('\n'),
    ].join('\n\n'),
    markdown: [
      circumstances(result),
      ...tables.map(({ title, rows }) => marked(title, rows)),
      ...(besides.length > 1 ? [marked(besidesTitle, besides)] : []),
      ...(memory.length > 1 ? [marked('Memory', memory)] : []),
      verdict.map((line) => `- ${line}`).join('\n'),
    ].join('\n\n'),
    chart: chartOf(result),
  }
}

const besidesTitle =
  'Teal ÷ another, with the range in which the median of many more repetitions would be, 19 times of 20'

function plain(title: string, rows: Rows): string {
  return `${title}\n${textTable(rows)}`
}

function marked(title: string, rows: Rows): string {
  return `**${title}**\n\n${markdownTable(rows)}`
}

function casesOf({ summary }: RouterResult) {
  return routerCases
    .map((one) => ({ title: titleOf(one), name: one.name, rows: summary.filter((row) => row.case === one.name) }))
    .filter(({ rows }) => rows.length > 0)
}

function caseRows({ samples }: RouterResult, rows: readonly SummaryRow[]): Rows {
  const head = ['', 'requests/s', '÷ HAProxy', '÷ nginx', 'p50 ms', 'p99 ms', 'CPU s/10,000', '÷ HAProxy', '÷ nginx']
  return [
    [...head, 'errors'],
    ...rows.map(({ contender, case: name, ...row }) => {
      const beside = (other: 'haproxy' | 'nginx', what: 'requestsPerSecond' | 'cpuSecondsPer10000'): string =>
        times(ratioBetween(samples, { case: name, contender, with: other }, what)?.median)
      return [
        contender,
        figure(row.requestsPerSecond),
        beside('haproxy', 'requestsPerSecond'),
        beside('nginx', 'requestsPerSecond'),
        figure(row.p50Milliseconds),
        figure(row.p99Milliseconds),
        figure(row.cpuSecondsPer10000),
        beside('haproxy', 'cpuSecondsPer10000'),
        beside('nginx', 'cpuSecondsPer10000'),
        String(row.errors),
      ]
    }),
  ]
}

function comparisonsIn(result: RouterResult): readonly Comparison[] {
  const cases = casesOf(result).map(({ name }) => name)
  return comparisonsOf(result.samples, cases, ['haproxy', 'nginx', 'nginx-rules', 'caddy'])
}

function besideRows(result: RouterResult, comparisons: readonly Comparison[]): Rows {
  return [
    ['', '', 'requests/s', 'CPU per request', 'p99'],
    ...casesOf(result).flatMap(({ name, title }) =>
      comparisons
        .filter((comparison) => comparison.case === name)
        .map(({ with: other, requestsPerSecond, cpu, p99 }, index) => [
          index === 0 ? title : '',
          `÷ ${other}`,
          ...[requestsPerSecond, cpu, p99].map(timesWithin),
        ]),
    ),
  ]
}

function memoryRows({ memory }: RouterResult): Rows {
  return [
    ['', 'MiB at start', 'MiB with 512 busy', 'KiB per idle connection', 'KiB per busy connection'],
    ...memory.map((use) => [
      use.contender,
      figure(use.atStartMebibytes),
      figure(use.underLoadMebibytes),
      figure(use.idleConnectionKibibytes),
      figure(use.busyConnectionKibibytes),
    ]),
  ]
}

/** Where Teal is behind, plainly. */
function verdictOf({ missing }: RouterResult, comparisons: readonly Comparison[]): readonly string[] {
  const absent = missing.length > 0 ? [`Not installed, so not measured: ${missing.join(', ')}.`] : []
  if (comparisons.length === 0) return [...absent, 'There is nothing to compare Teal with.']
  const behind = shortfalls(comparisons)
  return behind.length > 0 ? [...absent, ...behind] : [...absent, 'Teal is behind none of them in any case.']
}

function circumstances({ machine, startedAt, loadGenerator, repetitions, seconds, contenders }: RouterResult): string {
  const { processor, cores, memoryGibibytes, kernel } = machine
  const names = contenders
    .filter(({ name }) => name !== 'direct')
    .map(({ name, version, setUp }) => `- ${name} (${version}): ${setUp}`)
  return [
    `Measured ${startedAt.slice(0, 10)} on ${cores} × ${processor}, ${memoryGibibytes} GiB, Linux ${kernel}; load by ` +
      `${loadGenerator}; medians of ${repetitions} interleaved repetitions of ${seconds} s. A ratio is the median of those of ` +
      'each repetition.',
    '',
    ...names,
  ].join('\n')
}

function chartOf(result: RouterResult): string {
  const drawn = ['teal', 'haproxy', 'nginx', 'caddy', 'httpxy', 'http-proxy'] as const
  const present = drawn.filter((name) => result.summary.some(({ contender }) => contender === name))
  const groups = casesOf(result).map(({ title, rows }) => ({
    title,
    values: present.map((name) => rows.find(({ contender }) => contender === name)?.requestsPerSecond),
  }))
  return barChart({ title: 'Requests per second, more is better', series: present, groups })
}
