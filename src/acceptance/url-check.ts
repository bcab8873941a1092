import { requestFailureOf, type Answer } from './answer.ts'
import { differencesOf, isComparable } from './comparison.ts'
import { HttpClient } from './http-client.ts'
import type { CheckedOptions } from './options.ts'
import type { ListedUrl } from './url-list.ts'

/** What became of one URL of the list. */
export type UrlResult = {
  readonly url: ListedUrl
  /** Unfinished: there was no time for it. */
  readonly outcome: 'passed' | 'failed' | 'unfinished'
  /** Why it failed, the same text for all that failed in the same way. */
  readonly cause?: string
  /** What was answered last. */
  readonly status?: number
  readonly milliseconds?: number
  readonly blueStatus?: number
  readonly blueMilliseconds?: number
  /** It passed because blue answers the same, and not what the list says. */
  readonly isListOutdated?: boolean
  /** It was to be compared, and blue had no answer: only the list could judge it. */
  readonly isBlueSilent?: boolean
  /** Requests it took, when more than one. */
  readonly attempts?: number
}

const mostBodyBytes = 8 * 1024 * 1024

/** Judges one URL after the other, or several at once. */
export class UrlChecker {
  readonly #options: CheckedOptions
  readonly #green: HttpClient
  readonly #blue: HttpClient | undefined
  readonly #signal: AbortSignal

  constructor(options: CheckedOptions, signal: AbortSignal) {
    const { comparison } = options
    this.#options = options
    this.#signal = signal
    this.#green = new HttpClient({ ...options, mostBodyBytes })
    this.#blue = comparison && new HttpClient({ ...options, url: new URL(comparison.url), mostBodyBytes })
  }

  async check(url: ListedUrl): Promise<UrlResult> {
    for (let attempts = 1; ; attempts++) {
      const result = await this.#attempt(url)
      if (this.#signal.aborted && result.outcome === 'failed') return { url, outcome: 'unfinished' }
      if (result.outcome === 'passed' || attempts > this.#options.retries) {
        return attempts === 1 ? result : { ...result, attempts }
      }
    }
  }

  close(): void {
    this.#green.close()
    this.#blue?.close()
  }

  async #attempt(url: ListedUrl): Promise<UrlResult> {
    const { comparison } = this.#options
    const isCompared = comparison !== undefined && isComparable(url.path, comparison)
    const [green, blue] = await Promise.all([this.#askGreen(url), isCompared ? this.#askBlue(url) : undefined])
    if ('failure' in green) {
      return { url, outcome: 'failed', cause: green.failure, ...(blue !== undefined && { blueStatus: blue.status }) }
    }
    const { status, milliseconds } = green
    const answered = { url, status, milliseconds: Math.round(milliseconds * 10) / 10 }
    const byList = { ...answered, ...(isCompared && { isBlueSilent: true }) }
    if (blue === undefined) return { ...byList, ...this.#judgedByList(url, status) }
    const compared = {
      ...answered,
      blueStatus: blue.status,
      blueMilliseconds: Math.round(blue.milliseconds * 10) / 10,
    }
    const [cause] = await this.#differences(url, green, blue)
    if (cause !== undefined) return { ...compared, outcome: 'failed', cause }
    const isListOutdated = !isExpected(url, status)
    return { ...compared, outcome: 'passed', ...(isListOutdated && { isListOutdated }) }
  }

  #judgedByList(url: ListedUrl, status: number): Pick<UrlResult, 'outcome' | 'cause'> {
    if (isExpected(url, status)) return { outcome: 'passed' }
    const wanted = (url.expected ?? [200]).join(' or ')
    return { outcome: 'failed', cause: `answered ${status} instead of ${wanted}` }
  }

  /** What blue itself answers differently a second time is no difference. */
  async #differences(url: ListedUrl, green: Answer, blue: Answer): Promise<readonly string[]> {
    const { comparison: options, url: greenUrl } = this.#options
    if (options === undefined) return []
    const found = differencesOf(green, blue, { options, greenOrigin: greenUrl.origin })
    if (found.length === 0) return found
    const again = await this.#askBlue(url)
    if (again === undefined) return found
    const greenOrigin = new URL(options.url).origin
    const unsteady = differencesOf(again, blue, { options, greenOrigin })
    const isStatusUnsteady = again.status !== blue.status
    return isStatusUnsteady && again.status === green.status ? [] : found.filter((text) => !unsteady.includes(text))
  }

  async #askGreen(url: ListedUrl): Promise<Answer | { readonly failure: string }> {
    try {
      return await this.#ask(this.#green, url)
    } catch (error) {
      return { failure: requestFailureOf(error).message }
    }
  }

  /** Undefined where blue has no answer either: then only the list can say what is expected. */
  async #askBlue(url: ListedUrl): Promise<Answer | undefined> {
    try {
      return this.#blue && (await this.#ask(this.#blue, url))
    } catch {
      return undefined
    }
  }

  /** Of green as of blue: where redirects are followed, it is what they lead to that is compared. */
  async #ask(server: HttpClient, url: ListedUrl): Promise<Answer> {
    let [answer, path] = [await server.get(url.path, this.#request()), url.path]
    for (let redirects = 0; redirects < this.#options.followRedirects; redirects++) {
      const { status, headers } = answer
      if (isExpected(url, status) || status < 300 || status > 399 || headers.location === undefined) break
      const next = URL.parse(headers.location, new URL(path, server.url).href)
      if (next === null || !server.has(next)) break
      path = `${next.pathname}${next.search}`
      const { milliseconds, ...rest } = await server.get(path, this.#request())
      answer = { ...rest, milliseconds: answer.milliseconds + milliseconds }
    }
    return answer
  }

  #request() {
    const keepsBody = (this.#options.comparison?.body ?? 'ignored') !== 'ignored'
    return { keepsBody, signal: this.#signal }
  }
}

function isExpected({ expected = [200] }: ListedUrl, status: number): boolean {
  return expected.includes(status)
}
