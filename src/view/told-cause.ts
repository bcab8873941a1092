import { shortenedArns } from './surroundings.ts'

/**
 * The message of a failure in two: what it is, in AWS's own sentences, and what Teal saw of it and tells behind them. Where
 * there is nothing behind, as on AWS, all of it is the cause.
 */
export function toldCause(message: string): { readonly cause: string; readonly details: readonly string[] } {
  const sentences = shortenedArns(message).match(sentence) ?? []
  const first = sentences.findIndex((each) => seen.test(each.trim()))
  if (first < 0) return { cause: shortenedArns(message), details: [] }
  return { cause: sentences.slice(0, first).join('').trim(), details: sentences.slice(first).flatMap(lines) }
}

/** To a full stop with a space behind it; what is quoted may have some of its own. */
const sentence = /(?:"[^"]*"|[^".]|\.(?=\S))+\.?\s*/g

/** How such a sentence begins. */
const seen = /^(?:\d+ of \d+ tasks?\b|Task [0-9a-f]{8}|\S+ (?:failed|returned) without calling|Its last lines:)/

/** The lines of a log below what is said about it. */
function lines(text: string): readonly string[] {
  const [, about = text.trim(), log] = ofLog.exec(text.trim()) ?? []
  const said = about.replace(/[.:;]$/, '')
  if (log === undefined) return [said]
  return [said, ...log.split(' / ').map((line) => `| ${line}`)]
}

const ofLog = /^(.*?)(?:; the last lines of container \S+)?: "(.*)"\.?$/s
