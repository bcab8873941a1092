/** A line on the terminal that is written over as things go on; nothing at all where there is no terminal. */
export class ProgressLine {
  readonly #isShown = process.stderr.isTTY
  #shownAt = -Infinity
  #hasText = false

  /** `share` is from 0 to 1. */
  show(share: number, text: string): void {
    const now = performance.now()
    if (!this.#isShown || now - this.#shownAt < pauseMilliseconds) return
    this.#shownAt = now
    this.#hasText = true
    const filled = Math.round(Math.min(1, Math.max(0, share)) * barWidth)
    const bar = `${'█'.repeat(filled)}${'░'.repeat(barWidth - filled)}`
    const line = `${bar} ${String(Math.floor(share * 100)).padStart(3)} %  ${text}`
    process.stderr.write(`\r\u001B[2K${line.slice(0, (process.stderr.columns ?? 80) - 1)}`)
  }

  clear(): void {
    if (this.#hasText) process.stderr.write('\r\u001B[2K')
    this.#hasText = false
  }
}

const pauseMilliseconds = 100
const barWidth = 24
