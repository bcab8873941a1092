import type * as sdk from '@aws-sdk/client-cloudwatch-logs'
import { compareEvents } from '../../domain/log-group.ts'
import type { LogEvent } from '../../domain/log-group.ts'
import type { LogRange } from '../../engine/log-store.ts'
import type { Checked, Handlers } from '../handlers.ts'
import { findGroup, findGroupOf, findStream, invalid } from './lookups.ts'
import type { LogsEngine } from './service.ts'

const hourMilliseconds = 3_600_000
const dayMilliseconds = 24 * hourMilliseconds
const mostAnswerBytes = 1024 * 1024
/** What AWS counts for an event besides its message. */
const eventBytes = 26

export const logEvents = (engine: LogsEngine) =>
  ({
    async PutLogEvents({ logGroupName, logStreamName, logEvents: events }, call) {
      const group = findGroup(engine, call, logGroupName)
      const stream = findStream(engine, group, logStreamName)
      checkBatch(events)
      const now = engine.clock.now()
      const oldest = now - Math.min(14, group.retentionInDays ?? 14) * dayMilliseconds
      const tooOld = events.filter(({ timestamp }) => timestamp < oldest).length
      const tooNew = events.findIndex(({ timestamp }) => timestamp > now + 2 * hourMilliseconds)
      await engine.logs.append(stream, events.slice(tooOld, tooNew < 0 ? undefined : tooNew))
      const rejected = {
        ...(tooOld === 0 ? {} : { tooOldLogEventEndIndex: tooOld }),
        ...(tooNew < 0 ? {} : { tooNewLogEventStartIndex: tooNew }),
      }
      return {
        nextSequenceToken: '49039859599837169741010241020',
        ...(Object.keys(rejected).length === 0 ? {} : { rejectedLogEventsInfo: rejected }),
      }
    },
    async GetLogEvents(input, call) {
      const {
        startTime = 0,
        endTime = Number.MAX_SAFE_INTEGER,
        limit = 10_000,
        startFromHead = false,
        nextToken,
      } = input
      if (limit < 1 || limit > 10_000) throw invalid('limit must be between 1 and 10000.')
      const group = findGroupOf(engine, call, input)
      const stream = findStream(engine, group, input.logStreamName)
      const at = readToken(nextToken)
      const isForward = at === undefined ? startFromHead : at.direction === 'f'
      const range = rangeBeyond({ from: startTime, to: endTime, isForward }, at)
      const shown = await pageOf(engine.logs.batches(group, stream, range), limit, (event) => isBeyond(event, at))
      if (!isForward) shown.reverse()
      const [first, last] = [shown.at(0), shown.at(-1)]
      return {
        events: shown.map(({ timestamp, message, ingestedAt }) => ({ timestamp, message, ingestionTime: ingestedAt })),
        // At the end of the stream the token given is answered again, which tells the caller that it is the end.
        nextForwardToken: last ? token('f', last) : (nextToken?.replace(/^b/, 'f') ?? 'f/0/0'),
        nextBackwardToken: first ? token('b', first) : (nextToken?.replace(/^f/, 'b') ?? 'b/0/0'),
      }
    },
  }) satisfies Handlers<typeof sdk>

/** @throws InvalidParameterException */
function checkBatch(events: readonly Checked<sdk.InputLogEvent>[]): void {
  if (events.length === 0) throw invalid('logEvents must have at least 1 item.')
  if (events.length > 10_000) throw invalid('logEvents can have at most 10000 items.')
  if (events.some(({ timestamp }, index) => timestamp < (events[index - 1]?.timestamp ?? timestamp))) {
    throw invalid('Log events in a single PutLogEvents request must be in chronological order.')
  }
  if ((events.at(-1)?.timestamp ?? 0) - (events[0]?.timestamp ?? 0) > dayMilliseconds) {
    throw invalid('The batch of log events in a single PutLogEvents request cannot span more than 24 hours.')
  }
  if (events.some(({ message }) => message === '')) throw invalid('Log event messages must not be empty.')
  const bytes = events.reduce((sum, { message }) => sum + Buffer.byteLength(message) + eventBytes, 0)
  if (bytes > 1024 * 1024) throw invalid(`Upload too large: ${bytes} bytes exceeds limit of 1048576`)
}

type Position = { readonly direction: 'f' | 'b'; readonly timestamp: number; readonly sequence: number }

/** Of what is read only the token's side of it, so that a page does not cost all the pages before it. */
function rangeBeyond({ from, to, isForward }: LogRange, at: Position | undefined): LogRange {
  if (at === undefined) return { from, to, isForward }
  return isForward
    ? { from: Math.max(from, at.timestamp), to, isForward }
    : { from, to: Math.min(to, at.timestamp + 1), isForward }
}

/** At most `limit` events and 1 MiB, in the order they come. */
async function pageOf(
  batches: AsyncIterable<readonly LogEvent[]>,
  limit: number,
  isWanted: (event: LogEvent) => boolean,
): Promise<LogEvent[]> {
  let bytes = 0
  const taken: LogEvent[] = []
  for await (const batch of batches) {
    for (const event of batch) {
      if (!isWanted(event)) continue
      bytes += Buffer.byteLength(event.message) + eventBytes
      if (bytes > mostAnswerBytes && taken.length > 0) return taken
      taken.push(event)
      if (taken.length === limit) return taken
    }
  }
  return taken
}

function isBeyond(event: LogEvent, at: Position | undefined): boolean {
  if (at === undefined) return true
  const order = compareEvents(event, { ...event, timestamp: at.timestamp, sequence: at.sequence })
  return at.direction === 'f' ? order > 0 || at.timestamp === 0 : order < 0
}

function token(direction: 'f' | 'b', { timestamp, sequence }: LogEvent): string {
  return `${direction}/${timestamp}/${sequence}`
}

function readToken(text: string | undefined): Position | undefined {
  if (text === undefined) return undefined
  const [, direction, timestamp, sequence] = /^([fb])\/(\d+)\/(\d+)$/.exec(text) ?? []
  if (direction === undefined) throw invalid('The specified nextToken is invalid.')
  return { direction: direction === 'f' ? 'f' : 'b', timestamp: Number(timestamp), sequence: Number(sequence) }
}
