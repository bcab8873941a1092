import type { Diagnosis } from './deployment-view.ts'
import { brokenText, plain, styled, type Line, type Style } from './styled.ts'

/** Why it went wrong, as lines: cause first, what to type last. */
export function diagnosisLines(
  { cause, stage, evidence, affected, state, next }: Diagnosis,
  width: number,
): readonly Line[] {
  const commandWidth = Math.max(0, ...next.map(({ command }) => command.length))
  return [
    ...part('Why', [...(stage === undefined ? [] : [stage]), cause], width, 'bad'),
    ...part('Evidence', evidence, width),
    ...part('Who met it', affected, width),
    ...part('How things are', state, width),
    [styled('faint', 'Next')],
    ...next.map(({ command, effect }): Line => [plain(`  ${command.padEnd(commandWidth)}  `), styled('faint', effect)]),
  ]
}

function part(title: string, texts: readonly string[], width: number, style?: Style): readonly Line[] {
  if (texts.length === 0) return []
  const rows = texts.flatMap((text) =>
    brokenText(text, width - 4).map((row, at): Line => [plain(at === 0 ? '  ' : '    '), styled(style, row)]),
  )
  return [[styled('faint', title)], ...rows]
}
