import { alarmTimestamp } from '../domain/alarm-reason.ts'
import type { AlarmHistoryItem, AlarmState, MetricAlarm } from '../domain/alarm.ts'
import type { Store } from './store.ts'

/** CloudWatch keeps the history of two weeks; this is kept of each alarm, and of so many alarms. */
const mostItems = 100
const mostHistories = 2_000

export type NewState = {
  readonly state: AlarmState
  readonly reason: string
  /** JSON. */
  readonly reasonData?: string | undefined
}

export function alarmKey({ region, alarmName }: Pick<MetricAlarm, 'region' | 'alarmName'>): string {
  return `${region}/${alarmName}`
}

/** Writes an alarm's new state with its history, and what became of its actions. Must be called in a transaction. */
export function changeAlarmState(
  store: Store,
  alarm: MetricAlarm,
  { state, reason, reasonData }: NewState,
  now: number,
): void {
  const { stateReasonData: _, ...before } = alarm
  const after: MetricAlarm = {
    ...before,
    stateValue: state,
    stateReason: reason,
    ...(reasonData === undefined ? {} : { stateReasonData: reasonData }),
    stateUpdatedAt: now,
  }
  store.alarms.put(alarmKey(alarm), after)
  if (state === alarm.stateValue) return
  const data = JSON.stringify({ version: '1.0', oldState: stateOf(alarm), newState: stateOf(after) })
  const summary = `Alarm updated from ${alarm.stateValue} to ${state}`
  addToHistory(store, alarm, [{ at: now, type: 'StateUpdate', summary, data }, ...actionItems(store, after, now)])
}

/** Writes an alarm with new settings, or a new alarm, with its history. Must be called in a transaction. */
export function configureAlarm(store: Store, alarm: MetricAlarm, now: number): void {
  const isNew = !store.alarms.has(alarmKey(alarm))
  store.alarms.put(alarmKey(alarm), alarm)
  const description = configurationOf(alarm)
  const data = isNew
    ? { version: '1.0', type: 'Create', createdAlarm: description }
    : { version: '1.0', type: 'Update', updatedAlarm: description }
  const summary = `Alarm "${alarm.alarmName}" ${isNew ? 'created' : 'updated'}`
  addToHistory(store, alarm, [{ at: now, type: 'ConfigurationUpdate', summary, data: JSON.stringify(data) }])
}

/** Must be called in a transaction. */
export function deleteAlarm(store: Store, alarm: MetricAlarm, now: number): void {
  store.alarms.delete(alarmKey(alarm))
  const data = {
    version: '1.0',
    type: 'Delete',
    deletedAlarm: { alarmName: alarm.alarmName, alarmArn: alarm.alarmArn },
  }
  const summary = `Alarm "${alarm.alarmName}" deleted`
  addToHistory(store, alarm, [{ at: now, type: 'ConfigurationUpdate', summary, data: JSON.stringify(data) }])
}

/** The actions for an alarm's state. */
function actionsFor({ stateValue, settings }: MetricAlarm): readonly string[] {
  switch (stateValue) {
    case 'OK':
      return settings.okActions
    case 'ALARM':
      return settings.alarmActions
    case 'INSUFFICIENT_DATA':
      return settings.insufficientDataActions
  }
}

/**
 * Scaling policies are triggered (`scaling.ts`). Nobody else is told by Teal, which has no topics: the history says so of
 * each action, as AWS does of one that failed.
 */
function actionItems(store: Store, alarm: MetricAlarm, now: number): readonly AlarmHistoryItem[] {
  if (!alarm.settings.actionsEnabled) return []
  return actionsFor(alarm).map((action) => {
    const notice = { stateUpdateTimestamp: now, notificationResource: action }
    if (alarm.stateValue === 'ALARM' && store.scalingPolicies.has(action)) {
      const data = JSON.stringify({ actionState: 'Succeeded', ...notice })
      return { at: now, type: 'Action', summary: `Successfully executed action ${action}`, data }
    }
    const error = isScalingPolicy(action)
      ? 'There is no such scaling policy, or it is triggered by the state ALARM only'
      : 'Teal records alarm actions and does not execute them'
    return {
      at: now,
      type: 'Action',
      summary: `Failed to execute action ${action}. Received error: "${error}"`,
      data: JSON.stringify({ actionState: 'Failed', ...notice, error }),
    }
  })
}

/** Whether an alarm's action is one of Application Auto Scaling, by its ARN. */
export function isScalingPolicy(action: string): boolean {
  return action.includes(':scalingPolicy:')
}

function addToHistory(
  store: Store,
  { region, alarmName }: Pick<MetricAlarm, 'region' | 'alarmName'>,
  /** In the order they happened. */
  items: readonly AlarmHistoryItem[],
): void {
  const { alarmHistories } = store
  const key = alarmKey({ region, alarmName })
  const known = alarmHistories.get(key)
  if (known === undefined) forgetOldest(store)
  const all = [...items.toReversed(), ...(known?.items ?? [])].slice(0, mostItems)
  alarmHistories.put(key, { region, alarmName, items: all })
}

/** Histories of alarms that are gone make room for new ones. */
function forgetOldest({ alarms, alarmHistories }: Store): void {
  const histories = alarmHistories.list()
  if (histories.length < mostHistories) return
  const oldest = histories.find((history) => !alarms.has(alarmKey(history)))
  if (oldest !== undefined) alarmHistories.delete(alarmKey(oldest))
}

function stateOf({ stateValue, stateReason, stateReasonData }: MetricAlarm) {
  const data = stateReasonData === undefined ? {} : { stateReasonData: parsed(stateReasonData) }
  return { stateValue, stateReason, ...data }
}

/** As CloudWatch's history describes an alarm; `okactions` is its word. */
function configurationOf({ alarmName, alarmArn, stateValue, stateUpdatedAt, configuredAt, settings }: MetricAlarm) {
  const {
    periodSeconds,
    description,
    okActions,
    isDatapointsToAlarmGiven,
    tags: _,
    datapointsToAlarm,
    ...rest
  } = settings
  return {
    alarmName,
    alarmArn,
    ...(description === undefined ? {} : { alarmDescription: description }),
    alarmConfigurationUpdatedTimestamp: alarmTimestamp(configuredAt),
    ...rest,
    period: periodSeconds,
    ...(isDatapointsToAlarmGiven === true ? { datapointsToAlarm } : {}),
    okactions: okActions,
    stateValue,
    stateUpdatedTimestamp: alarmTimestamp(stateUpdatedAt),
  }
}

/** SetAlarmState takes any text for reason data. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return text
  }
}
