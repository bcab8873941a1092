export type LineChart = {
  readonly title: string
  /** Points in ascending x, all curves over the same range; y from 0 to 1. */
  readonly curves: readonly { readonly name: string; readonly points: readonly Point[] }[]
}
type Point = { readonly x: number; readonly y: number }

const width = 860
const height = 380
const left = 50
const right = 30
const top = 70
const bottom = 40
/** In an order in which neighbours can be told apart, also by people who do not see all colours. */
const colours = ['#0f9b8e', '#d9822b', '#5b8def', '#b0689e', '#8a8f98'] as const

/** Curves as SVG, legible on light and on dark pages. */
export function lineChart({ title, curves }: LineChart): string {
  const all = curves.flatMap(({ points }) => points)
  const largest = Math.max(1, ...all.map(({ x }) => x))
  const place = ({ x, y }: Point): string =>
    `${(left + (x / largest) * (width - left - right)).toFixed(1)},${(height - bottom - y * (height - top - bottom)).toFixed(1)}`
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="${title}">`,
    '<style>',
    'text { font: 12px system-ui, sans-serif; fill: #24292f }',
    '.title { font-size: 15px; font-weight: 600 }',
    'line { stroke: #8a8f98; stroke-width: 1 }',
    'polyline { fill: none; stroke-width: 2 }',
    '@media (prefers-color-scheme: dark) { text { fill: #e6edf3 } }',
    '</style>',
    `<text class="title" x="8" y="22">${title}</text>`,
    ...curves.flatMap(({ name }, index) => [
      `<rect x="${8 + index * 170}" y="36" width="12" height="12" fill="${colourOf(index)}"/>`,
      `<text x="${26 + index * 170}" y="46">${name}</text>`,
    ]),
    `<line x1="${left}" y1="${height - bottom}" x2="${width - right}" y2="${height - bottom}"/>`,
    `<line x1="${left}" y1="${top}" x2="${left}" y2="${height - bottom}"/>`,
    ...marksOf(all.map(({ x }) => x)).map(
      (x) =>
        `<text x="${place({ x, y: 0 }).split(',')[0]}" y="${height - bottom + 18}" text-anchor="middle">${x}</text>`,
    ),
    ...curves.map(
      ({ points }, index) => `<polyline stroke="${colourOf(index)}" points="${points.map(place).join(' ')}"/>`,
    ),
    '</svg>',
    '',
  ].join('\n')
}

function marksOf(values: readonly number[]): readonly number[] {
  return [...new Set(values)].toSorted((one, other) => one - other)
}

function colourOf(index: number): string {
  return colours[index % colours.length] ?? colours[0]
}
