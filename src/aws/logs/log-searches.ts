import type * as sdk from '@aws-sdk/client-cloudwatch-logs'
import { readLogFilter } from '../../domain/log-filter.ts'
import type { LogEvent, LogStream } from '../../domain/log-group.ts'
import type { Checked, Handlers } from '../handlers.ts'
import { findGroupOf, invalid } from './lookups.ts'
import type { LogsEngine } from './service.ts'

type Found = { readonly event: LogEvent; readonly stream: LogStream }

export const logSearches = (engine: LogsEngine) =>
  ({
    async FilterLogEvents(input, call) {
      const { startTime = 0, endTime = Number.MAX_SAFE_INTEGER, limit = 10_000, nextToken } = input
      if (limit < 1 || limit > 10_000) throw invalid('limit must be between 1 and 10000.')
      const group = findGroupOf(engine, call, input)
      const filter = readLogFilter(input.filterPattern ?? '')
      if (filter === undefined) {
        throw invalid('Filter patterns in { }, [ ] and % % are not supported by Teal yet. Use words and "phrases".')
      }
      const found: Found[] = []
      for (const stream of searched(engine.logs.streams(group), input)) {
        for (const event of await engine.logs.read(group, stream, startTime, endTime)) {
          if (filter(event.message)) found.push({ event, stream })
        }
      }
      const after = nextToken
      const sorted = found.map((each) => ({ ...each, id: eventId(each) })).toSorted((a, b) => (a.id < b.id ? -1 : 1))
      const rest = after === undefined ? sorted : sorted.filter(({ id }) => id > after)
      const shown = rest.slice(0, limit)
      return {
        events: shown.map(({ event, stream, id }) => ({
          logStreamName: stream.name,
          timestamp: event.timestamp,
          message: event.message,
          ingestionTime: event.ingestedAt,
          eventId: id,
        })),
        searchedLogStreams: [],
        nextToken: rest.length > shown.length ? shown.at(-1)?.id : undefined,
      }
    },
  }) satisfies Handlers<typeof sdk>

/** @throws InvalidParameterException */
function searched(
  streams: readonly LogStream[],
  { logStreamNames, logStreamNamePrefix }: Checked<sdk.FilterLogEventsRequest>,
): readonly LogStream[] {
  if (logStreamNames !== undefined && logStreamNamePrefix !== undefined) {
    throw invalid('Only one of logStreamNames and logStreamNamePrefix can be given.')
  }
  if (logStreamNames !== undefined) return streams.filter(({ name }) => logStreamNames.includes(name))
  return streams.filter(({ name }) => name.startsWith(logStreamNamePrefix ?? ''))
}

/** Digits only, as AWS has them; they sort by time, and in a stream as the events came. */
function eventId({ event, stream }: Found): string {
  const ofStream = BigInt(`0x${stream.streamId.replaceAll('-', '').slice(0, 16)}`)
  return [
    String(event.timestamp).padStart(14, '0'),
    String(ofStream).padStart(20, '0'),
    String(event.sequence).padStart(12, '0'),
  ].join('')
}
