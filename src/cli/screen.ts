import { writeSync } from 'node:fs'
import type { WriteStream } from 'node:tty'
import type { ScreenSize } from '../view/screen-lines.ts'
import type { Line, Style } from '../view/styled.ts'

const escape = '\u001B['
/** The other screen, which leaves what was there before as it was; no cursor. */
const enter = `${escape}?1049h${escape}?25l`
const leave = `${escape}?25h${escape}?1049l`
/** Terminals that know it show the whole of a change at once; the others ignore it. */
const beginUpdate = `${escape}?2026h`
const endUpdate = `${escape}?2026l`

/** A terminal whose whole screen is drawn again and again. However the program ends, it gets its cursor back. */
export class Screen {
  readonly #output: WriteStream
  readonly #isColoured: boolean
  readonly #restore = (): void => this.#leaveNow()
  #drawn = ''
  #isOpen = false

  constructor(output: WriteStream) {
    this.#output = output
    this.#isColoured = isColoured(output)
  }

  get size(): ScreenSize {
    return { width: Math.max(20, this.#output.columns || 80), height: Math.max(3, this.#output.rows || 24) }
  }

  open(): void {
    this.#isOpen = true
    process.on('exit', this.#restore)
    this.#output.write(enter)
  }

  /** Writes only where something is different, over what is there, so that nothing flickers. */
  draw(lines: readonly Line[]): void {
    const { height } = this.size
    const rows = lines.slice(0, height).map((line) => `${painted(line, this.#isColoured)}${escape}K`)
    const text = `${escape}H${rows.join('\r\n')}${escape}J`
    if (!this.#isOpen || text === this.#drawn) return
    this.#drawn = text
    this.#output.write(`${beginUpdate}${text}${endUpdate}`)
  }

  /** What was there before is back. */
  close(): void {
    process.off('exit', this.#restore)
    if (this.#isOpen) this.#output.write(leave)
    this.#isOpen = false
  }

  #leaveNow(): void {
    if (!this.#isOpen) return
    try {
      writeSync(1, leave)
    } catch {
      // The terminal is gone: nobody needs its cursor.
    }
  }
}

/** NO_COLOR means no colours, whatever it is set to; so does a terminal that says it is dumb. */
export function isColoured(output: { readonly isTTY?: boolean }): boolean {
  return output.isTTY === true && !process.env['NO_COLOR'] && process.env['TERM'] !== 'dumb'
}

/** The sixteen colours that every terminal adapts to its own background. */
const codes = {
  strong: '1',
  faint: '2',
  good: '32',
  bad: '31;1',
  warning: '33',
  blue: '34;1',
  green: '32;1',
} as const satisfies Readonly<Record<Style, string>>

export function painted(line: Line, withColours: boolean): string {
  return line
    .map(({ text, style }) => {
      if (!withColours || style === undefined || text.trim() === '') return text
      return `${escape}${codes[style]}m${text}${escape}0m`
    })
    .join('')
    .trimEnd()
}
