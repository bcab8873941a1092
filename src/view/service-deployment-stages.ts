import type { DeploymentConfiguration, ServiceDeployment } from '@aws-sdk/client-ecs'
import { trafficShifts, type TrafficShift } from '../domain/deployment-configs.ts'
import type { Outlook, StageState, StageView } from './deployment-view.ts'
import { outlookOnProtected } from './protected-tasks.ts'
import type { ViewParts } from './seen-code-deploy.ts'
import type { SeenServiceDeployment } from './service-deployment-view.ts'
import { healthyCount, type SeenProtectedTask } from './surroundings.ts'
import { counted, minutesInWords, shortArn, timeIn } from './words.ts'

const allStages = [
  'RECONCILE_SERVICE',
  'PRE_SCALE_UP',
  'SCALE_UP',
  'POST_SCALE_UP',
  'TEST_TRAFFIC_SHIFT',
  'POST_TEST_TRAFFIC_SHIFT',
  'PRODUCTION_TRAFFIC_SHIFT',
  'POST_PRODUCTION_TRAFFIC_SHIFT',
  'BAKE_TIME',
  'CLEAN_UP',
]

/** A rolling update has no stages of AWS's; it is one of ours. */
export function serviceDeploymentStages(seen: SeenServiceDeployment): readonly StageView[] {
  const { deployment, revisions, stageTimes } = seen
  if (isRolling(deployment)) return [rollingStage(seen)]
  const hasTest = revisions.some(({ loadBalancers = [] }) =>
    loadBalancers.some(({ advancedConfiguration }) => advancedConfiguration?.testListenerRule !== undefined),
  )
  const stages = allStages.filter((name) => {
    if (name === 'RECONCILE_SERVICE') return stageTimes[name] !== undefined
    return hasTest || !name.includes('TEST_TRAFFIC')
  })
  if (hasGoneBack(deployment)) return stagesOfFailed(seen, stages)
  const reached = Math.max(...stages.map((name, place) => (isKnown(seen, name) ? place : -1)))
  return stages.map((name, place): StageView => {
    const state = stateOf(deployment, place, reached)
    const following = stages.slice(place + 1).find((later) => stageTimes[later] !== undefined)
    return {
      name,
      state,
      begunAt: stageTimes[name],
      endedAt: state === 'running' || following === undefined ? timeIn(deployment.finishedAt) : stageTimes[following],
      note: state === 'done' ? undefined : noteOf(seen, name),
    }
  })
}

/** A way back goes through stages again: what counts is how far it had come. Where nobody saw it, there is nothing to show. */
function stagesOfFailed(seen: SeenServiceDeployment, stages: readonly string[]): readonly StageView[] {
  const { stageTimes, deployment } = seen
  const failed = stages.indexOf(failedStage(seen) ?? '')
  if (failed < 0) return []
  return stages.map((name, place): StageView => {
    const following = stages.slice(place + 1).find((later) => stageTimes[later] !== undefined)
    const end = place === failed ? timeIn(deployment.rollback?.startedAt ?? deployment.finishedAt) : undefined
    const earlier = place < failed ? 'done' : 'skipped'
    return {
      name,
      state: place === failed ? 'failed' : earlier,
      begunAt: place > failed ? undefined : stageTimes[name],
      endedAt: end ?? (following === undefined ? undefined : stageTimes[following]),
    }
  })
}

/** The stage that AWS names as the reason, or the last one that was seen before it went back. */
function failedStage({ deployment, stageTimes }: SeenServiceDeployment): string | undefined {
  const reason = deployment.statusReason ?? deployment.rollback?.reason ?? ''
  const named = allStages.find((name) => reason.includes(` ${name} `))
  const last = allStages.findLast((name) => stageTimes[name] !== undefined)
  return named ?? last ?? (/circuit breaker/.test(reason) ? 'SCALE_UP' : undefined)
}

/** Or is on the way. */
export function hasGoneBack({ status = 'PENDING' }: ServiceDeployment): boolean {
  return status.startsWith('ROLLBACK_')
}

/**
 * The protected tasks that it takes away: those of a rolling update at any time, others in the last stage or on the way
 * back.
 */
export function heldByUpdate({ deployment, protectedTasks }: SeenServiceDeployment): readonly SeenProtectedTask[] {
  const isTaking = isRolling(deployment) || hasGoneBack(deployment) || deployment.lifecycleStage === 'CLEAN_UP'
  return isTaking && deployment.finishedAt === undefined ? protectedTasks : []
}

function isRolling({ deploymentConfiguration }: ServiceDeployment): boolean {
  return (deploymentConfiguration?.strategy ?? 'ROLLING') === 'ROLLING'
}

function isKnown({ stageTimes, deployment }: SeenServiceDeployment, name: string): boolean {
  return stageTimes[name] !== undefined || deployment.lifecycleStage === name
}

function stateOf({ status, finishedAt }: ServiceDeployment, place: number, reached: number): StageState {
  if (status === 'SUCCESSFUL') return 'done'
  if (place !== reached) return place < reached ? 'done' : 'pending'
  return finishedAt === undefined ? 'running' : 'failed'
}

function rollingStage(seen: SeenServiceDeployment): StageView {
  const { status, startedAt, finishedAt } = seen.deployment
  const endedAt = timeIn(finishedAt)
  const ended = status === 'SUCCESSFUL' ? 'done' : 'failed'
  const note = endedAt === undefined ? 'old tasks are replaced by new ones, some at a time' : undefined
  return {
    name: 'ROLLING',
    state: endedAt === undefined ? 'running' : ended,
    begunAt: timeIn(startedAt),
    endedAt,
    note,
  }
}

function noteOf({ deployment, minuteMilliseconds }: SeenServiceDeployment, name: string): string | undefined {
  const minutes = deployment.deploymentConfiguration?.bakeTimeInMinutes ?? 0
  if (name === 'BAKE_TIME' && minutes > 0)
    return `both revisions run for ${minutesInWords(minutes, minuteMilliseconds)}`
  return undefined
}

/** What happens now, until when, and what comes then. */
export function serviceDeploymentOutlook(seen: SeenServiceDeployment, { phase, stages, sides }: ViewParts): Outlook {
  const { deployment, minuteMilliseconds, weightSince } = seen
  if (phase === 'succeeded') return { now: 'The new revision has all traffic; it is the service now.' }
  if (phase === 'failed' || phase === 'stopped')
    return { now: deployment.statusReason ?? `It ended as ${deployment.status}.` }
  const waiting = outlookOnProtected(heldByUpdate(seen), seen.at)
  if (waiting !== undefined) return waiting
  if (hasGoneBack(deployment)) {
    return { now: `It goes back: ${deployment.rollback?.reason ?? deployment.statusReason ?? 'no reason is told yet'}` }
  }
  const pause = deployment.lifecycleHookDetails?.find(({ status }) => status === 'AWAITING_ACTION')
  if (pause !== undefined) {
    const next =
      pause.timeoutAction === 'CONTINUE'
        ? 'It goes on by itself.'
        : 'It is rolled back, unless it was continued before.'
    return {
      now: `A hook pauses it: somebody has to say how it goes on (teal continue ${shortArn(deployment.serviceDeploymentArn)}).`,
      until: timeIn(pause.expiresAt),
      next,
    }
  }
  const stage = stages.find(({ state }) => state === 'running')
  const green = sides.find(({ colour }) => colour === 'green')
  switch (stage?.name) {
    case undefined:
      return { now: 'It waits for its turn.' }
    case 'ROLLING':
      return { now: `${green?.running ?? 0} of ${counted(green?.desired ?? 0, 'new task')} run.` }
    case 'SCALE_UP':
      return {
        now: `Every task of green has to be healthy: ${green === undefined ? 0 : healthyCount(green)} of ${counted(green?.desired ?? 0, 'task')} are.`,
      }
    case 'PRODUCTION_TRAFFIC_SHIFT':
      return shifting(seen, green?.weight ?? 0)
    case 'BAKE_TIME': {
      const minutes = deployment.deploymentConfiguration?.bakeTimeInMinutes ?? 0
      const begunAt = weightSince ?? stage?.begunAt
      const until = begunAt === undefined ? undefined : begunAt + minutes * minuteMilliseconds
      return {
        now: 'Green has all traffic; blue is kept so that going back is quick.',
        until,
        next: 'Blue goes, and there is no way back any more.',
        endsAt: until,
      }
    }
    default:
      return { now: `It is in ${stage?.name}.` }
  }
}

function shifting({ deployment, weightSince, minuteMilliseconds }: SeenServiceDeployment, weight: number): Outlook {
  const now = `${weight}% of production traffic goes to green, ${100 - weight}% to blue.`
  const shifts = shiftsOf(deployment.deploymentConfiguration)
  const current = shifts.find(({ greenPercentage }) => greenPercentage === weight)
  const following = shifts.find(({ greenPercentage }) => greenPercentage > weight)
  if (current === undefined || following === undefined || weightSince === undefined) return { now }
  const until = weightSince + current.waitMinutes * minuteMilliseconds
  const left = shifts.slice(shifts.indexOf(following)).reduce((sum, { waitMinutes }) => sum + waitMinutes, 0)
  const bake = deployment.deploymentConfiguration?.bakeTimeInMinutes ?? 0
  return {
    now,
    until,
    next: `${following.greenPercentage}% go to green.`,
    endsAt: until + (left + bake) * minuteMilliseconds,
  }
}

function shiftsOf(configuration: DeploymentConfiguration | undefined): readonly TrafficShift[] {
  const { strategy, canaryConfiguration: canary, linearConfiguration: linear } = configuration ?? {}
  if (strategy === 'CANARY') {
    const { canaryPercent: canaryPercentage = 5, canaryBakeTimeInMinutes: canaryInterval = 10 } = canary ?? {}
    return trafficShifts({ type: 'TimeBasedCanary', canaryPercentage, canaryInterval })
  }
  if (strategy === 'LINEAR') {
    const { stepPercent: linearPercentage = 10, stepBakeTimeInMinutes: linearInterval = 6 } = linear ?? {}
    return trafficShifts({ type: 'TimeBasedLinear', linearPercentage, linearInterval })
  }
  return trafficShifts({ type: 'AllAtOnce' })
}
