import { trafficShifts } from '../deployment-configs.ts'
import { thingOf } from './facts.ts'
import type { PreflightFacts } from './facts.ts'
import { errorAt, warningAt } from './finding.ts'
import type { Finding, FindingPlace } from './finding.ts'
import { placeOfGroup } from './service-findings.ts'

/** What `aws deploy wait deployment-successful` has patience for. */
const waiterMinutes = 30

/** The waits a deployment is configured to make, against what whoever waits for it allows. */
export function durationFindings(facts: PreflightFacts): readonly Finding[] {
  const waits = waitsOf(facts)
  const group = thingOf(facts.group)
  if (waits === undefined || group === undefined) return []
  const minutes = waits.ready + waits.shift + waits.termination
  const parts = [
    ...(waits.ready > 0 ? [`up to ${span(waits.ready)} for ContinueDeployment`] : []),
    ...(waits.shift > 0 ? [`${span(waits.shift)} between shifts of traffic`] : []),
    ...(waits.termination > 0 ? [`${span(waits.termination)} before blue is terminated`] : []),
  ]
  const what = `The deployment waits ${span(minutes)} by itself: ${parts.join(', ')}.`
  const where: FindingPlace = placeOfGroup(group, longest(waits))
  if (facts.mostMinutes !== undefined) {
    if (minutes <= facts.mostMinutes) return []
    return [
      errorAt('duration', where, {
        what: `${what} ${span(facts.mostMinutes)} are allowed.`,
        why: 'Whoever waits for it gives up before it ends, although nothing is wrong with it.',
        how: 'Shorten the waits in the deployment group, or allow more; or wait only until the traffic has been shifted.',
      }),
    ]
  }
  if (minutes <= waiterMinutes) return []
  return [
    warningAt('duration', where, {
      what,
      why: `\`aws deploy wait deployment-successful\` gives up after ${waiterMinutes} minutes, and so does the GitHub action unless it is told otherwise.`,
      how: 'Wait longer there (wait-for-minutes), or shorten the waits. --max-duration says what is allowed.',
    }),
  ]
}

type Waits = { readonly ready: number; readonly shift: number; readonly termination: number }

/** All in minutes, as they are configured. */
function waitsOf(facts: PreflightFacts): Waits | undefined {
  const group = thingOf(facts.group)
  if (group === undefined) return undefined
  const routing = thingOf(facts.trafficRouting)
  const shifts = routing === undefined ? [] : trafficShifts(routing)
  const { deploymentReadyOption: ready, terminateBlueInstances: termination } = group
  return {
    ready: ready.actionOnTimeout === 'STOP_DEPLOYMENT' ? ready.waitTimeInMinutes : 0,
    shift: shifts.reduce((sum, { waitMinutes }) => sum + waitMinutes, 0),
    termination: termination.action === 'TERMINATE' ? termination.terminationWaitTimeInMinutes : 0,
  }
}

function longest({ ready, shift, termination }: Waits): string {
  const most = Math.max(ready, shift, termination)
  if (most === termination) return 'terminateBlueInstancesOnDeploymentSuccess'
  return most === ready ? 'deploymentReadyOption' : 'deploymentConfigName'
}

/** `45 minutes`, `2 h 5 min`. */
function span(minutes: number): string {
  if (minutes === 1) return '1 minute'
  if (minutes < 120) return `${minutes} minutes`
  const rest = minutes % 60
  return `${Math.floor(minutes / 60)} h${rest === 0 ? '' : ` ${rest} min`}`
}
