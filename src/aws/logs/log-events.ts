import type * as sdk from '@aws-sdk/client-cloudwatch-logs'
import { compareEvents } from '../../domain/log-group.ts'
import type { LogEvent } from '../../domain/log-group.ts'
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
      const events = await engine.logs.read(group, stream, startTime, endTime)
      const shown = pageOf(events, { limit, startFromHead, token: readToken(nextToken) })
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
  if (events.some(({ timestamp }, index) => timestamp < (events[index - 1]?.timestamp ?? 0))) {
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

/** At most `limit` events and 1 MiB, after or before the token's; without one the newest, or from the head. */
function pageOf(
  events: readonly LogEvent[],
  {
    limit,
    startFromHead,
    token: at,
  }: {
    readonly limit: number
    readonly startFromHead: boolean
    readonly token: Position | undefined
  },
): readonly LogEvent[] {
  const isForward = at === undefined ? startFromHead : at.direction === 'f'
  const rest = at === undefined ? events : events.filter((event) => isBeyond(event, at))
  const inOrder = isForward ? rest : rest.toReversed()
  let bytes = 0
  const taken: LogEvent[] = []
  for (const event of inOrder.slice(0, limit)) {
    bytes += Buffer.byteLength(event.message) + eventBytes
    if (bytes > mostAnswerBytes && taken.length > 0) break
    taken.push(event)
  }
  return isForward ? taken : taken.toReversed()
}

function isBeyond(event: LogEvent, at: Position): boolean {
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
