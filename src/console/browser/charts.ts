import { h } from 'preact'
import type { ComponentChild } from 'preact'
import type { DeploymentView, PointSide, TrafficPoint } from '../views.ts'
import { count, latency, percent, rate, span, timeOfDay } from './format.ts'

/** A span of time on the page: charts below each other share it. */
export type Span = { readonly from: number; readonly to: number }

type Frame = {
  readonly x: (at: number) => number
  readonly width: number
  readonly height: number
  readonly span: Span
}

function frame(over: Span, width: number, height: number): Frame {
  const long = Math.max(1, over.to - over.from)
  return { x: (at) => Math.min(width, Math.max(0, ((at - over.from) / long) * width)), width, height, span: over }
}

/** Weight as it was set, as a line, over the share that was measured, as areas. */
export function shiftChart(
  points: readonly TrafficPoint[],
  over: Span,
  stages: DeploymentView['stages'],
): ComponentChild {
  const isNarrow = window.innerWidth <= 620
  const inFrame = isNarrow ? frame(over, 340, 150) : frame(over, 720, 190)
  const { x, height } = inFrame
  const y = (share: number): number => height - share * height
  const steps = points.flatMap(({ from, to, weight }) => [
    `${x(from).toFixed(1)},${y(weight / 100).toFixed(1)}`,
    `${x(to).toFixed(1)},${y(weight / 100).toFixed(1)}`,
  ])
  const last = points.at(-1)
  const label =
    last === undefined
      ? 'No traffic has been counted yet'
      : `Green's share of production traffic over time: set to ${percent(last.weight)} now, measured ${measured(last)}`
  return chart(inFrame, label, [
    ...shareAreas(points, inFrame),
    ...stageMarks(stages, inFrame),
    h('polyline', { class: 'line-set', points: steps.join(' ') }),
    ...[0, 25, 50, 75, 100].map((value) => grid(inFrame, y(value / 100), `${value}%`)),
  ])
}

/** One path a side, however many spans there are. */
function shareAreas(points: readonly TrafficPoint[], { x, height }: Frame): readonly ComponentChild[] {
  const paths = { blue: '', green: '' }
  for (const point of points) {
    const sum = all(point.blue) + all(point.green)
    if (sum === 0) continue
    // Neighbours overlap a little, or the card would be seen between them.
    const [from, to] = [x(point.from), Math.max(x(point.from) + 0.6, x(point.to) + 0.3)].map((each) => each.toFixed(1))
    const y = (height - (all(point.green) / sum) * height).toFixed(1)
    paths.green += `M${from},${height}V${y}H${to}V${height}Z`
    paths.blue += `M${from},0V${y}H${to}V0Z`
  }
  return [h('path', { class: 'fill-green', d: paths.green }), h('path', { class: 'fill-blue', d: paths.blue })]
}

function measured({ blue, green }: TrafficPoint): string {
  const sum = all(blue) + all(green)
  return sum === 0 ? 'nothing' : percent(Math.round((all(green) / sum) * 1000) / 10)
}

function stageMarks(stages: DeploymentView['stages'], { x, height, span: over }: Frame): readonly ComponentChild[] {
  return stages.flatMap(({ name, startedAt, status }) =>
    startedAt === undefined || startedAt < over.from
      ? []
      : [
          h(
            'line',
            { class: `mark ${status}`, x1: x(startedAt), x2: x(startedAt), y1: 0, y2: height },
            h('title', {}, name),
          ),
        ],
  )
}

export type Measure = 'requests' | 'failures' | 'latency'

/** Blue beside green on one scale. */
export function measureChart(points: readonly TrafficPoint[], over: Span, measure: Measure): ComponentChild {
  const inFrame = frame(over, 340, 130)
  const all99 = points.flatMap(({ blue, green }) => (measure === 'latency' ? [blue.p99, green.p99] : []))
  const values =
    measure === 'latency'
      ? all99
      : points.flatMap((point) => [perSecond(point, 'blue', measure), perSecond(point, 'green', measure)])
  const most = niceTop(Math.max(0, ...values.map((value) => value ?? 0)), measure)
  const y = (value: number): number => inFrame.height - (value / most) * (inFrame.height - 6)
  const lines = (['blue', 'green'] as const).flatMap((side) => {
    if (measure !== 'latency')
      return [line(points, inFrame, y, (point) => perSecond(point, side, measure), `line-${side}`)]
    return [
      line(points, inFrame, y, (point) => point[side].p50, `line-${side}`),
      line(points, inFrame, y, (point) => point[side].p99, `line-${side} thin`),
    ]
  })
  const tell = measure === 'latency' ? latency : rate
  return chart(inFrame, `${measure}, blue beside green; the scale ends at ${tell(most)}`, [
    grid(inFrame, y(0), '0'),
    grid(inFrame, y(most), tell(most)),
    grid(inFrame, y(most / 2), ''),
    ...lines,
  ])
}

function perSecond(point: TrafficPoint, side: 'blue' | 'green', measure: Measure): number | undefined {
  const seconds = (point.to - point.from) / 1000
  if (seconds <= 0) return undefined
  return (measure === 'failures' ? point[side].failed : all(point[side])) / seconds
}

function line(
  points: readonly TrafficPoint[],
  { x }: Frame,
  y: (value: number) => number,
  valueOf: (point: TrafficPoint) => number | undefined,
  className: string,
): ComponentChild {
  let path = ''
  let isDown = false
  for (const point of points) {
    const value = valueOf(point)
    // A run begins at its first span's beginning, so that a single span is seen, too.
    if (value !== undefined) {
      const beginning = isDown ? '' : `M${x(point.from).toFixed(1)},${y(value).toFixed(1)}`
      path += `${beginning}L${x((point.from + point.to) / 2).toFixed(1)},${y(value).toFixed(1)}`
    }
    isDown = value !== undefined
  }
  return h('path', { class: className, d: path })
}

function niceTop(value: number, measure: Measure): number {
  if (value <= 0) return measure === 'latency' ? 10 : 1
  const power = 10 ** Math.floor(Math.log10(value))
  return [1, 2, 3, 5, 8, 10].map((step) => step * power).find((top) => top >= value) ?? value
}

function grid({ width }: Frame, y: number, label: string): ComponentChild {
  return h(
    'g',
    { class: 'grid' },
    h('line', { x1: 0, x2: width, y1: y, y2: y }),
    label === '' ? null : h('text', { x: width + 6, y: y + 3.5 }, label),
  )
}

function chart(
  { width, height, span: over }: Frame,
  label: string,
  children: readonly ComponentChild[],
): ComponentChild {
  const shares = width > 500 ? [0, 0.25, 0.5, 0.75, 1] : [0, 0.5, 1]
  const ticks = shares.map((share) => {
    const at = over.from + share * (over.to - over.from)
    const anchor = share === 0 ? 'start' : share === 1 ? 'end' : 'middle'
    return h('text', { class: 'tick', x: share * width, y: height + 15, 'text-anchor': anchor }, timeOfDay(at))
  })
  return h(
    'svg',
    { class: 'chart', viewBox: `-1 -6 ${width + 46} ${height + 24}`, role: 'img', 'aria-label': label },
    ...children,
    ...ticks,
  )
}

export function spanOf({ head, traffic }: Partial<DeploymentView>, now: number): Span {
  const from = head?.startedAt ?? head?.createdAt ?? now - 1000
  const last = traffic?.at(-1)?.to ?? 0
  return { from: Math.min(from, traffic?.[0]?.from ?? from), to: Math.max(head?.endedAt ?? now, last, from + 1000) }
}

function all({ answered, failed }: PointSide): number {
  return answered + failed
}

export function legendText(points: readonly TrafficPoint[]): string {
  const first = points[0]
  const last = points.at(-1)
  if (first === undefined || last === undefined) return ''
  const requests = points.reduce((sum, { blue, green }) => sum + all(blue) + all(green), 0)
  return `${count(requests)} production requests in ${span(last.to - first.from)}`
}
