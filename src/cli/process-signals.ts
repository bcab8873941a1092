export type EndSignal = 'SIGINT' | 'SIGTERM'

/**
 * One Ctrl-C often arrives twice, from the terminal and from the npm that started the program; a person needs longer than
 * this for a second one.
 */
const oneKeyPressMilliseconds = 400

/** The signals that ask the program to end, one at a time. A closed terminal (SIGHUP) counts as Ctrl-C. */
export class ProcessSignals {
  readonly #queue: EndSignal[] = []
  #waiting: ((signal: EndSignal) => void) | undefined
  #lastAt = -Infinity

  constructor() {
    process.on('SIGINT', () => this.#received('SIGINT'))
    process.on('SIGHUP', () => this.#received('SIGINT'))
    process.on('SIGTERM', () => this.#received('SIGTERM'))
  }

  next(): Promise<EndSignal> {
    const signal = this.#queue.shift()
    if (signal !== undefined) return Promise.resolve(signal)
    return new Promise((resolve) => {
      this.#waiting = resolve
    })
  }

  #received(signal: EndSignal): void {
    const now = performance.now()
    const isEcho = now - this.#lastAt < oneKeyPressMilliseconds
    this.#lastAt = now
    if (isEcho) return
    const waiting = this.#waiting
    this.#waiting = undefined
    if (waiting === undefined) this.#queue.push(signal)
    else waiting(signal)
  }
}
