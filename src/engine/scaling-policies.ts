import { arn, parseArn } from '../domain/identifiers.ts'
import type { MetricAlarm } from '../domain/alarm.ts'
import { trackingAlarmName, trackingAlarms } from '../domain/scaling-alarm.ts'
import type { ScalableTarget, ScalingPolicy } from '../domain/scaling.ts'
import { alarmKey, configureAlarm, deleteAlarm } from './alarm-changes.ts'
import type { Chance, Clock } from './ports.ts'
import type { Store } from './store.ts'

type World = { readonly store: Store; readonly clock: Clock; readonly chance: Chance }

export function scalingKey({ region, resourceId }: Pick<ScalableTarget, 'region' | 'resourceId'>): string {
  return `${region}/${resourceId}`
}

export function policiesOf(
  store: Store,
  target: Pick<ScalableTarget, 'region' | 'resourceId'>,
): readonly ScalingPolicy[] {
  return store.scalingPolicies.ofTarget(scalingKey(target))
}

/** Keeps a new or changed policy; one of target tracking with its alarms, which keep their names and states. */
export function putPolicy({ store, clock, chance }: World, policy: ScalingPolicy): ScalingPolicy {
  const now = clock.now()
  const { accountId = '' } = parseArn(policy.policyArn) ?? {}
  return store.transaction(() => {
    const wanted = policy.configuration.kind === 'targetTracking' ? trackingAlarms(policy, policy.configuration) : []
    const alarms = wanted.map(({ kind, settings }) => {
      const known = policy.alarms.find(({ alarmName }) => alarmName.includes(`-${kind}-`))
      const alarmName = known?.alarmName ?? trackingAlarmName(policy.resourceId, kind, chance.uuid())
      const { region } = policy
      const before = store.alarms.get(alarmKey({ region, alarmName }))
      const alarm: MetricAlarm = {
        ...(before ?? newAlarm(now)),
        alarmName,
        alarmArn: arn.alarm({ region, accountId }, alarmName),
        region,
        settings,
        configuredAt: now,
      }
      configureAlarm(store, alarm, now)
      return { alarmName, alarmArn: alarm.alarmArn }
    })
    const gone = policy.alarms.filter((each) => alarms.every(({ alarmName }) => alarmName !== each.alarmName))
    deleteAlarmsOf(store, { ...policy, alarms: gone }, now)
    const kept = { ...policy, alarms }
    store.scalingPolicies.put(policy.policyArn, kept)
    return kept
  })
}

/** With the alarms it made for itself; those that somebody else has set on it stay. */
export function deletePolicy({ store, clock }: Omit<World, 'chance'>, policy: ScalingPolicy): void {
  store.transaction(() => {
    deleteAlarmsOf(store, policy, clock.now())
    store.scalingPolicies.delete(policy.policyArn)
  })
}

/** With its policies, as AWS does it. What was scaled stays to be read. */
export function deregisterTarget(world: Omit<World, 'chance'>, target: ScalableTarget): void {
  world.store.transaction(() => {
    for (const policy of policiesOf(world.store, target)) deletePolicy(world, policy)
    world.store.scalableTargets.delete(scalingKey(target))
  })
}

/** The policy that an alarm belongs to, which alone may change it. */
export function ownerOfAlarm(store: Store, { alarmName, settings }: MetricAlarm): ScalingPolicy | undefined {
  const owners = settings.alarmActions.map((action) => store.scalingPolicies.get(action))
  return owners.find((policy) => policy?.alarms.some((alarm) => alarm.alarmName === alarmName))
}

function newAlarm(now: number): Pick<MetricAlarm, 'stateValue' | 'stateReason' | 'stateUpdatedAt'> {
  return { stateValue: 'INSUFFICIENT_DATA', stateReason: 'Unchecked: Initial alarm creation', stateUpdatedAt: now }
}

function deleteAlarmsOf(store: Store, { region, alarms }: ScalingPolicy, now: number): void {
  for (const { alarmName } of alarms) {
    const alarm = store.alarms.get(alarmKey({ region, alarmName }))
    if (alarm !== undefined) deleteAlarm(store, alarm, now)
  }
}
