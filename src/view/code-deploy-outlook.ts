import type { TrafficRoutingConfig } from '@aws-sdk/client-codedeploy'
import { trafficShifts, type TrafficShift } from '../domain/deployment-configs.ts'
import { heldByDeletion, type SeenCodeDeploy, type ViewParts } from './seen-code-deploy.ts'
import type { Outlook, StageView } from './deployment-view.ts'
import { outlookOnProtected } from './protected-tasks.ts'
import { healthyCount } from './surroundings.ts'
import { counted } from './words.ts'

/** What happens now, until when, and what comes then. */
export function codeDeployOutlook(seen: SeenCodeDeploy, parts: ViewParts): Outlook {
  const { deployment } = seen
  const isRollback = deployment.creator === 'codeDeployRollback'
  switch (parts.phase) {
    case 'succeeded':
      return {
        now: isRollback
          ? 'Blue has all traffic again; green is gone.'
          : 'Green has all traffic; it is the service now.',
      }
    case 'failed':
    case 'stopped':
      return overWithoutSuccess(seen)
    case 'waiting':
    case 'running':
      break
  }
  const waiting = outlookOnProtected(heldByDeletion(seen), seen.at)
  if (waiting !== undefined) return waiting
  const stage = parts.stages.find(({ state }) => state === 'running')
  if (stage === undefined) return { now: notBegun(deployment.status) }
  const outlook = isRollback ? { now: 'The traffic goes back to blue.' } : stageOutlook(seen, parts, stage)
  return { ...outlook, endsAt: isRollback ? undefined : earliestEnd(seen, parts, stage) }
}

function notBegun(status: string | undefined): string {
  if (status === 'Queued') return 'It waits for an earlier deployment of the group to end.'
  return status === 'Created' ? 'It has been created and is about to begin.' : 'It goes from one stage to the next.'
}

function overWithoutSuccess({ deployment }: SeenCodeDeploy): Outlook {
  const back = deployment.rollbackInfo?.rollbackDeploymentId
  const how = deployment.status === 'Stopped' ? 'It was stopped' : 'It failed'
  return {
    now: back === undefined ? `${how}; nothing was rolled back.` : `${how}; ${back} brings the traffic back to blue.`,
  }
}

function stageOutlook(seen: SeenCodeDeploy, parts: ViewParts, stage: StageView): Outlook {
  const { deployment, minuteMilliseconds } = seen
  const { begunAt } = stage
  const waits = deployment.blueGreenDeploymentConfiguration
  const after = (minutes: number | undefined): number | undefined =>
    begunAt === undefined ? undefined : begunAt + (minutes ?? 0) * minuteMilliseconds
  const following = parts.stages[parts.stages.indexOf(stage) + 1]?.name
  switch (stage.name) {
    case 'Install':
      return { now: installing(parts), next: nextStage(following) }
    case 'READY_WAIT':
      return {
        now: `Green is ready; somebody has to allow production traffic (teal continue ${deployment.deploymentId}).`,
        until: after(waits?.deploymentReadyOption?.waitTimeInMinutes),
        next: 'The deployment is stopped, unless it was continued before.',
      }
    case 'AllowTraffic':
      return shifting(seen, parts, stage)
    case 'TERMINATION_WAIT':
      return {
        now: 'Green has all traffic; blue is kept so that going back is quick.',
        until: after(waits?.terminateBlueInstancesOnDeploymentSuccess?.terminationWaitTimeInMinutes),
        next: 'Blue is terminated, and there is no way back any more.',
      }
    case 'Terminate blue':
      return { now: "Blue's last requests end, then its tasks stop.", next: 'The deployment has succeeded.' }
    default:
      return { now: hookOrPassing(stage), next: nextStage(following) }
  }
}

function nextStage(name: string | undefined): string {
  return name === undefined ? 'It is over.' : `${name}.`
}

function installing({ sides }: ViewParts): string {
  const green = sides.find(({ colour }) => colour === 'green')
  if (green === undefined) return 'The replacement task set is being created.'
  return `Every task of green has to be healthy: ${healthyCount(green)} of ${counted(green.desired, 'task')} ${green.desired === 1 ? 'is' : 'are'}.`
}

function hookOrPassing({ name, note }: StageView): string {
  return note === undefined ? `${name} is passed.` : `${name}: ${note}`
}

function shifting(seen: SeenCodeDeploy, parts: ViewParts, { begunAt }: StageView): Outlook {
  const weight = parts.sides.find(({ colour }) => colour === 'green')?.weight ?? 0
  const now = `${weight}% of production traffic goes to green, ${100 - weight}% to blue.`
  const shifts = shiftsOf(seen.routing)
  const following = shifts.find(({ greenPercentage }) => greenPercentage > weight)
  if (begunAt === undefined || following === undefined) return { now }
  const until = begunAt + minutesBefore(shifts, following) * seen.minuteMilliseconds
  return { now, until, next: `${following.greenPercentage}% go to green.` }
}

/** How long after the first shift this one comes, in minutes. */
function minutesBefore(shifts: readonly TrafficShift[], shift: TrafficShift): number {
  return shifts.slice(0, shifts.indexOf(shift)).reduce((sum, { waitMinutes }) => sum + waitMinutes, 0)
}

function shiftsOf(routing: TrafficRoutingConfig | undefined): readonly TrafficShift[] {
  const { type, timeBasedCanary: canary, timeBasedLinear: linear } = routing ?? {}
  if (type === 'TimeBasedCanary' && canary?.canaryPercentage !== undefined) {
    const { canaryPercentage, canaryInterval = 0 } = canary
    return trafficShifts({ type, canaryPercentage, canaryInterval })
  }
  if (type === 'TimeBasedLinear' && linear?.linearPercentage !== undefined) {
    const { linearPercentage, linearInterval = 0 } = linear
    return trafficShifts({ type, linearPercentage, linearInterval })
  }
  return trafficShifts({ type: 'AllAtOnce' })
}

/** When it could be over if everything but the configured waits took no time; unknown while a person is waited for. */
function earliestEnd(seen: SeenCodeDeploy, parts: ViewParts, current: StageView): number | undefined {
  if (parts.phase === 'waiting') return undefined
  const { at, deployment, minuteMilliseconds: minute } = seen
  const blue = deployment.blueGreenDeploymentConfiguration?.terminateBlueInstancesOnDeploymentSuccess
  const kept = blue?.action === 'KEEP_ALIVE' ? 0 : (blue?.terminationWaitTimeInMinutes ?? 0) * minute
  const shifts = shiftsOf(seen.routing)
  const shiftLength = shifts.reduce((sum, { waitMinutes }) => sum + waitMinutes, 0) * minute
  const place = (name: string): number => parts.stages.findIndex((stage) => stage.name === name)
  const here = parts.stages.indexOf(current)
  if (current.name === 'TERMINATION_WAIT') return Math.max(at, (current.begunAt ?? at) + kept)
  if (here > place('AllowTraffic')) return current.name === 'Terminate blue' ? undefined : at + kept
  if (here === place('AllowTraffic')) return Math.max(at, (current.begunAt ?? at) + shiftLength) + kept
  return at + shiftLength + kept
}
