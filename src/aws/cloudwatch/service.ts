import type { Engine } from '../../engine/engine.ts'
import type { Metrics } from '../../engine/metrics.ts'
import { awsService, type AwsService } from '../handlers.ts'
import { cborProtocol } from '../wire/cbor-protocol.ts'
import { jsonProtocol } from '../wire/json-protocol.ts'
import { queryProtocol } from '../wire/query-protocol.ts'
import { alarmDescriptions } from './alarm-descriptions.ts'
import { alarmHistories } from './alarm-histories.ts'
import { alarms } from './alarms.ts'
import { refuse } from './errors.ts'
import { metricData } from './metric-data.ts'
import { metricLists } from './metric-lists.ts'
import { metricQueries } from './metric-queries.ts'
import { metricStatistics } from './metric-statistics.ts'
import { tags } from './tags.ts'

const serviceName = 'GraniteServiceVersion20100801'

/** Metrics, and alarms on single metrics, in the three protocols that CloudWatch speaks. */
export const cloudWatch = (
  engine: Pick<Engine, 'store' | 'clock' | 'settings' | 'log'>,
  metrics: Metrics,
): AwsService =>
  awsService({
    name: 'Amazon CloudWatch',
    signingName: 'monitoring',
    protocol: [
      jsonProtocol({ version: '1.0', targetPrefix: serviceName, isQueryCompatible: true }),
      cborProtocol({ serviceName, isQueryCompatible: true }),
      queryProtocol({ version: '2010-08-01', xmlNamespace: 'http://monitoring.amazonaws.com/doc/2010-08-01/' }),
    ],
    sdk: '@aws-sdk/client-cloudwatch',
    handlers: {
      ...metricData(engine, metrics),
      ...metricStatistics(engine, metrics),
      ...metricQueries(engine, metrics),
      ...metricLists(metrics),
      ...alarms(engine),
      ...alarmDescriptions(engine),
      ...alarmHistories(engine),
      ...tags(engine),
    },
    refuse,
  })
