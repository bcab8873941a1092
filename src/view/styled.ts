/** Text with what it means for the eye; a screen makes colours of it, and anything else leaves them away. */
export type Span = { readonly text: string; readonly style?: Style | undefined }
export type Style = 'strong' | 'faint' | 'good' | 'bad' | 'warning' | 'blue' | 'green'
export type Line = readonly Span[]

export function plain(text: string): Span {
  return { text }
}

export function styled(style: Style | undefined, text: string): Span {
  return { text, style }
}

export function lengthOf(line: Line): number {
  return line.reduce((sum, { text }) => sum + text.length, 0)
}

/** Cut to a width, with an ellipsis where something is missing. */
export function cut(line: Line, width: number): Line {
  if (lengthOf(line) <= width) return line
  const kept: Span[] = []
  let room = width - 1
  for (const span of line) {
    if (room <= 0) break
    kept.push({ ...span, text: span.text.slice(0, room) })
    room -= span.text.length
  }
  return [...kept, plain('…')]
}

/** Filled up with spaces, or cut, to exactly a width. */
export function filled(line: Line, width: number): Line {
  const fitting = cut(line, width)
  return [...fitting, plain(' '.repeat(Math.max(0, width - lengthOf(fitting))))]
}

/** Breaks a text at spaces; words longer than a line are cut where it ends. */
export function brokenText(text: string, width: number): readonly string[] {
  const lines: string[] = []
  let rest = text.trim()
  while (rest.length > width) {
    const space = rest.lastIndexOf(' ', width)
    const end = space <= 0 ? width : space
    lines.push(rest.slice(0, end).trimEnd())
    rest = rest.slice(end).trimStart()
  }
  return rest === '' ? lines : [...lines, rest]
}

export function textOf(line: Line): string {
  return line
    .map(({ text }) => text)
    .join('')
    .trimEnd()
}
