import type { DangerLevel, DeploymentView, StageState, StageView } from './deployment-view.ts'
import { diagnosisLines } from './diagnosis-lines.ts'
import { sideLines } from './side-lines.ts'
import { brokenText, cut, filled, lengthOf, plain, styled, type Line, type Style } from './styled.ts'
import { notableTidings } from './tiding-lines.ts'
import { spanOf, timeOfDay } from './words.ts'

export type ScreenSize = { readonly width: number; readonly height: number }

/** From this width on there are two columns: how it goes, and what goes there. */
const wideScreen = 132
/** Two columns of fewer lines would show little of each. */
const highEnough = 12
const gap = 3

/**
 * A deployment as lines for a screen of this size: never wider, and never higher while it runs. Where there is little room,
 * what says least goes first; the state, what is next and the two sides stay longest.
 */
export function screenLines(view: DeploymentView, { width, height }: ScreenSize, now: number): readonly Line[] {
  const lines =
    width >= wideScreen && height >= highEnough
      ? wideLines(view, { width, height }, now)
      : narrowLines(view, { width, height }, now)
  return lines.map((line) => cut(line, width))
}

function narrowLines(view: DeploymentView, { width, height }: ScreenSize, now: number): readonly Line[] {
  const blocks = blocksOf(view, { width, now })
  return joined(fitting(blocks, height))
}

function wideLines(view: DeploymentView, { width, height }: ScreenSize, now: number): readonly Line[] {
  const left = Math.floor((width - gap) / 2)
  const right = width - gap - left
  const head = header(view, now, width)
  if (view.diagnosis !== undefined) return narrowLines(view, { width, height }, now)
  const leftBlocks = [stageBlock(view, left, now), outlookBlock(view, left, now), commandBlock(view, left)]
  const rightBlocks = [sideBlock(view, right), dangerBlock(view, right, now), tidingBlock(view, right)]
  const room = height - head.length - 1
  const [one, other] = [joined(fitting(leftBlocks, room)), joined(fitting(rightBlocks, room))]
  const rows = Array.from({ length: Math.max(one.length, other.length) }, (_, at): Line => [
    ...filled(one[at] ?? [], left),
    plain(' '.repeat(gap)),
    ...(other[at] ?? []),
  ])
  return [...head, [], ...rows]
}

/** Lines that belong together. `least`: how few of them, from the beginning, still say something. */
type Block = {
  readonly lines: readonly Line[]
  /** Those of the lowest rank go first. */
  readonly rank: number
  readonly least: number
  /** The heading and the end stay. */
  readonly keepsEnd?: boolean
  /** The line around which some stay. */
  readonly anchor?: number
}

function blocksOf(
  view: DeploymentView,
  { width, now }: { readonly width: number; readonly now: number },
): readonly Block[] {
  const head = { lines: header(view, now, width), rank: 9, least: 1 }
  const [stages, sides, tidings] = [stageBlock(view, width, now), sideBlock(view, width), tidingBlock(view, width)]
  const outlook = outlookBlock(view, width, now)
  // Why it went wrong is read last, just above where the next command is typed.
  if (view.diagnosis !== undefined) return [head, stages, sides, tidings, outlook]
  return [head, stages, outlook, sides, dangerBlock(view, width, now), tidings, commandBlock(view, width)]
}

/** Takes lines away from the blocks of the lowest rank until all fit. */
function fitting(blocks: readonly Block[], height: number): readonly (readonly Line[])[] {
  const left = blocks.map((block) => ({ ...block, count: block.lines.length }))
  const total = (): number =>
    left.reduce((sum, { count }) => sum + count, 0) + Math.max(0, left.filter(({ count }) => count > 0).length - 1)
  const order = left.toSorted((one, other) => one.rank - other.rank)
  for (const block of order) {
    while (total() > height && block.count > block.least) block.count -= 1
  }
  for (const block of order) if (total() > height) block.count = 0
  return left.filter(({ count }) => count > 0).map(kept)
}

function kept({ lines, count, keepsEnd, anchor = 0 }: Block & { readonly count: number }): readonly Line[] {
  if (keepsEnd === true) return [...lines.slice(0, 1), ...lines.slice(lines.length - count + 1)]
  const from = Math.max(0, Math.min(anchor - Math.floor((count - 1) / 2), lines.length - count))
  return lines.slice(from, from + count)
}

function joined(blocks: readonly (readonly Line[])[]): readonly Line[] {
  return blocks.flatMap((lines, at) => (at === 0 ? lines : [[], ...lines]))
}

const phaseLooks = {
  running: { glyph: '●', style: 'strong' },
  waiting: { glyph: '‖', style: 'warning' },
  succeeded: { glyph: '✔', style: 'good' },
  failed: { glyph: '✖', style: 'bad' },
  stopped: { glyph: '■', style: 'warning' },
} as const satisfies Readonly<Record<DeploymentView['phase'], { readonly glyph: string; readonly style: Style }>>

function header(view: DeploymentView, now: number, width: number): readonly Line[] {
  const { glyph, style } = phaseLooks[view.phase]
  const kind = view.isRollback ? 'Rollback' : 'Deployment'
  const id = view.id.slice(view.id.lastIndexOf('/') + 1)
  const took = view.begunAt === undefined ? '' : spanOf((view.endedAt ?? now) - view.begunAt)
  const first: Line = [
    styled(style, `${glyph} ${kind} ${id}  ${view.status}`),
    plain(view.service === '' ? '' : `  ${view.service}`),
    styled('faint', took === '' ? '' : `  ${took}`),
  ]
  const manner = `  ${view.manner}`
  if (view.minuteMilliseconds === 60_000) return [cut(first, width), [styled('faint', manner)]]
  const minute = `a minute lasts ${spanOf(view.minuteMilliseconds)} here`
  const rows = manner.length + minute.length + 2 <= width ? [`${manner}; ${minute}`] : [manner, `  ${minute}`]
  return [cut(first, width), ...rows.map((row): Line => [styled('faint', row)])]
}

const stageLooks = {
  pending: { glyph: '○', style: 'faint' },
  running: { glyph: '◐', style: 'strong' },
  done: { glyph: '✔', style: 'good' },
  failed: { glyph: '✖', style: 'bad' },
  skipped: { glyph: '–', style: 'faint' },
} as const satisfies Readonly<Record<StageState, { readonly glyph: string; readonly style: Style }>>

function stageBlock({ stages }: DeploymentView, width: number, now: number): Block {
  const nameWidth = Math.max(0, ...stages.map(({ name }) => name.length))
  const lines = stages.map((stage) => stageLine(stage, { nameWidth, width, now }))
  const current = stages.findIndex(({ state }) => state === 'running' || state === 'failed')
  // Where there is no room for all, those around the one that is under way stay.
  return { lines, rank: 5, least: Math.min(lines.length, 2), anchor: current < 0 ? lines.length - 1 : current }
}

function stageLine(
  { name, state, begunAt, endedAt, note }: StageView,
  { nameWidth, width, now }: { readonly nameWidth: number; readonly width: number; readonly now: number },
): Line {
  const { glyph, style } = stageLooks[state]
  const end = endedAt ?? (state === 'running' ? now : undefined)
  const span = begunAt === undefined || end === undefined ? '' : spanOf(Math.max(0, end - begunAt))
  const first: Line = [
    styled(style, `  ${glyph} ${name.padEnd(nameWidth)}`),
    styled(state === 'running' ? 'strong' : 'faint', `  ${span.padStart(12)}`),
  ]
  return cut([...first, styled('faint', note === undefined ? '' : `  ${note}`)], width)
}

function outlookBlock({ outlook, phase, diagnosis }: DeploymentView, width: number, now: number): Block {
  if (diagnosis !== undefined) return { lines: diagnosisLines(diagnosis, width), rank: 8, least: 3 }
  const left = outlook.until === undefined ? '' : ` ${leftIn(outlook.until - now)}`
  const sentences: readonly Line[] = [
    ...sentence('Now ', `${outlook.now}${left}`, phase === 'waiting' ? 'warning' : 'strong', width),
    ...(outlook.next === undefined ? [] : sentence('Next', outlook.next, undefined, width)),
    ...(outlook.endsAt === undefined || outlook.endsAt <= now
      ? []
      : sentence(
          'End ',
          `at ${timeOfDay(new Date(outlook.endsAt))} at the earliest, in ${spanOf(outlook.endsAt - now)}`,
          'faint',
          width,
        )),
  ]
  return { lines: sentences, rank: 8, least: 1 }
}

function leftIn(milliseconds: number): string {
  return milliseconds <= 0 ? '(its time is over)' : `(${spanOf(milliseconds)} left)`
}

function sentence(label: string, text: string, style: Style | undefined, width: number): readonly Line[] {
  return brokenText(text, width - label.length - 4).map((part, at): Line => [
    styled('faint', `  ${at === 0 ? label : ' '.repeat(label.length)}  `),
    styled(style, part),
  ])
}

function sideBlock(view: DeploymentView, width: number): Block {
  const lines = sideLines(view, width)
  return { lines, rank: 7, least: Math.min(lines.length, 2) }
}

const dangerLooks = {
  calm: { glyph: '·', style: 'good' },
  near: { glyph: '!', style: 'warning' },
  reached: { glyph: '✖', style: 'bad' },
  unknown: { glyph: '?', style: 'faint' },
} as const satisfies Readonly<Record<DangerLevel, { readonly glyph: string; readonly style: Style }>>

function dangerBlock({ dangers, phase }: DeploymentView, width: number, now: number): Block {
  if (dangers.length === 0) return { lines: [], rank: 4, least: 0 }
  const ranked = dangers.toSorted((one, other) => levelRank(one.level) - levelRank(other.level))
  const nameWidth = Math.max(...ranked.map(({ name }) => name.length))
  const rows = ranked.flatMap(({ name, level, text, at }): readonly Line[] => {
    const { glyph, style } = dangerLooks[level]
    const left = at === undefined ? '' : `: ${at <= now ? 'its time is over' : `${spanOf(at - now)} left`}`
    const indent = nameWidth + 6
    return brokenText(`${text}${left}`, Math.max(24, width - indent)).map((part, place): Line => [
      styled(style, place === 0 ? `  ${glyph} ${name.padEnd(nameWidth)}  ` : ' '.repeat(indent)),
      styled(level === 'calm' || level === 'unknown' ? undefined : style, part),
    ])
  })
  const title = phase === 'waiting' ? 'What would stop it' : 'What would stop it or send it back'
  return { lines: [[styled('faint', title)], ...rows], rank: 4, least: 0 }
}

function levelRank(level: DangerLevel): number {
  return ['reached', 'near', 'calm', 'unknown'].indexOf(level)
}

function tidingBlock({ tidings }: DeploymentView, width: number): Block {
  const last = notableTidings(tidings).slice(-6)
  if (last.length === 0) return { lines: [], rank: 2, least: 0 }
  const rows = last.map(({ at, text }): Line =>
    cut([styled('faint', `  ${timeOfDay(new Date(at))}  `), plain(text)], width),
  )
  return { lines: [[styled('faint', 'Latest')], ...rows], rank: 2, least: 0, keepsEnd: true }
}

function commandBlock({ commands, diagnosis }: DeploymentView, width: number): Block {
  if (diagnosis !== undefined) return { lines: [], rank: 1, least: 0 }
  const commandWidth = Math.max(0, ...commands.map(({ command }) => command.length))
  const lines = commands.map(({ command, effect }): Line => {
    const line: Line = [plain(`  ${command.padEnd(commandWidth)}  `), styled('faint', effect)]
    return lengthOf(line) <= width ? line : cut(line, width)
  })
  return { lines, rank: 3, least: 0 }
}
