import { invalid, unsupported } from './errors.ts'

/** What values an attribute can have. An attribute without a rule can only have its default. */
export type AttributeRule =
  | 'boolean'
  | WholeNumber
  | { readonly oneOf: readonly string[] }
  /** A text of its own form: what it must be, in words that follow "must be". */
  | { readonly matches: RegExp; readonly mustBe: string }

type WholeNumber = {
  readonly minimum: number
  readonly maximum: number
  /** A word or number beside the range: `off`, or `0`. */
  readonly or?: string
}

/** The value as it is kept; throws where the attribute cannot have it. `attribute` begins the message. */
export function readValue(attribute: string, rule: AttributeRule, value: string): string {
  if (rule === 'boolean') return readOneOf(attribute, ['true', 'false'], value)
  if ('oneOf' in rule) return readOneOf(attribute, rule.oneOf, value)
  if ('minimum' in rule) return readNumber(attribute, rule, value)
  if (rule.matches.test(value)) return value
  throw invalid(`${attribute} must be ${rule.mustBe}, not '${value}'`)
}

/** The default, which is the only value of an attribute that nothing here could act upon. */
export function readDefault(attribute: string, byDefault: string, value: string, reason?: string): string {
  if (value === byDefault) return value
  const code = 'InvalidConfigurationRequestException'
  const because = reason === undefined ? '' : `${reason}; `
  throw unsupported(code, `${attribute} with value`, value, `${because}leave it at its default '${byDefault}'`)
}

function readOneOf(attribute: string, values: readonly string[], value: string): string {
  if (values.includes(value)) return value
  throw invalid(`${attribute} must be ${inWords(values)}, not '${value}'`)
}

function readNumber(attribute: string, { minimum, maximum, or }: WholeNumber, value: string): string {
  if (value === or) return value
  const number = /^\d{1,10}$/.test(value) ? Number(value) : Number.NaN
  if (number >= minimum && number <= maximum) return String(number)
  const range = `a whole number between ${minimum} and ${maximum}`
  throw invalid(`${attribute} must be ${or === undefined ? range : `${inWords([or])} or ${range}`}, not '${value}'`)
}

function inWords(values: readonly string[]): string {
  const words = values.map((value) => (value === '' ? 'empty' : value))
  return words.length === 1 ? (words[0] ?? '') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`
}
