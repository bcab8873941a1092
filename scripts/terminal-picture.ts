/**
 * Draws what a terminal shows as an SVG, for the documents: `tmux capture-pane -e -p | node scripts/terminal-picture.ts > x.svg`.
 * It knows the colours that Teal uses, bold and faint; everything else is plain text.
 */
import { text } from 'node:stream/consumers'

const characterWidth = 8.4
const lineHeight = 19
const margin = 20
const colours: Readonly<Record<number, string>> = {
  31: '#f47067',
  32: '#57ab5a',
  33: '#c69026',
  34: '#6cb6ff',
  36: '#39c5cf',
}

type Look = { readonly colour?: string | undefined; readonly isBold?: boolean; readonly isFaint?: boolean }

const escape = String.fromCodePoint(27)
const codesAlone = new RegExp(`^${escape}\\[([\\d;]*)m$`)
const codesBetween = new RegExp(`(${escape}\\[[\\d;]*m)`, 'g')
const lines = (await text(process.stdin)).trimEnd().split('\n')
const columns = Math.max(...lines.map((line) => withoutCodes(line).length))
const [width, height] = [Math.ceil(columns * characterWidth) + 2 * margin, lines.length * lineHeight + 2 * margin]
console.log(
  `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" ` +
    'font-family="ui-monospace, Menlo, Consolas, \'DejaVu Sans Mono\', monospace" font-size="14" fill="#d5dde5">',
)
console.log(`<rect width="${width}" height="${height}" rx="10" fill="#12191f"/>`)
let look: Look = {}
for (const [row, line] of lines.entries()) drawLine(line, margin + (row + 0.75) * lineHeight)
console.log('</svg>')

/** Each piece of one look stands where its column is, whatever the width of the reader's font. */
function drawLine(line: string, y: number): void {
  let column = 0
  for (const piece of line.split(codesBetween)) {
    const codes = codesAlone.exec(piece)?.[1]
    if (codes !== undefined) {
      look = codes.split(';').reduce((before, code) => changed(before, Number(code)), look)
      continue
    }
    if (piece.trim() !== '') console.log(drawn(piece, margin + column * characterWidth, y))
    column += piece.length
  }
}

function changed(before: Look, code: number): Look {
  if (code === 0) return {}
  if (code === 1) return { ...before, isBold: true }
  if (code === 2) return { ...before, isFaint: true }
  if (code === 39 || code in colours) return { ...before, colour: colours[code] }
  return before
}

function drawn(piece: string, x: number, y: number): string {
  const style = [
    look.colour === undefined ? '' : ` fill="${look.colour}"`,
    look.isBold === true ? ' font-weight="bold"' : '',
    look.isFaint === true ? ' opacity="0.6"' : '',
  ].join('')
  const length = ` textLength="${(piece.length * characterWidth).toFixed(1)}"`
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}"${length} xml:space="preserve"${style}>${escaped(piece)}</text>`
}

function escaped(piece: string): string {
  return piece.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

function withoutCodes(line: string): string {
  return line.replaceAll(codesBetween, '')
}
