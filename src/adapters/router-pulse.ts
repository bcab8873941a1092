import type { RouterReport } from '../domain/router-report.ts'
import type { Log } from '../engine/ports.ts'
import { ReportCopy } from './report-copy.ts'
import { callRouter, killHungRouter, type RouterNumber, RouterUnreachable, routerSocketPath } from './router-process.ts'

/** A router answers within a millisecond; a busy machine may take longer. */
const answerMilliseconds = 2_000
/**
 * A router that leaves so many calls unanswered, one after the other, is hung. They are counted, and no time is taken: this
 * process or the whole machine may have been stopped for hours in the middle of one, but then the next one is answered.
 */
const mostUnanswered = 3

export type PulseState =
  | 'answers'
  /** It has its socket and does not answer. */
  | 'silent'
  /** As before, and was ended for that. */
  | 'killed'
  | 'gone'
  /** It could not be asked, because this process is out of what that takes. */
  | 'unasked'

/** What a router reports, and whether it is alive. One that hangs is ended: it holds up everything and serves nobody. */
export class RouterPulse {
  readonly #dataDirectory: string
  readonly #router: RouterNumber
  readonly #log: Log
  readonly #copy = new ReportCopy()
  #unanswered = 0

  constructor({ dataDirectory, router, log }: PulseSettings) {
    this.#dataDirectory = dataDirectory
    this.#router = router
    this.#log = log
  }

  /** The last one that came. */
  get report(): RouterReport | undefined {
    return this.#copy.report
  }

  async take(): Promise<PulseState> {
    try {
      this.#copy.hear(await this.call('GET', '/report', { 'If-None-Match': this.#copy.revision }))
      return 'answers'
    } catch (error) {
      if (!(error instanceof RouterUnreachable)) throw error
      if (error.isOurs) return 'unasked'
      if (error.isGone) return 'gone'
      return this.#unanswered >= mostUnanswered && this.#kill() ? 'killed' : 'silent'
    }
  }

  /** Any call that is answered at once. Rejects as `callRouter` does. */
  async call(method: 'GET' | 'POST', path: string, headers: Readonly<Record<string, string>> = {}): Promise<unknown> {
    try {
      const socketPath = routerSocketPath(this.#dataDirectory, this.#router)
      const answer = await callRouter(socketPath, { method, path, headers, answerMilliseconds })
      this.#unanswered = 0
      return answer
    } catch (error) {
      this.#unanswered = error instanceof RouterUnreachable && error.isUnanswered ? this.#unanswered + 1 : 0
      throw error
    }
  }

  #kill(): boolean {
    this.#unanswered = 0
    const pid = killHungRouter(this.#dataDirectory, this.#router, this.report?.pid)
    if (pid !== undefined) this.#log.warn(`The router (process ${pid}) does not answer; it is ended.`)
    return pid !== undefined
  }
}

type PulseSettings = { readonly dataDirectory: string; readonly router: RouterNumber; readonly log: Log }
