import type { Engine } from '../../engine/engine.ts'
import type { LogStore } from '../../engine/log-store.ts'
import { awsService, type AwsService } from '../handlers.ts'
import { jsonProtocol } from '../wire/json-protocol.ts'
import { refuseByList } from '../wire/refusal.ts'
import { logEvents } from './log-events.ts'
import { logGroups } from './log-groups.ts'
import { logSearches } from './log-searches.ts'
import { logStreams } from './log-streams.ts'
import { tags } from './tags.ts'

/** What of an engine CloudWatch Logs needs. */
export type LogsEngine = Pick<Engine, 'store' | 'clock'> & { readonly logs: LogStore }

/** CloudWatch Logs: groups, streams and their events, as `aws logs tail --follow` and the SDKs read them. */
export const cloudWatchLogs = (engine: LogsEngine): AwsService =>
  awsService({
    name: 'Amazon CloudWatch Logs',
    signingName: 'logs',
    protocol: jsonProtocol({ version: '1.1', targetPrefix: 'Logs_20140328' }),
    sdk: '@aws-sdk/client-cloudwatch-logs',
    handlers: {
      ...logGroups(engine),
      ...logStreams(engine),
      ...logEvents(engine),
      ...logSearches(engine),
      ...tags(engine),
    },
    refuse: refuseByList('InvalidParameterException'),
  })
