import type * as sdk from '@aws-sdk/client-cloudwatch'
import type { MetricAlarm } from '../../domain/alarm.ts'
import { metricKey } from '../../domain/metric.ts'
import type { Engine } from '../../engine/engine.ts'
import type { Checked, Handlers } from '../handlers.ts'
import { alarmAnswer } from './alarm-answers.ts'
import { readDimensions } from './dimensions.ts'
import { invalid, unsupported } from './errors.ts'
import { page } from './pages.ts'

type Filter = Checked<sdk.DescribeAlarmsCommandInput>

/** What tells of alarms. */
export const alarmDescriptions = ({ store }: Pick<Engine, 'store'>) =>
  ({
    DescribeAlarms(input, { region }) {
      const { MaxRecords = 50, NextToken, AlarmTypes = ['MetricAlarm'] } = input
      checkFilter(input)
      const shown = AlarmTypes.includes('MetricAlarm') ? store.alarms.list() : []
      const found = shown
        .filter((alarm) => alarm.region === region && matches(alarm, input))
        .toSorted((one, other) => (one.alarmName < other.alarmName ? -1 : 1))
      const request = { list: 'alarms', size: pageSize(MaxRecords), nextToken: NextToken }
      const { items, ...next } = page(found, { ...request, keyOf: ({ alarmName }) => alarmName, isByKey: true })
      return { MetricAlarms: items.map(alarmAnswer), CompositeAlarms: [], ...next }
    },

    DescribeAlarmsForMetric(input, { region }) {
      const { Namespace, MetricName, Dimensions, Statistic, ExtendedStatistic, Period, Unit } = input
      const dimensions = readDimensions(Dimensions, 'Dimensions', invalid)
      const key = metricKey({ region, namespace: Namespace, metricName: MetricName, dimensions })
      const found = store.alarms
        .list()
        .filter(
          ({ region: place, settings }) =>
            metricKey({ region: place, ...settings }) === key &&
            (Statistic === undefined || settings.statistic === Statistic) &&
            (ExtendedStatistic === undefined || settings.extendedStatistic === ExtendedStatistic) &&
            (Period === undefined || settings.periodSeconds === Period) &&
            (Unit === undefined || settings.unit === Unit),
        )
      return { MetricAlarms: found.map(alarmAnswer) }
    },
  }) satisfies Handlers<typeof sdk>

/** @throws AwsError ValidationError */
export function pageSize(records: number): number {
  if (Number.isInteger(records) && records >= 1 && records <= 100) return records
  const bound = records < 1 ? 'greater than or equal to 1' : 'less than or equal to 100'
  throw invalid(
    `1 validation error detected: Value '${records}' at 'maxRecords' failed to satisfy constraint: Member must have value ${bound}`,
  )
}

function checkFilter({ AlarmNames, AlarmNamePrefix, ChildrenOfAlarmName, ParentsOfAlarmName }: Filter): void {
  const advice = 'it has no composite alarms; leave it out'
  if (ChildrenOfAlarmName !== undefined) throw unsupported('ChildrenOfAlarmName', advice)
  if (ParentsOfAlarmName !== undefined) throw unsupported('ParentsOfAlarmName', advice)
  if (AlarmNames !== undefined && AlarmNames.length > 0 && AlarmNamePrefix !== undefined) {
    throw invalid('AlarmNamePrefix and AlarmNames cannot both be specified; specify one of them')
  }
  if (AlarmNames !== undefined && AlarmNames.length > 100) {
    throw invalid('The collection AlarmNames must not have a size greater than 100.')
  }
}

function matches(alarm: MetricAlarm, { AlarmNames, AlarmNamePrefix = '', StateValue, ActionPrefix }: Filter): boolean {
  const isNamed = AlarmNames === undefined || AlarmNames.length === 0 || AlarmNames.includes(alarm.alarmName)
  return (
    isNamed &&
    alarm.alarmName.startsWith(AlarmNamePrefix) &&
    (StateValue === undefined || alarm.stateValue === StateValue) &&
    (ActionPrefix === undefined || allActions(alarm).some((action) => action.startsWith(ActionPrefix)))
  )
}

function allActions({ settings }: MetricAlarm): readonly string[] {
  return [...settings.alarmActions, ...settings.okActions, ...settings.insufficientDataActions]
}
