export type BarChart = {
  readonly title: string
  readonly series: readonly string[]
  /** One value for each series, at least 0; undefined leaves the bar out. */
  readonly groups: readonly { readonly title: string; readonly values: readonly (number | undefined)[] }[]
}

const width = 860
const labelWidth = 220
const valueWidth = 70
const barHeight = 14
const barGap = 2
const groupGap = 16
const top = 66
/** In an order in which neighbours can be told apart, also by people who do not see all colours. */
const colours = ['#0f9b8e', '#d9822b', '#5b8def', '#b0689e', '#8a8f98', '#c2b280'] as const

/** A chart of horizontal bars as SVG, legible on light and on dark pages. */
export function barChart({ title, series, groups }: BarChart): string {
  const groupHeight = series.length * (barHeight + barGap) + groupGap
  const height = top + groups.length * groupHeight
  const largest = Math.max(1, ...groups.flatMap(({ values }) => values.map((value) => value ?? 0)))
  const scale = (width - labelWidth - valueWidth) / largest
  const bars = groups.flatMap((group, index) => barsOf(group, top + index * groupHeight, scale))
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escaped(title)}">`,
    '<style>',
    'text { font: 12px system-ui, sans-serif; fill: #24292f }',
    '.title { font-size: 15px; font-weight: 600 }',
    '@media (prefers-color-scheme: dark) { text { fill: #e6edf3 } }',
    '</style>',
    `<text class="title" x="8" y="22">${escaped(title)}</text>`,
    ...legend(series),
    ...bars,
    '</svg>',
    '',
  ].join('\n')
}

function legend(series: readonly string[]): readonly string[] {
  return series.flatMap((name, index) => [
    `<rect x="${8 + index * 110}" y="36" width="12" height="12" fill="${colourOf(index)}"/>`,
    `<text x="${26 + index * 110}" y="46">${escaped(name)}</text>`,
  ])
}

function barsOf({ title, values }: BarChart['groups'][number], y: number, scale: number): readonly string[] {
  const label = `<text x="8" y="${y + 12}">${escaped(title)}</text>`
  const bars = values.flatMap((value, index) => {
    if (value === undefined || !Number.isFinite(value)) return []
    const barY = y + index * (barHeight + barGap)
    const length = Math.max(1, value * scale).toFixed(1)
    const end = labelWidth + Number(length) + 6
    return [
      `<rect x="${labelWidth}" y="${barY}" width="${length}" height="${barHeight}" rx="2" fill="${colourOf(index)}"/>`,
      `<text x="${end.toFixed(1)}" y="${barY + 11}">${Math.round(value).toLocaleString('en-US')}</text>`,
    ]
  })
  return [label, ...bars]
}

function colourOf(index: number): string {
  return colours[index % colours.length] ?? colours[0]
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
}
