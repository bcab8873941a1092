import { createHash } from 'node:crypto'
import type { Answer } from './answer.ts'

/** What of two answers has to be the same. */
export type ComparisonOptions = {
  /** Where the version runs that is known to be good: `http://www.example.com`. */
  readonly url: string
  /** Headers that must be equal. */
  readonly headers?: readonly string[]
  /** `hash`: byte for byte. `json`: the same members with values of the same types, whatever the values; `hash` of others. */
  readonly body?: 'ignored' | 'hash' | 'json'
  /** Paths that are only requested and not compared; `*` stands for anything. */
  readonly ignoredPaths?: readonly string[]
}

export const comparedHeaders: readonly string[] = ['content-type', 'location']

/** Kinds of differences of `green` from `blue`, each the same text for all URLs that differ in that way. */
export function differencesOf(
  green: Answer,
  blue: Answer,
  of: { readonly options: ComparisonOptions; readonly greenOrigin: string },
): readonly string[] {
  const { options, greenOrigin } = of
  const { headers = comparedHeaders, body = 'ignored' } = options
  const blueOrigin = new URL(options.url).origin
  if (green.status !== blue.status) return [`answered ${green.status} where blue answers ${blue.status}`]
  const different = headers.filter((name) => {
    return headerOf(green, name, greenOrigin) !== headerOf(blue, name, blueOrigin)
  })
  const texts = different.map((name) => `header ${name.toLowerCase()} differs from blue's`)
  return isBodyDifferent(green, blue, body) ? [...texts, bodyText(body)] : texts
}

export function isComparable(path: string, { ignoredPaths = [] }: ComparisonOptions): boolean {
  return !ignoredPaths.some((pattern) => matches(path, pattern))
}

/** A path without a `*` stands for itself, whatever its query. */
function matches(path: string, pattern: string): boolean {
  const parts = pattern.split('*').map((part) => part.replaceAll(/[\\^$.|?+()[\]{}]/g, String.raw`\$&`))
  return new RegExp(`^${parts.join('.*')}${pattern.includes('?') ? '' : String.raw`(\?.*)?`}$`).test(path)
}

/** Without the server's own name, for blue and green have different ones. */
function headerOf({ headers }: Answer, name: string, origin: string): string {
  const value = headers[name.toLowerCase()]
  const text = Array.isArray(value) ? value.join(', ') : (value ?? '')
  return text.startsWith(`${origin}/`) ? text.slice(origin.length) : text
}

function isBodyDifferent(green: Answer, blue: Answer, body: 'ignored' | 'hash' | 'json'): boolean {
  if (body === 'ignored' || green.body === undefined || blue.body === undefined) return false
  if (body === 'json') {
    const [greenShape, blueShape] = [jsonShape(green.body), jsonShape(blue.body)]
    if (greenShape !== undefined || blueShape !== undefined) return greenShape !== blueShape
  }
  return green.bytes !== blue.bytes || hashOf(green.body) !== hashOf(blue.body)
}

function bodyText(body: 'ignored' | 'hash' | 'json'): string {
  return body === 'json' ? "body has another shape than blue's" : "body differs from blue's"
}

function hashOf(body: Buffer): string {
  return createHash('sha256').update(body).digest('hex')
}

/** Undefined for what is no JSON. */
function jsonShape(body: Buffer): string | undefined {
  try {
    return shapeOf(JSON.parse(body.toString('utf8')))
  } catch {
    return undefined
  }
}

/** `{"id":number,"tags":[string]}`; the elements of an array are told once for each kind. */
function shapeOf(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return `[${[...new Set(value.map(shapeOf))].toSorted().join('|')}]`
  if (typeof value !== 'object') return typeof value
  const members = Object.entries(value).toSorted(([one], [other]) => (one < other ? -1 : 1))
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${shapeOf(member)}`).join(',')}}`
}
