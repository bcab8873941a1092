import type * as sdk from '@aws-sdk/client-cloudwatch-logs'
import type { LogGroup, LogStream } from '../../domain/log-group.ts'
import type { StreamSummary } from '../../engine/log-store.ts'
import type { Answer, Handlers } from '../handlers.ts'
import { pageOfNames } from '../name-pages.ts'
import { findGroup, findGroupOf, findStream, invalid, pageSize } from './lookups.ts'
import type { LogsEngine } from './service.ts'

type Seen = { readonly stream: LogStream; readonly summary: StreamSummary | undefined }

export const logStreams = (engine: LogsEngine) =>
  ({
    CreateLogStream({ logGroupName, logStreamName }, call) {
      if (!/^[^:*]{1,512}$/.test(logStreamName)) {
        throw invalid(
          `1 validation error detected: Value '${logStreamName}' at 'logStreamName' failed to satisfy constraint: Member must satisfy regular expression pattern: [^:*]*`,
        )
      }
      engine.logs.createStream(findGroup(engine, call, logGroupName), logStreamName)
      return {}
    },
    async DeleteLogStream({ logGroupName, logStreamName }, call) {
      await engine.logs.deleteStream(findStream(engine, findGroup(engine, call, logGroupName), logStreamName))
      return {}
    },
    async DescribeLogStreams(input, call) {
      const { logStreamNamePrefix = '', orderBy = 'LogStreamName', descending = false, nextToken } = input
      const size = pageSize(input.limit)
      if (orderBy === 'LastEventTime' && logStreamNamePrefix !== '') {
        throw invalid('Cannot order by LastEventTime with a logStreamNamePrefix.')
      }
      const group = findGroupOf(engine, call, input)
      const seen = await Promise.all(
        engine.logs
          .streams(group)
          .filter(({ name }) => name.startsWith(logStreamNamePrefix))
          .map(async (stream): Promise<Seen> => ({ stream, summary: await engine.logs.summary(stream) })),
      )
      const keyed = seen.map((each) => ({ ...each, key: keyOf(each, orderBy, descending) }))
      const shown = pageOfNames(keyed, ({ key }) => key, { size, token: nextToken })
      if (shown === undefined) throw invalid('The specified nextToken is invalid.')
      return { logStreams: shown.items.map((each) => streamAnswer(group, each)), nextToken: shown.token }
    },
  }) satisfies Handlers<typeof sdk>

/** Sorts as asked for: numbers of equal length, and the other way round each character's complement. */
function keyOf({ stream, summary }: Seen, orderBy: string, descending: boolean): string {
  const time = String(Math.max(0, summary?.lastTimestamp ?? 0)).padStart(16, '0')
  const key = orderBy === 'LastEventTime' ? `${time} ${stream.name}` : stream.name
  if (!descending) return key
  return `${Array.from(key, (character) => String.fromCharCode(0xffff - character.charCodeAt(0))).join('')}\uffff`
}

function streamAnswer({ arn }: LogGroup, { stream, summary }: Seen): Answer<sdk.LogStream> {
  return {
    logStreamName: stream.name,
    creationTime: stream.createdAt,
    firstEventTimestamp: summary?.firstTimestamp,
    lastEventTimestamp: summary?.lastTimestamp,
    lastIngestionTime: summary?.lastIngestedAt,
    uploadSequenceToken: '49039859599837169741010241020',
    arn: `${arn}:log-stream:${stream.name}`,
    // AWS answers 0 for every stream.
    storedBytes: 0,
  }
}
