import { Component, h } from 'preact'
import type { ComponentChild } from 'preact'
import type { Cell, Wall } from './wall.ts'

const size = 9
const gap = 3
const rows = 12

/** The wall on a canvas: it is drawn when something new is on it, and again when it changes its width. */
export class WallView extends Component<{ readonly wall: Wall; readonly version: number }> {
  #canvas: HTMLCanvasElement | null = null
  #observer: ResizeObserver | undefined
  /** Measured when it changes: to ask for it is to have the page laid out. */
  #width = 0

  override componentDidMount(): void {
    this.#observer = new ResizeObserver(([entry]) => {
      this.#width = Math.floor(entry?.contentRect.width ?? 0)
      this.#draw()
    })
    if (this.#canvas?.parentElement) this.#observer.observe(this.#canvas.parentElement)
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', this.#draw)
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
    const width = this.#width
    if (!canvas || !context || width === 0) return
    const { wall } = this.props
    const columns = Math.floor((width + gap) / (size + gap))
    wall.visible = columns * rows
    const [pixels, height] = [window.devicePixelRatio || 1, rows * (size + gap) - gap]
    if (canvas.width !== Math.floor(width * pixels) || canvas.height !== Math.floor(height * pixels)) {
      canvas.width = width * pixels
      canvas.height = height * pixels
      canvas.style.width = `${width}px`
      canvas.style.height = `${height}px`
    }
    context.setTransform(pixels, 0, 0, pixels, 0, 0)
    context.clearRect(0, 0, width, height)
    drawCells(context, wall.cells.slice(-wall.visible), columns, coloursOf(canvas))
  }
}

type Colours = Readonly<Record<Cell['side'] | 'bad' | 'empty', string>>

function coloursOf(canvas: HTMLCanvasElement): Colours {
  const style = getComputedStyle(canvas)
  const colour = (name: string): string => style.getPropertyValue(`--${name}`)
  return {
    blue: colour('blue'),
    green: colour('green'),
    none: colour('muted'),
    bad: colour('bad'),
    empty: colour('line'),
  }
}

/** All that look alike are one path: to fill each by itself takes several times as long. */
function drawCells(context: CanvasRenderingContext2D, cells: readonly Cell[], columns: number, colours: Colours): void {
  const first = columns * rows - cells.length
  const places = Array.from({ length: columns * rows }, (_, place) => place)
  for (const [look, its] of Map.groupBy(places, (place) => lookOf(cells[place - first]))) {
    const [name, kind] = look.split(' ') as [keyof Colours, 'solid' | 'faint' | 'hollow']
    context.beginPath()
    for (const place of its) {
      const [x, y] = [Math.floor(place / rows) * (size + gap), (place % rows) * (size + gap)]
      if (kind === 'hollow') context.rect(x + 0.75, y + 0.75, size - 1.5, size - 1.5)
      else context.roundRect(x, y, size, size, 2)
    }
    context.globalAlpha = kind === 'faint' ? 0.45 : 1
    context.lineWidth = 1.5
    context.fillStyle = colours[name]
    context.strokeStyle = colours[name]
    if (kind === 'hollow') context.stroke()
    else context.fill()
  }
}

function lookOf(cell: Cell | undefined): string {
  if (cell === undefined) return 'empty faint'
  const name = cell.verdict === 'failed' ? 'bad' : cell.side
  if (cell.isTest) return `${name} hollow`
  return `${name} ${cell.verdict === 'given up' ? 'faint' : 'solid'}`
}
