import { comparedHeaders, type ComparisonOptions } from './comparison.ts'
import { AcceptanceOptionError, type AcceptanceOptions } from './options.ts'

export type HookSettings = {
  readonly bucket: string
  readonly key: string
  /** No more of the list are requested than these, those with most traffic first. */
  readonly mostUrls: number
  readonly acceptance: AcceptanceOptions
}

type Variables = Readonly<Record<string, string | undefined>>

/**
 * Reads the function's variables: `BUCKET`, `FILEPATH`, `ENDPOINT` and `ACCEPTANCE_THRESHOLD` (percent, default 95), and
 * those that begin with `ACCEPTANCE_`, each of which may be left out. Throws an `AcceptanceOptionError` that names the
 * variable.
 */
export function hookSettings(variables: Variables): HookSettings {
  const read = new VariableReader(variables)
  const host = read.text('ACCEPTANCE_HOST')
  const requestsPerSecond = read.number('ACCEPTANCE_REQUESTS_PER_SECOND')
  const totalSeconds = read.number('ACCEPTANCE_TOTAL_SECONDS')
  const comparison = comparisonOf(read)
  return {
    bucket: read.needed('BUCKET'),
    key: read.needed('FILEPATH'),
    mostUrls: read.number('ACCEPTANCE_MOST_URLS') ?? Infinity,
    acceptance: {
      url: read.needed('ENDPOINT'),
      thresholdPercent: read.number('ACCEPTANCE_THRESHOLD') ?? 95,
      inFlight: read.number('ACCEPTANCE_IN_FLIGHT') ?? 50,
      requestTimeoutMilliseconds: 1000 * (read.number('ACCEPTANCE_REQUEST_TIMEOUT_SECONDS') ?? 10),
      retries: read.number('ACCEPTANCE_RETRIES') ?? 0,
      followRedirects: read.number('ACCEPTANCE_FOLLOW_REDIRECTS') ?? 0,
      seed: read.number('ACCEPTANCE_SEED') ?? 1,
      insecure: read.flag('ACCEPTANCE_INSECURE'),
      headers: read.headers('ACCEPTANCE_HEADERS'),
      ...(host !== undefined && { host }),
      ...(requestsPerSecond !== undefined && { requestsPerSecond }),
      ...(totalSeconds !== undefined && { totalMilliseconds: 1000 * totalSeconds }),
      ...(comparison !== undefined && { comparison }),
    },
  }
}

function comparisonOf(read: VariableReader): ComparisonOptions | undefined {
  const url = read.text('ACCEPTANCE_COMPARE_WITH')
  if (url === undefined) {
    const given = ['ACCEPTANCE_COMPARE_HEADERS', 'ACCEPTANCE_COMPARE_BODY', 'ACCEPTANCE_COMPARE_IGNORE'].find((name) =>
      read.text(name),
    )
    if (given === undefined) return undefined
    throw new AcceptanceOptionError(
      `the variable ${given} says how to compare, and ACCEPTANCE_COMPARE_WITH does not say with what.`,
    )
  }
  return {
    url,
    headers: read.list('ACCEPTANCE_COMPARE_HEADERS') ?? comparedHeaders,
    body: bodyOf(read.text('ACCEPTANCE_COMPARE_BODY')),
    ignoredPaths: read.list('ACCEPTANCE_COMPARE_IGNORE') ?? [],
  }
}

function bodyOf(text = 'ignored'): 'ignored' | 'hash' | 'json' {
  if (text === 'ignored' || text === 'hash' || text === 'json') return text
  throw new AcceptanceOptionError(`ACCEPTANCE_COMPARE_BODY is '${text}'; it is ignored, hash or json.`)
}

class VariableReader {
  readonly #variables: Variables

  constructor(variables: Variables) {
    this.#variables = variables
  }

  /** An empty one counts as none. */
  text(name: string): string | undefined {
    return this.#variables[name]?.trim() || undefined
  }

  needed(name: string): string {
    const text = this.text(name)
    if (text === undefined) throw new AcceptanceOptionError(`the variable ${name} is not set.`)
    return text
  }

  number(name: string): number | undefined {
    const text = this.text(name)
    if (text === undefined || /^\d+(\.\d+)?$/.test(text)) return text === undefined ? undefined : Number(text)
    throw new AcceptanceOptionError(`the variable ${name} is '${text}'; it is a number.`)
  }

  flag(name: string): boolean {
    const text = this.text(name) ?? 'false'
    if (text === 'true' || text === 'false') return text === 'true'
    throw new AcceptanceOptionError(`the variable ${name} is '${text}'; it is true or false.`)
  }

  /** Between commas. */
  list(name: string): readonly string[] | undefined {
    return this.text(name)
      ?.split(',')
      .map((item) => item.trim())
      .filter((item) => item !== '')
  }

  /** A JSON object of texts. */
  headers(name: string): Readonly<Record<string, string>> {
    const text = this.text(name)
    if (text === undefined) return {}
    try {
      const value: unknown = JSON.parse(text)
      if (isTexts(value)) return value
    } catch {
      // Told below, as what is JSON and no object.
    }
    throw new AcceptanceOptionError(`the variable ${name} is no JSON object of texts, as {"x-preview": "yes"}.`)
  }
}

function isTexts(value: unknown): value is Readonly<Record<string, string>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  return Object.values(value).every((member) => typeof member === 'string')
}
