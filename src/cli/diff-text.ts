import { styleText } from 'node:util'
import type { Difference } from '../domain/difference.ts'
import type { Compared } from './diff.ts'

export function diffText({ live, planned, service, taskDefinition, appSpec }: Compared): string {
  return [
    `Task definition: ${live}, which ${service} runs now -> ${planned}`,
    ...differenceLines(taskDefinition),
    ...(appSpec === undefined
      ? []
      : ['', `Service: ${service} -> ${appSpec.file}`, ...differenceLines(appSpec.differences)]),
  ].join('\n')
}

function differenceLines(differences: readonly Difference[]): readonly string[] {
  return differences.length === 0 ? ['  no difference'] : differences.flatMap(linesOf)
}

function linesOf(difference: Difference): readonly string[] {
  switch (difference.kind) {
    case 'added':
      return [`  + ${difference.path}`, ...valueLines('+', difference.after)]
    case 'removed':
      return [`  - ${difference.path}`, ...valueLines('-', difference.before)]
    case 'changed':
      return [`  ~ ${difference.path}`, ...valueLines('-', difference.before), ...valueLines('+', difference.after)]
  }
}

function valueLines(sign: '+' | '-', value: unknown): readonly string[] {
  const text = typeof value === 'string' ? value : (JSON.stringify(value, undefined, isShort(value) ? 0 : 2) ?? '')
  const color = sign === '+' ? 'green' : 'red'
  return text.split('\n').map((line) => styleText(color, `      ${sign} ${line}`))
}

function isShort(value: unknown): boolean {
  return (JSON.stringify(value) ?? '').length <= 70
}
