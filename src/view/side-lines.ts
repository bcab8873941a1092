import type { DeploymentView, SideView, TrafficView } from './deployment-view.ts'
import { cut, filled, plain, styled, type Line, type Span, type Style } from './styled.ts'
import { counted, figure } from './words.ts'

const labelWidth = 14
/** Less says nothing. */
const leastColumn = 12

/** Blue and green side by side, the two columns as wide as the screen allows; where it allows none, below each other. */
export function sideLines(
  { sides, endedAt }: Pick<DeploymentView, 'sides' | 'endedAt'>,
  width: number,
): readonly Line[] {
  if (sides.length === 0) return []
  const column = Math.min(64, Math.floor((width - labelWidth) / Math.max(2, sides.length)))
  if (column < leastColumn) return narrowLines({ sides, endedAt }, width)
  const isCounted = sides.some(({ traffic }) => traffic !== undefined)
  const row = (label: string, cell: (side: SideView) => Line): Line => [
    styled('faint', `  ${label.padEnd(labelWidth - 2)}`),
    ...sides.flatMap((side) => filled(cut(cell(side), column - 1), column)),
  ]
  return [
    row('', ({ colour, targetGroup }) => [styled(colour, colour.toUpperCase()), plain(` ${targetGroup}`)]),
    // Behind one group nobody has a share.
    ...(sides.every(({ isShared }) => isShared) ? [] : [row('traffic', (side) => weightBar(side, column - 1))]),
    row('runs', ({ runs, taskSetStatus }) => [
      plain(runs ?? ''),
      styled('faint', `${runs === undefined ? '' : ' '}${taskSetStatus ?? ''}`),
    ]),
    row('tasks', tasks),
    row('health', healthInWords),
    // Of what is over, rates say nothing any more.
    ...(isCounted && endedAt === undefined
      ? [
          row('requests/s', (side) =>
            number(side, ({ requestsPerSecond }) => [plain(figure(round(requestsPerSecond)))]),
          ),
          row('errors', (side) => number(side, errors)),
          row('p50, p99', (side) => number(side, times)),
        ]
      : []),
    ...(isCounted ? [row('in all', (side) => number(side, inAll))] : []),
  ]
}

/** A line a side, then another one: where there is no room for all, those of both sides stay that say most. */
function narrowLines({ sides, endedAt }: Pick<DeploymentView, 'sides' | 'endedAt'>, width: number): readonly Line[] {
  const rows = (cell: (side: SideView) => Line): readonly Line[] =>
    sides.map((side) => cut([styled(side.colour, side.colour.toUpperCase().padEnd(5)), ...cell(side)], width))
  return [
    ...rows((side) => [...share(side), ...healthInFigures(side)]),
    ...rows(({ targetGroup, runs }) => [plain(['', targetGroup, runs].filter((text) => text !== undefined).join(' '))]),
    ...(endedAt === undefined && sides.some(({ traffic }) => traffic !== undefined)
      ? rows(({ traffic }) => (traffic === undefined ? [styled('faint', ' –')] : rate(traffic)))
      : []),
  ]
}

function rate(traffic: TrafficView): Line {
  return [plain(` ${figure(round(traffic.requestsPerSecond))}/s `), ...errors(traffic), plain(' errors')]
}

function share({ weight, isShared }: SideView): Line {
  if (isShared) return []
  return [styled('strong', ` ${(weight === undefined ? '–' : `${figure(weight)}%`).padStart(4)}`)]
}

/** `2/3 healthy`; where there are no targets to ask, how many tasks run. */
function healthInFigures({ health, running, desired }: SideView): Line {
  if (health === undefined) return [plain(` ${running}/${desired} running`)]
  const healthy = health.counts.find(({ state }) => state === 'healthy')?.count ?? 0
  const isSick = health.counts.some(({ state }) => state === 'unhealthy')
  return [styled(isSick ? 'bad' : healthy < desired ? 'warning' : 'good', ` ${healthy}/${desired} healthy`)]
}

function number({ traffic }: SideView, cell: (traffic: TrafficView) => Line): Line {
  return traffic === undefined ? [styled('faint', '–')] : cell(traffic)
}

function weightBar({ weight, colour }: SideView, width: number): Line {
  if (weight === undefined) return [styled('faint', 'none yet')]
  const label = ` ${figure(weight)}%`
  const room = Math.max(4, Math.min(30, width - 6))
  const full = weight > 0 ? Math.max(1, Math.round((weight / 100) * room)) : 0
  return [styled(colour, '█'.repeat(full)), styled('faint', '░'.repeat(room - full)), styled('strong', label)]
}

function tasks({ running, pending, desired, taskSetStatus }: SideView): Line {
  const starting = pending > 0 ? `, ${pending} starting` : ''
  const isWhole = running >= desired
  return [
    styled(
      isWhole || taskSetStatus === 'DRAINING' ? undefined : 'warning',
      `${running} of ${desired} running${starting}`,
    ),
  ]
}

function healthInWords({ health, isShared }: SideView): Line {
  if (health === undefined && isShared) return [styled('faint', '–')]
  if (health === undefined || health.counts.length === 0) return [styled('faint', 'no targets')]
  const counts = health.counts.flatMap(({ state, count }, at): readonly Span[] => [
    plain(at === 0 ? '' : ', '),
    styled(healthStyle(state), `${count} ${state}`),
  ])
  return health.reason === undefined ? counts : [...counts, styled('faint', ` (${health.reason})`)]
}

function healthStyle(state: string): Style | undefined {
  if (state === 'healthy') return 'good'
  return state === 'unhealthy' ? 'bad' : 'faint'
}

function errors({ errorShare, requestsPerSecond }: TrafficView): Line {
  if (requestsPerSecond === 0 && errorShare === 0) return [styled('faint', '–')]
  return [styled(errorShare > 0 ? 'bad' : 'good', `${figure(Math.round(errorShare * 1000) / 10)}%`)]
}

function times({ p50Milliseconds, p99Milliseconds }: TrafficView): Line {
  if (p50Milliseconds === undefined && p99Milliseconds === undefined) return [styled('faint', '–')]
  return [plain(`${timeInWords(p50Milliseconds)}, ${timeInWords(p99Milliseconds)}`)]
}

function timeInWords(milliseconds: number | undefined): string {
  if (milliseconds === undefined) return '–'
  return milliseconds < 1000 ? `${figure(round(milliseconds))} ms` : `${figure(round(milliseconds / 1000))} s`
}

function inAll({ requests, errors: failed }: TrafficView): Line {
  const end = failed === 0 ? styled('good', ', 0 failed') : styled('bad', `, ${figure(failed)} failed`)
  return [plain(counted(requests, 'request', figure(requests))), end]
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}
