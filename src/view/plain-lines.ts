import type { DeploymentView, SideView, StageView } from './deployment-view.ts'
import { shortArn, spanOf, timeOfDay } from './words.ts'

/** One thing that happened to a deployment, as a line of a log says it. */
export type Happening = { readonly at: number; readonly kind: HappeningKind; readonly text: string }
type HappeningKind = 'status' | 'stage' | 'traffic' | 'health' | 'danger'

/** What happened between two looks at a deployment; everything there is at the first look. Tidings have lines of their own. */
export function happenings(
  before: DeploymentView | undefined,
  after: DeploymentView,
  at: number,
): readonly Happening[] {
  const now = (kind: HappeningKind, texts: readonly string[]): readonly Happening[] =>
    texts.map((text) => ({ at, kind, text }))
  const first =
    before === undefined
      ? [`${after.isRollback ? 'Rollback' : 'Deployment'} ${shortArn(after.id)} of ${after.service}: ${after.manner}`]
      : []
  return [
    ...now('status', first),
    ...now('status', before?.status === after.status ? [] : [`It is ${after.status}.`]),
    ...now(
      'stage',
      after.stages.flatMap((stage) => stageNews(before, stage)),
    ),
    ...now('traffic', trafficNews(before, after)),
    ...now(
      'health',
      after.sides.flatMap((side) => healthNews(before, side)),
    ),
    ...now('status', waitNews(before, after, at)),
    ...now('danger', dangerNews(before, after)),
  ]
}

function stageNews(before: DeploymentView | undefined, stage: StageView): readonly string[] {
  const { name, state, begunAt, endedAt, note } = stage
  const former = before?.stages.find((each) => each.name === name)
  const isSame = former?.state === state
  const more = note === undefined ? '' : ` ${note}`
  switch (state) {
    case 'pending':
    case 'skipped':
      return []
    case 'running':
      return isSame ? [] : [`${name} begins.${more}`]
    case 'done':
    case 'failed': {
      const span =
        begunAt === undefined || endedAt === undefined ? '' : ` after ${spanOf(Math.max(0, endedAt - begunAt))}`
      return isSame ? [] : [`${name} ${state === 'done' ? 'is done' : 'has failed'}${span}.${more}`]
    }
  }
}

function trafficNews(before: DeploymentView | undefined, after: DeploymentView): readonly string[] {
  const now = weightsOf(after)
  return now === '' || (before !== undefined && weightsOf(before) === now) ? [] : [`Production traffic: ${now}.`]
}

function healthNews(before: DeploymentView | undefined, side: SideView): readonly string[] {
  const now = healthIn(side)
  const former = before?.sides.find(({ colour }) => colour === side.colour)
  if (now === '' || now === healthIn(former)) return []
  const sick = side.health?.counts.some(({ state }) => state === 'unhealthy') === true
  const whose = side.isShared ? 'Targets, of old and new tasks' : `Targets of ${side.colour}`
  return [`${whose}: ${now}${sick && side.health?.reason !== undefined ? ` (${side.health.reason})` : ''}.`]
}

/** A wait is told once, when it begins. */
function waitNews(before: DeploymentView | undefined, after: DeploymentView, at: number): readonly string[] {
  const { until, now, next } = after.outlook
  if (until === undefined || until === before?.outlook.until) return []
  const left = until > at ? `, in ${spanOf(until - at)}` : ''
  return [`${now} Until ${timeOfDay(new Date(until))}${left}.${next === undefined ? '' : ` Then: ${next}`}`]
}

function dangerNews(before: DeploymentView | undefined, after: DeploymentView): readonly string[] {
  return after.dangers.flatMap(({ name, level, text }) => {
    const former = before?.dangers.find((each) => each.name === name)
    const isNews = level === 'reached' || level === 'near' || (former !== undefined && former.level !== level)
    return former?.level === level || !isNews ? [] : [`${name}: ${text}.`]
  })
}

function weightsOf({ sides }: DeploymentView): string {
  return sides.flatMap(({ colour, weight }) => (weight === undefined ? [] : [`${weight}% to ${colour}`])).join(', ')
}

function healthIn(side: SideView | undefined): string {
  return (side?.health?.counts ?? []).map(({ state, count }) => `${count} ${state}`).join(', ')
}
