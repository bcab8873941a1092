import type * as sdk from '@aws-sdk/client-cloudwatch'
import type { MetricAlarm } from '../../domain/alarm.ts'
import { arn } from '../../domain/identifiers.ts'
import { alarmKey, changeAlarmState, configureAlarm, deleteAlarm, isScalingPolicy } from '../../engine/alarm-changes.ts'
import type { Engine } from '../../engine/engine.ts'
import { ownerOfAlarm } from '../../engine/scaling-policies.ts'
import type { Handlers } from '../handlers.ts'
import { checkAlarmName, readAlarmSettings } from './alarm-settings.ts'
import { invalid, refusal } from './errors.ts'

type World = Pick<Engine, 'store' | 'clock' | 'log'>

const mostNames = 100

/** What changes alarms. */
export const alarms = (world: World) =>
  ({
    PutMetricAlarm(input, { region, accountId }) {
      const alarmName = checkAlarmName(input.AlarmName)
      const settings = readAlarmSettings(input)
      const { store, clock } = world
      const now = clock.now()
      const known = store.alarms.get(alarmKey({ region, alarmName }))
      if (known !== undefined) checkNotOwned(world, known)
      // As on AWS, an alarm that is put again keeps its state, and its tags, which TagResource changes.
      const alarm: MetricAlarm =
        known === undefined
          ? {
              ...newAlarm,
              alarmName,
              alarmArn: arn.alarm({ region, accountId }, alarmName),
              region,
              stateUpdatedAt: now,
              settings,
              configuredAt: now,
            }
          : { ...known, settings: { ...settings, tags: known.settings.tags }, configuredAt: now }
      store.transaction(() => configureAlarm(store, alarm, now))
      sayIfActionsAreOnlyRecorded(world, alarm)
      return {}
    },

    DeleteAlarms({ AlarmNames }, { region }) {
      const { store, clock } = world
      store.transaction(() => {
        const found = findAlarms(world, region, AlarmNames)
        for (const alarm of found) checkNotOwned(world, alarm)
        for (const alarm of found) deleteAlarm(store, alarm, clock.now())
      })
      return {}
    },

    SetAlarmState({ AlarmName, StateValue, StateReason, StateReasonData }, { region }) {
      const { store, clock } = world
      const [alarm] = findAlarms(world, region, [AlarmName])
      if (StateReason.length > 1023) throw invalid('The parameter StateReason must be shorter than 1024 characters.')
      if (StateReasonData !== undefined) checkReasonData(StateReasonData)
      const change = { state: StateValue, reason: StateReason, reasonData: StateReasonData }
      if (alarm !== undefined) store.transaction(() => changeAlarmState(store, alarm, change, clock.now()))
      return {}
    },

    EnableAlarmActions({ AlarmNames }, { region }) {
      setActionsEnabled(world, { region, names: AlarmNames, actionsEnabled: true })
      return {}
    },

    DisableAlarmActions({ AlarmNames }, { region }) {
      setActionsEnabled(world, { region, names: AlarmNames, actionsEnabled: false })
      return {}
    },
  }) satisfies Handlers<typeof sdk>

const newAlarm = { stateValue: 'INSUFFICIENT_DATA', stateReason: 'Unchecked: Initial alarm creation' } as const

/** @throws AwsError ResourceNotFound for the first name that no alarm of the region has */
function findAlarms({ store }: World, region: string, names: readonly string[]): readonly MetricAlarm[] {
  if (names.length > mostNames)
    throw invalid(`The collection AlarmNames must not have a size greater than ${mostNames}.`)
  return [...new Set(names)].map((alarmName) => {
    const alarm = store.alarms.get(alarmKey({ region, alarmName }))
    if (alarm === undefined) throw refusal('ResourceNotFound', `There is no alarm named ${alarmName} in ${region}.`)
    return alarm
  })
}

/** The alarms of a target tracking policy are Application Auto Scaling's. @throws AwsError ValidationException */
function checkNotOwned({ store }: World, alarm: MetricAlarm): void {
  const policy = ownerOfAlarm(store, alarm)
  if (policy === undefined) return
  throw invalid(
    `The alarm ${alarm.alarmName} belongs to the target tracking scaling policy ${policy.policyName} of ` +
      `${policy.resourceId}, which makes, changes and deletes it. Use PutScalingPolicy or DeleteScalingPolicy.`,
  )
}

function setActionsEnabled(
  world: World,
  change: { readonly region: string; readonly names: readonly string[]; readonly actionsEnabled: boolean },
): void {
  const { store, clock } = world
  const { region, names, actionsEnabled } = change
  const now = clock.now()
  store.transaction(() => {
    for (const alarm of findAlarms(world, region, names)) {
      if (alarm.settings.actionsEnabled === actionsEnabled) continue
      configureAlarm(store, { ...alarm, settings: { ...alarm.settings, actionsEnabled }, configuredAt: now }, now)
    }
  })
}

function checkReasonData(text: string): void {
  if (text.length > 4000) throw invalid('The parameter StateReasonData must be shorter than 4001 characters.')
  try {
    JSON.parse(text)
  } catch {
    throw refusal('InvalidFormatFault', 'StateReasonData was not syntactically valid JSON')
  }
}

function sayIfActionsAreOnlyRecorded({ log }: World, { alarmName, settings }: MetricAlarm): void {
  const actions = [settings.alarmActions, settings.okActions, settings.insufficientDataActions].flat()
  if (actions.every(isScalingPolicy) || !settings.actionsEnabled) return
  log.info(`Alarm ${alarmName} has actions. Teal records in its history when they are due, and does not execute them.`)
}
