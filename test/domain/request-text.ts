import type { RequestText } from '../../src/domain/rule-match.ts'

/** As it stands somewhere in the head of a request. */
export function requestText(text: string): RequestText {
  const before = 'before '
  const bytes = Buffer.from(`${before}${text} and behind`, 'latin1')
  return { bytes, start: before.length, end: before.length + text.length }
}
