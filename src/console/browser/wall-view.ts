import { Component, h } from 'preact'
import type { ComponentChild } from 'preact'
import type { Wall } from './wall.ts'

const size = 9
const gap = 3
const rows = 12

/** The wall on a canvas: it is drawn when something new is on it, and again when it changes its width. */
export class WallView extends Component<{ readonly wall: Wall; readonly version: number }> {
  #canvas: HTMLCanvasElement | null = null
  #observer: ResizeObserver | undefined

  override componentDidMount(): void {
    this.#observer = new ResizeObserver(() => this.#draw())
    if (this.#canvas?.parentElement) this.#observer.observe(this.#canvas.parentElement)
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', this.#draw)
    this.#draw()
  }

  override componentWillUnmount(): void {
    this.#observer?.disconnect()
    matchMedia('(prefers-color-scheme: dark)').removeEventListener('change', this.#draw)
  }

  override shouldComponentUpdate(next: { readonly version: number }): boolean {
    return next.version !== this.props.version
  }

  override componentDidUpdate(): void {
    this.#draw()
  }

  override render(): ComponentChild {
    const label = 'The last requests, newest at the right, each in the colour of the revision that answered it'
    return h('div', { class: 'wall' }, h('canvas', { role: 'img', 'aria-label': label, ref: this.#hold }))
  }

  readonly #hold = (canvas: HTMLCanvasElement | null): void => {
    this.#canvas = canvas
  }

  readonly #draw = (): void => {
    const canvas = this.#canvas
    const context = canvas?.getContext('2d')
    const width = canvas?.parentElement?.clientWidth ?? 0
    if (!canvas || !context || width === 0) return
    const { wall } = this.props
    const columns = Math.floor((width + gap) / (size + gap))
    wall.visible = columns * rows
    const [pixels, height] = [window.devicePixelRatio || 1, rows * (size + gap) - gap]
    canvas.width = width * pixels
    canvas.height = height * pixels
    canvas.style.width = `${width}px`
    canvas.style.height = `${height}px`
    context.scale(pixels, pixels)
    const style = getComputedStyle(canvas)
    const colour = (name: string): string => style.getPropertyValue(`--${name}`)
    const colours = { blue: colour('blue'), green: colour('green'), none: colour('muted') }
    const [bad, empty] = [colour('bad'), colour('line')]
    const cells = wall.cells.slice(-wall.visible)
    const first = columns * rows - cells.length
    for (let place = 0; place < columns * rows; place += 1) {
      const [x, y] = [Math.floor(place / rows) * (size + gap), (place % rows) * (size + gap)]
      const cell = cells[place - first]
      context.fillStyle = cell === undefined ? empty : cell.verdict === 'failed' ? bad : colours[cell.side]
      context.globalAlpha = cell === undefined ? 0.45 : cell.verdict === 'given up' ? 0.45 : 1
      if (cell?.isTest === true) {
        context.strokeStyle = context.fillStyle
        context.lineWidth = 1.5
        context.strokeRect(x + 0.75, y + 0.75, size - 1.5, size - 1.5)
      } else {
        context.beginPath()
        context.roundRect(x, y, size, size, 2)
        context.fill()
      }
    }
  }
}
