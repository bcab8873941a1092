import { barChart } from './chart.ts'
import type { Presentation } from './output.ts'
import { routerCases, titleOf } from './router-cases.ts'
import { comparisonsOf, shortfalls, type SummaryRow } from './router-summary.ts'
import type { RouterResult } from './router.ts'
import { ratio } from './statistics.ts'
import { figure, markdownTable, textTable, times } from './text-table.ts'

type Rows = readonly (readonly string[])[]

export function presentRouter(result: RouterResult): Presentation {
  const tables = casesOf(result).map(({ title, rows }) => ({ title, rows: caseRows(rows) }))
  const memory = memoryRows(result)
  const verdict = verdictOf(result)
  return {
    text: [
      ...tables.map(({ title, rows }) => plain(title, rows)),
      ...(memory.length > 1 ? [plain('Memory', memory)] : []),
      verdict.join('\n'),
    ].join('\n\n'),
    markdown: [
      circumstances(result),
      ...tables.map(({ title, rows }) => marked(title, rows)),
      ...(memory.length > 1 ? [marked('Memory', memory)] : []),
      verdict.map((line) => `- ${line}`).join('\n'),
    ].join('\n\n'),
    chart: chartOf(result),
  }
}

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

function caseRows(rows: readonly SummaryRow[]): Rows {
  const find = (name: string) => rows.find(({ contender }) => contender === name)
  const [haproxy, nginx] = [find('haproxy'), find('nginx')]
  const head = ['', 'requests/s', '÷ HAProxy', '÷ nginx', 'p50 ms', 'p99 ms', 'CPU s/10,000', '÷ HAProxy', '÷ nginx']
  return [
    [...head, 'errors'],
    ...rows.map((row) => [
      row.contender,
      figure(row.requestsPerSecond),
      times(ratio(row.requestsPerSecond, haproxy?.requestsPerSecond)),
      times(ratio(row.requestsPerSecond, nginx?.requestsPerSecond)),
      figure(row.p50Milliseconds),
      figure(row.p99Milliseconds),
      figure(row.cpuSecondsPer10000),
      times(ratio(row.cpuSecondsPer10000, haproxy?.cpuSecondsPer10000)),
      times(ratio(row.cpuSecondsPer10000, nginx?.cpuSecondsPer10000)),
      String(row.errors),
    ]),
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
function verdictOf({ summary, missing }: RouterResult): readonly string[] {
  const absent = missing.length > 0 ? [`Not installed, so not measured: ${missing.join(', ')}.`] : []
  const comparisons = comparisonsOf(summary, ['haproxy', 'nginx', 'caddy'])
  if (comparisons.length === 0) return [...absent, 'There is nothing to compare Teal with.']
  const behind = shortfalls(comparisons)
  return behind.length > 0 ? [...absent, ...behind] : [...absent, 'Teal is behind HAProxy, nginx or Caddy in no case.']
}

function circumstances({ machine, startedAt, loadGenerator, repetitions, seconds, contenders }: RouterResult): string {
  const { processor, cores, memoryGibibytes, kernel } = machine
  const names = contenders
    .filter(({ name }) => name !== 'direct')
    .map(({ name, version, setUp }) => `- ${name} (${version}): ${setUp}`)
  return [
    `Measured ${startedAt.slice(0, 10)} on ${cores} × ${processor}, ${memoryGibibytes} GiB, Linux ${kernel}; load by ` +
      `${loadGenerator}; medians of ${repetitions} interleaved repetitions of ${seconds} s.`,
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
