import { failureGroups, slowest } from '../acceptance/failure-groups.ts'
import { counted, number, percent } from '../acceptance/judgement.ts'
import type { AcceptanceResult } from '../acceptance/run.ts'
import { columns, wrapped } from './text.ts'

const mostGroups = 12
const mostExamples = 3
const mostSlow = 5

/** A result for the person at the keyboard: the verdict last, where they look. */
export function acceptText(result: AcceptanceResult): string {
  const { passedTrafficPercent, milliseconds, results } = result
  const seconds = milliseconds / 1000
  const requested = result.passed + result.failed
  const outdated = results.filter(({ isListOutdated }) => isListOutdated === true).length
  const silent = results.filter(({ isBlueSilent }) => isBlueSilent === true).length
  const repeated = results.filter(({ outcome, attempts = 1 }) => outcome === 'passed' && attempts > 1).length
  return [
    ...failureLines(result),
    ...slowLines(result),
    `${counted(requested, 'URL')} of ${result.url} in ${seconds.toFixed(1)} s (${number(Math.round(requested / seconds))} a second).`,
    ...(outdated > 0 ? [`${number(outdated)} passed because blue answers the same, and not what the list says.`] : []),
    ...(silent > 0 ? [`${number(silent)} judged by the list alone: blue did not answer.`] : []),
    ...(repeated > 0 ? [`${number(repeated)} passed only when they were requested again.`] : []),
    ...(passedTrafficPercent === undefined ? [] : [`By traffic, ${percent(passedTrafficPercent)} passed.`]),
    result.worth,
    '',
    result.sentence,
  ]
    .map((line) => (line.startsWith('  ') ? line : wrapped(line, 0)))
    .join('\n')
}

function failureLines({ results }: AcceptanceResult): readonly string[] {
  const groups = failureGroups(results)
  if (groups.length === 0) return []
  const rows = groups.slice(0, mostGroups).flatMap(({ cause, results: failed }) => {
    const [first, ...examples] = failed.slice(0, mostExamples).map(({ url }) => shortened(url.path))
    const more = failed.length - mostExamples
    const others = [...examples, ...(more > 0 ? [`and ${number(more)} more`] : [])]
    return [[number(failed.length), cause, first ?? ''], ...others.map((text) => ['', '', text])]
  })
  const hidden = groups.length - mostGroups
  return [
    ...columns([['URLS', 'CAUSE', 'FOR EXAMPLE'], ...rows]),
    ...(hidden > 0 ? [`  and ${counted(hidden, 'other cause')}; --html or --json has all`] : []),
    '',
  ]
}

function slowLines({ results, comparedWith }: AcceptanceResult): readonly string[] {
  const found = slowest(results, mostSlow)
  if (found.length === 0) return []
  const isCompared = comparedWith !== undefined
  const head = isCompared ? ['MS', 'BLUE', 'SLOWEST BESIDE BLUE'] : ['MS', 'SLOWEST']
  const rows = found.map(({ url, milliseconds, blueMilliseconds }) => {
    const blue = isCompared ? [blueMilliseconds?.toFixed(1) ?? '-'] : []
    return [milliseconds?.toFixed(1) ?? '', ...blue, shortened(url.path)]
  })
  return [...columns([head, ...rows]), '']
}

function shortened(path: string): string {
  return path.length > 60 ? `${path.slice(0, 60)}…` : path
}
