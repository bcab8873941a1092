/** A filter pattern of words, as a question to a message. */
export type LogFilter = (message: string) => boolean

type Term = { readonly kind: 'must' | 'may' | 'mustNot'; readonly text: string }

/**
 * Reads a filter pattern of terms: `ERROR`, `"a phrase"`, `-without`, `?either ?or`; all of the first, none of the second,
 * and one of the third kind (AWS: filter and pattern syntax, unstructured). Undefined for a pattern of another kind:
 * `{ $.json }`, `[columns]`, `%regex%`.
 */
export function readLogFilter(pattern: string): LogFilter | undefined {
  const text = pattern.trim()
  if (/^[{[%]/.test(text)) return undefined
  const terms = Array.from(
    text.matchAll(/([?-]?)(?:"((?:[^"\\]|\\.)*)"|([^\s"]+))/g),
    ([, sign, phrase, word]): Term => ({
      kind: sign === '-' ? 'mustNot' : sign === '?' ? 'may' : 'must',
      text: phrase === undefined ? (word ?? '') : phrase.replaceAll(/\\(.)/g, '$1'),
    }),
  )
  const of = (kind: Term['kind']): readonly string[] =>
    terms.filter((term) => term.kind === kind).map((term) => term.text)
  const [must, may, mustNot] = [of('must'), of('may'), of('mustNot')]
  return (message) =>
    must.every((each) => message.includes(each)) &&
    (may.length === 0 || may.some((each) => message.includes(each))) &&
    !mustNot.some((each) => message.includes(each))
}
