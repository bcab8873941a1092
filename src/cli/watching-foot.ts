import type { ScreenSize } from '../view/screen-lines.ts'
import { brokenText, styled, type Line, type Style } from '../view/styled.ts'
import { spanOf } from '../view/words.ts'

/** What stands below a deployment on the screen. */
export type Foot = {
  readonly isAsking: boolean
  /** Why the last look failed, and since when. */
  readonly lost?: { readonly why: string; readonly since: number } | undefined
  readonly told?: string | undefined
}

/** Never wider than the screen, nor higher: where there is little room, what can be typed stays. */
export function footLines({ isAsking, lost, told }: Foot, { width, height }: ScreenSize, now: number): readonly Line[] {
  const rows = (style: Style, text: string): readonly Line[] =>
    brokenText(text, width - 2).map((row) => [styled(style, `  ${row}`)])
  if (isAsking) {
    const [wide, narrow] = [answers.join(' · '), answers]
    const options = width >= wide.length + 4 ? [wide] : narrow
    return [...rows('warning', 'What shall be done?'), ...options.flatMap((row) => rows('strong', row))].slice(-height)
  }
  const trouble = lost && `${lost.why} Asked again for ${spanOf(now - lost.since)}; what is shown is from before.`
  return [
    ...(trouble === undefined ? [] : rows('bad', trouble)),
    ...(told === undefined ? [] : rows('warning', told)),
    ...rows('faint', 'Ctrl-C: stop it, or leave it running'),
  ].slice(-height)
}

const answers = [
  'r  stop it and roll back',
  's  stop it, and leave all as it is now',
  'l  leave it running, and end here',
  'any other key  go on watching',
]
