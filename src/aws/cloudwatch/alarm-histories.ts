import type * as sdk from '@aws-sdk/client-cloudwatch'
import type { Engine } from '../../engine/engine.ts'
import type { Handlers } from '../handlers.ts'
import { pageSize } from './alarm-descriptions.ts'
import { invalid, unsupported } from './errors.ts'
import { page } from './pages.ts'

export const alarmHistories = ({ store }: Pick<Engine, 'store'>) =>
  ({
    DescribeAlarmHistory(input, { region }) {
      const { AlarmName, AlarmTypes, AlarmContributorId, HistoryItemType, StartDate, EndDate } = input
      const { MaxRecords = 100, NextToken, ScanBy = 'TimestampDescending' } = input
      if (AlarmContributorId !== undefined)
        throw unsupported('AlarmContributorId', 'alarms have no contributors; leave it out')
      if (StartDate !== undefined && EndDate !== undefined && StartDate > EndDate) {
        throw invalid('The parameter StartDate must not be later than the parameter EndDate.')
      }
      const isShown = AlarmTypes === undefined || AlarmTypes.length === 0 || AlarmTypes.includes('MetricAlarm')
      const all = store.alarmHistories
        .list()
        .filter(
          (history) => isShown && history.region === region && (AlarmName ?? history.alarmName) === history.alarmName,
        )
        .flatMap(({ alarmName, items }) =>
          // The oldest is number 0, and keeps its number when newer ones come: tokens speak of it.
          items.map((item, at) => ({ ...item, alarmName, key: `${item.at} ${alarmName} ${items.length - at}` })),
        )
      const from = StartDate?.getTime() ?? Number.NEGATIVE_INFINITY
      const to = EndDate?.getTime() ?? Number.POSITIVE_INFINITY
      const found = all
        .filter(({ at, type }) => from <= at && at <= to && (HistoryItemType ?? type) === type)
        // Each history is newest first; sorting leaves what happened at one time in that order.
        .toSorted((one, other) => other.at - one.at)
      const sorted = ScanBy === 'TimestampDescending' ? found : found.toReversed()
      const request = { list: 'alarm history', size: pageSize(MaxRecords), nextToken: NextToken }
      const { items, ...next } = page(sorted, { ...request, keyOf: ({ key }) => key })
      return {
        AlarmHistoryItems: items.map(({ alarmName, at, type, summary, data }) => ({
          AlarmName: alarmName,
          AlarmType: 'MetricAlarm' as const,
          Timestamp: new Date(at),
          HistoryItemType: type,
          HistorySummary: summary,
          HistoryData: data,
        })),
        ...next,
      }
    },
  }) satisfies Handlers<typeof sdk>
