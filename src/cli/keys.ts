import type { ReadStream } from 'node:tty'

/** What is typed while a screen is shown, key by key. Ctrl-C, a closed terminal and `kill` come as keys too. */
export class Keys {
  readonly #input: ReadStream
  readonly #listener: (key: string) => void
  readonly #take = (chunk: Buffer): void => {
    for (const key of chunk.toString('utf8')) this.#listener(key === '\u0003' ? 'ctrl-c' : key.toLowerCase())
  }
  readonly #interrupt = (): void => this.#listener('ctrl-c')

  constructor(input: ReadStream, listener: (key: string) => void) {
    this.#input = input
    this.#listener = listener
  }

  open(): void {
    process.on('SIGINT', this.#interrupt)
    if (!this.#input.isTTY) return
    this.#input.setRawMode(true)
    this.#input.on('data', this.#take)
    this.#input.resume()
  }

  close(): void {
    process.off('SIGINT', this.#interrupt)
    if (!this.#input.isTTY) return
    this.#input.off('data', this.#take)
    this.#input.setRawMode(false)
    this.#input.pause()
  }
}
