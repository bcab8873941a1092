import type * as sdk from '@aws-sdk/client-cloudwatch-logs'
import { readLogFilter } from '../../domain/log-filter.ts'
import type { LogGroup, LogStream } from '../../domain/log-group.ts'
import type { Checked, Handlers } from '../handlers.ts'
import { findGroupOf, findStream, invalid } from './lookups.ts'
import { mergedEvents } from './merged-events.ts'
import type { FoundEvent } from './merged-events.ts'
import type { LogsEngine } from './service.ts'

const mostAnswerBytes = 1024 * 1024
/** What AWS counts for an event besides its message. */
const eventBytes = 26

const timestampDigits = 14

type Found = FoundEvent & { readonly id: string }

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
      const after = readToken(nextToken)
      const range = { from: Math.max(startTime, after?.timestamp ?? 0), to: endTime }
      const shown: Found[] = []
      let [bytes, isMore] = [0, false]
      for await (const found of mergedEvents(engine.logs, group, searched(engine, group, input), range)) {
        const id = eventId(found)
        if ((after !== undefined && id <= after.id) || !filter(found.event.message)) continue
        bytes += Buffer.byteLength(found.event.message) + eventBytes
        isMore = shown.length === limit || (bytes > mostAnswerBytes && shown.length > 0)
        if (isMore) break
        shown.push({ ...found, id })
      }
      return {
        events: shown.map(({ event, stream, id }) => ({
          logStreamName: stream.name,
          timestamp: event.timestamp,
          message: event.message,
          ingestionTime: event.ingestedAt,
          eventId: id,
        })),
        searchedLogStreams: [],
        nextToken: isMore ? shown.at(-1)?.id : undefined,
      }
    },
  }) satisfies Handlers<typeof sdk>

/** @throws InvalidParameterException, ResourceNotFoundException */
function searched(
  engine: LogsEngine,
  group: LogGroup,
  { logStreamNames, logStreamNamePrefix }: Checked<sdk.FilterLogEventsRequest>,
): readonly LogStream[] {
  if (logStreamNames !== undefined && logStreamNamePrefix !== undefined) {
    throw invalid('Only one of logStreamNames and logStreamNamePrefix can be given.')
  }
  if (logStreamNames !== undefined) return [...new Set(logStreamNames)].map((name) => findStream(engine, group, name))
  return engine.logs.streams(group).filter(({ name }) => name.startsWith(logStreamNamePrefix ?? ''))
}

/** Digits only, as AWS has them; they sort by time, and in a stream as the events came. */
function eventId({ event, stream }: FoundEvent): string {
  const ofStream = BigInt(`0x${stream.streamId.replaceAll('-', '').slice(0, 16)}`)
  return [
    String(event.timestamp).padStart(timestampDigits, '0'),
    String(ofStream).padStart(20, '0'),
    String(event.sequence).padStart(12, '0'),
  ].join('')
}

/** The id of the last event that was shown. */
function readToken(text: string | undefined): { readonly id: string; readonly timestamp: number } | undefined {
  if (text === undefined) return undefined
  if (!/^\d{46}$/.test(text)) throw invalid('The specified nextToken is invalid.')
  return { id: text, timestamp: Number(text.slice(0, timestampDigits)) }
}
