import type { ComparisonOptions } from './comparison.ts'

// An `import` would load `fetch` with it, and take several times as long.
const { validateHeaderName, validateHeaderValue } = process.getBuiltinModule('node:http')

/** How an acceptance test is run, and when it is passed. */
export type AcceptanceOptions = {
  /** Where the version to be judged is reached: `http://host:8080`, nothing behind the port. Paths are put behind it. */
  readonly url: string
  /** Of the URLs, so many have to pass. */
  readonly thresholdPercent: number
  /** Requests at once; default 50. */
  readonly inFlight?: number
  /** Default: as many as are answered. */
  readonly requestsPerSecond?: number
  /** From the connection to the last byte; default 10 s. */
  readonly requestTimeoutMilliseconds?: number
  /** After so long nothing more is requested, and what is open is ended; default: none. */
  readonly totalMilliseconds?: number
  /** How often a request that failed is sent again; default 0. */
  readonly retries?: number
  /** The Host header, and the name for TLS. */
  readonly host?: string
  readonly headers?: Readonly<Record<string, string>>
  /** How many redirects within the same server are followed where the first status is not what is expected; default 0. */
  readonly followRedirects?: number
  /** Any certificate will do; default false. */
  readonly insecure?: boolean
  /** Decides the order of the requests; default 1. */
  readonly seed?: number
  readonly comparison?: ComparisonOptions
  /** Ends the run early; what was not requested then is told as such. */
  readonly signal?: AbortSignal
  readonly onProgress?: (progress: Progress) => void
}

export type Progress = { readonly done: number; readonly failed: number; readonly total: number }

/** Options that cannot be: the message names which, and what it may be. */
export class AcceptanceOptionError extends Error {
  override readonly name = 'AcceptanceOptionError'
}

export type CheckedOptions = Required<
  Pick<
    AcceptanceOptions,
    'inFlight' | 'requestTimeoutMilliseconds' | 'retries' | 'followRedirects' | 'insecure' | 'seed' | 'thresholdPercent'
  >
> &
  Pick<AcceptanceOptions, 'requestsPerSecond' | 'totalMilliseconds' | 'comparison' | 'onProgress' | 'signal'> & {
    readonly url: URL
    readonly headers: Readonly<Record<string, string>>
  }

/** With the defaults. Throws an `AcceptanceOptionError`. */
export function checkedOptions(options: AcceptanceOptions): CheckedOptions {
  const { host, headers = {}, insecure = false, thresholdPercent } = options
  between('thresholdPercent', thresholdPercent, { least: 0, most: 100 })
  return {
    ...options,
    url: baseUrl(options.url),
    ...(options.comparison && { comparison: { ...options.comparison, url: baseUrl(options.comparison.url).origin } }),
    inFlight: whole('inFlight', options.inFlight ?? 50, { least: 1, most: 10_000 }),
    requestTimeoutMilliseconds: whole('requestTimeoutMilliseconds', options.requestTimeoutMilliseconds ?? 10_000, {
      least: 1,
      most: 2 ** 31 - 1,
    }),
    retries: whole('retries', options.retries ?? 0, { least: 0, most: 100 }),
    followRedirects: whole('followRedirects', options.followRedirects ?? 0, { least: 0, most: 20 }),
    seed: options.seed ?? 1,
    insecure,
    headers: checkedHeaders({ ...headers, ...(host !== undefined && { host }) }),
    ...(options.requestsPerSecond !== undefined && {
      requestsPerSecond: between('requestsPerSecond', options.requestsPerSecond, { least: 0.001, most: 1e6 }),
    }),
    ...(options.totalMilliseconds !== undefined && {
      totalMilliseconds: between('totalMilliseconds', options.totalMilliseconds, { least: 1, most: 2 ** 31 - 1 }),
    }),
  }
}

/** As people write an endpoint: `host:8080` is one of HTTP. */
function baseUrl(text: string): URL {
  const url = text.includes('://') ? text : `http://${text}`
  const parsed = URL.canParse(url) ? new URL(url) : undefined
  if (parsed === undefined || (parsed.protocol !== 'http:' && parsed.protocol !== 'https:') || parsed.hostname === '') {
    throw new AcceptanceOptionError(`'${text}' is no endpoint: http://HOST:PORT or https://HOST:PORT.`)
  }
  if (parsed.pathname !== '/' || parsed.search !== '' || parsed.hash !== '' || parsed.username !== '') {
    throw new AcceptanceOptionError(
      `'${text}' is more than an endpoint: the paths come from the list; http://HOST:PORT.`,
    )
  }
  return parsed
}

function checkedHeaders(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const given = Object.entries(headers).map(([name, value]) => {
    try {
      validateHeaderName(name)
      validateHeaderValue(name, value)
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      throw new AcceptanceOptionError(`the header '${name}' cannot be sent: ${reason}.`)
    }
    return [name.toLowerCase(), value] as const
  })
  return { 'user-agent': 'teal-acceptance', accept: '*/*', ...Object.fromEntries(given) }
}

type Range = { readonly least: number; readonly most: number }

function between(name: string, value: number, { least, most }: Range): number {
  if (value >= least && value <= most) return value
  throw new AcceptanceOptionError(`${name} is ${value}; it is a number from ${least} to ${most}.`)
}

function whole(name: string, value: number, range: Range): number {
  if (Number.isInteger(between(name, value, range))) return value
  throw new AcceptanceOptionError(`${name} is ${value}; it is a whole number.`)
}
