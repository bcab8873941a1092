import { isIPv6 } from 'node:net'
import type { JournalEntry } from '../domain/journal.ts'
import type { DeploymentObservation } from '../domain/deployment-record.ts'
import type { Listener } from '../domain/load-balancer.ts'
import { targetKey } from '../domain/routing-table.ts'
import { stepSentence } from '../domain/step-sentences.ts'
import type { Deployment } from '../domain/deployment.ts'
import type { ServiceDeployment } from '../domain/service-deployment.ts'
import { observationsOf } from '../engine/deployment-watch.ts'
import type { Engine } from '../engine/engine.ts'
import type { CountedTraffic } from '../domain/traffic-account.ts'
import { alarmView } from './alarm-views.ts'
import type { SideNames } from './traffic-view.ts'
import { toneOf } from './tones.ts'
import type { AlarmView, Happening, SideName, StepView, TargetView } from './views.ts'

/** What a page is made of beside what is particular to who deploys. */
export type ReadEngine = Pick<
  Engine,
  'store' | 'loadBalancing' | 'services' | 'deployments' | 'settings' | 'router' | 'clock'
>

export function observed({ store }: ReadEngine, watchId: string): readonly DeploymentObservation[] | undefined {
  const watch = store.deploymentWatches.get(watchId)
  return watch && observationsOf(store, watch)
}

export function stepViews(
  journal: readonly JournalEntry[],
  plan: Deployment['plan'] | ServiceDeployment['plan'],
): readonly StepView[] {
  return journal.map(({ position, step, begunAt, outcome }) => ({
    position,
    at: begunAt,
    endedAt: outcome?.at,
    sentence: stepSentence(step, { plan, result: outcome?.result }),
    isMinor: step.kind === 'recordEvent' || step.kind === 'recordStatus' || step.kind === 'enterStage',
  }))
}

/** The targets of the pair as they are now; once the deployment is over, as they were last seen. */
export function targetViews(
  { store, loadBalancing, router }: ReadEngine,
  known: {
    readonly counted: CountedTraffic
    readonly sides: SideNames
    readonly observations: readonly DeploymentObservation[]
    readonly isOver: boolean
  },
): readonly TargetView[] {
  const { counted, sides, observations, isOver } = known
  const since = new Map<string, TargetView>()
  for (const each of observations) {
    if (each.kind !== 'targetHealth') continue
    const { at, targetGroup, target, health, lastCheck } = each
    const side = sideOf(targetGroup, sides)
    const detail =
      health?.state === 'healthy' || health === undefined ? (lastCheck ?? '') : (lastCheck ?? health.description ?? '')
    const state = health?.state ?? 'gone'
    since.set(`${targetGroup} ${target}`, { side, targetGroup, target, state, detail, since: at, inFlight: undefined })
  }
  if (isOver) return [...since.values()]
  const report = router.report()
  return counted.targetGroups.flatMap(({ name, targetGroupArn }) =>
    (store.targetGroups.get(targetGroupArn)?.targets ?? []).map((address): TargetView => {
      const health = loadBalancing.health(targetGroupArn, address)
      const target = `${address.id}:${address.port}`
      const reported = report?.targets.get(targetKey(targetGroupArn, address))
      return {
        side: sideOf(name, sides),
        targetGroup: name,
        target,
        state: health.state,
        detail: loadBalancing.lastCheck(targetGroupArn, address) ?? health.description ?? '',
        since: since.get(`${name} ${target}`)?.since,
        inFlight: reported?.inFlight,
      }
    }),
  )
}

export function alarmViews({ store }: ReadEngine, region: string, names: readonly string[]): readonly AlarmView[] {
  return names.map((name) => alarmView(name, store.alarms.get(`${region}/${name}`)))
}

/** Where a listener is reached; an address of IPv6 stands in brackets. */
export function listenerUrl({ protocol, port }: Pick<Listener, 'protocol' | 'port'>, host: string): string {
  return `${protocol.toLowerCase()}://${isIPv6(host) ? `[${host}]` : host}:${port}`
}

const mostHappenings = 200

/** What happened around it, oldest first. */
export function happenings(observations: readonly DeploymentObservation[], sides: SideNames): readonly Happening[] {
  const seen: Happening[] = []
  for (const each of observations) {
    if (each.kind === 'targetHealth') {
      const { at, targetGroup, target, health, lastCheck } = each
      const state = health === undefined ? 'is gone' : `is ${health.state}`
      const why = health === undefined || lastCheck === undefined ? '' : `: ${lastCheck}`
      const where = `${sideOf(targetGroup, sides)} (${targetGroup})`
      seen.push({ at, text: `Target ${target} of ${where} ${state}${why}`, tone: toneOf(health?.state ?? '') })
    } else if (each.kind === 'alarm') {
      const { at, alarmName, state, reason } = each
      const text =
        state === undefined ? `There is no alarm ${alarmName}` : `Alarm ${alarmName} is ${state}: ${reason ?? ''}`
      seen.push({ at, text, tone: toneOf(state ?? '') })
    }
  }
  return seen.slice(-mostHappenings)
}

function sideOf(targetGroup: string, sides: SideNames): SideName {
  return targetGroup === sides.green ? 'green' : 'blue'
}
