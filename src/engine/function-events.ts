import type { FunctionEvent } from '../domain/lambda-function.ts'
import type { Clock, EngineSettings, Log } from './ports.ts'
import type { Store } from './store.ts'

type Parts = {
  readonly store: Store
  readonly clock: Clock
  readonly settings: EngineSettings
  readonly log: Log
  /** Has the function run; what went wrong, if anything did. */
  readonly run: (event: FunctionEvent) => Promise<string | undefined>
}

/** After how many minutes an event is given again to a function that has failed, as on AWS. */
const retryMinutes = [1, 2]
/** Lambda's default MaximumEventAgeInSeconds. */
const mostAgeMilliseconds = 6 * 3_600_000
/** Others of the processes there may be are left to whoever waits for an answer, such as deployments. */
const mostAtOnce = 16
/** All events are in memory, too. */
const mostBytes = 64 * 1024 * 1024
/** What an event takes beside its payload. */
const bytesOfEach = 1024
/** Of a failed function's answer, in the log. */
const mostComplaintLetters = 1_000

/** Told whoever sends one more event than are kept. */
export class TooManyEventsError extends Error {}

/** Events that wait for functions, are kept on disk, and have the function run until it succeeds or has failed three times. */
export class FunctionEvents {
  readonly #parts: Parts
  readonly #closing = new AbortController()
  readonly #waiting: (() => void)[] = []
  #running = 0
  #bytes = 0

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /** Throws `TooManyEventsError` where more wait than are kept. */
  take(event: FunctionEvent): void {
    if (this.#bytes + bytesOf(event) > mostBytes) {
      throw new TooManyEventsError('Rate exceeded: 64 MB of events wait for functions here, and no more are kept.')
    }
    this.#parts.store.functionEvents.put(event.requestId, event)
    this.#follow(event)
  }

  /** Takes up what an earlier engine has not finished. */
  resume(): void {
    for (const event of this.#parts.store.functionEvents.list()) this.#follow(event)
  }

  close(): void {
    this.#closing.abort(new Error('The engine ends.'))
  }

  #follow(event: FunctionEvent): void {
    this.#bytes += bytesOf(event)
    void this.#handle(event)
  }

  /** One that was being handled when the engine ended is handled anew by the next. */
  async #handle(event: FunctionEvent): Promise<void> {
    const { clock, settings, log } = this.#parts
    const signal = this.#closing.signal
    for (let failures = event.failures; ; failures += 1) {
      const complaint = await this.#inTurn(event)
      if (signal.aborted) return
      if (complaint === undefined) break
      const minutes = this.#isTooOld(event) ? undefined : retryMinutes[failures]
      const next = minutes === undefined ? 'It is not tried again.' : `It is tried again in ${minutes} min.`
      log.warn(`The function ${event.functionName} failed on event ${event.requestId}: ${complaint}. ${next}`)
      if (minutes === undefined) break
      this.#note({ ...event, failures: failures + 1 })
      await clock.sleep(minutes * settings.minuteMilliseconds, signal).catch(() => undefined)
      if (signal.aborted) return
    }
    this.#bytes -= bytesOf(event)
    this.#note(event, 'over')
  }

  /** Once a place is free. */
  async #inTurn(event: FunctionEvent): Promise<string | undefined> {
    if (this.#running < mostAtOnce) this.#running += 1
    else await new Promise<void>((go) => this.#waiting.push(go))
    try {
      if (this.#closing.signal.aborted) return undefined
      if (this.#isTooOld(event)) return 'it has waited for more than six hours'
      return (await this.#parts.run(event))?.slice(0, mostComplaintLetters)
    } finally {
      const next = this.#waiting.shift()
      if (next === undefined) this.#running -= 1
      else next()
    }
  }

  #isTooOld({ sentAt }: FunctionEvent): boolean {
    return this.#parts.clock.now() - sentAt > mostAgeMilliseconds
  }

  /** What cannot be noted, as on a full disk, is found out again: an event may be handled twice, as on AWS. */
  #note(event: FunctionEvent, end?: 'over'): void {
    const { store, log } = this.#parts
    try {
      store.noted(() => {
        if (end === undefined) store.functionEvents.put(event.requestId, event)
        else store.functionEvents.delete(event.requestId)
      })
    } catch (error) {
      log.warn(`How event ${event.requestId} of ${event.functionName} went cannot be written down: ${String(error)}`)
    }
  }
}

function bytesOf({ payload, clientContext = '' }: FunctionEvent): number {
  return Buffer.byteLength(payload) + clientContext.length + bytesOfEach
}
