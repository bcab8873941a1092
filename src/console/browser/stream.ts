export type Handlers = Record<string, (data: unknown) => unknown>

export type StreamListener = {
  readonly handlers: Handlers
  readonly connected: (now: 'live' | 'lost') => void
  /** Why the server does not let it watch. */
  readonly refused: (why: string) => void
}

/** The server says at least every 15 seconds that it is there: one that does not has stopped, or cannot be reached any more. */
const mostSilentMilliseconds = 35_000
const againMilliseconds = 3_000

/** What the server tells of what is looked at, for as long as it is looked at. */
export class Stream {
  readonly #url: string
  readonly #listener: StreamListener
  #events: EventSource | undefined
  #timer: ReturnType<typeof setTimeout> | undefined
  #isClosed = false

  constructor(url: string, listener: StreamListener) {
    this.#url = url
    this.#listener = listener
    this.#open()
  }

  /** Nothing is heard any more. */
  close(): void {
    this.#isClosed = true
    clearTimeout(this.#timer)
    this.#events?.close()
  }

  #open(): void {
    if (this.#isClosed) return
    const { handlers, connected } = this.#listener
    const events = new EventSource(this.#url)
    this.#events = events
    this.#expect()
    events.addEventListener('open', () => connected('live'))
    events.addEventListener('alive', () => this.#expect())
    events.addEventListener('error', () => {
      if (this.#isClosed) return
      connected('lost')
      if (events.readyState === EventSource.CLOSED) void this.#afterRefusal()
    })
    for (const [name, handle] of Object.entries(handlers)) {
      events.addEventListener(name, (event: MessageEvent<string>) => {
        if (this.#isClosed) return
        this.#expect()
        handle(JSON.parse(event.data))
      })
    }
  }

  #expect(): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => {
      this.#listener.connected('lost')
      this.#events?.close()
      this.#open()
    }, mostSilentMilliseconds)
  }

  /** Browsers try again where nobody has answered; where they were refused they do not, and do not say why. */
  async #afterRefusal(): Promise<void> {
    clearTimeout(this.#timer)
    const asked = new AbortController()
    try {
      const answer = await fetch(this.#url, { signal: asked.signal })
      if (answer.status === 401) return goToLogin()
      if (!answer.ok && !this.#isClosed) this.#listener.refused((await answer.text()).trim())
    } catch {
      // It is asked again below.
    }
    asked.abort()
    if (!this.#isClosed) this.#timer = setTimeout(() => this.#open(), againMilliseconds)
  }
}

export function goToLogin(): void {
  location.assign(`/console/login?to=${encodeURIComponent(location.pathname)}`)
}
