import { AwsError } from '../domain/aws-error.ts'
import { compareEvents } from '../domain/log-group.ts'
import type { LogEvent, LogGroup, LogStream } from '../domain/log-group.ts'
import type { Place } from '../domain/identifiers.ts'
import type { Tags } from '../domain/load-balancer.ts'
import type { Chance, Clock } from './ports.ts'
import type { Store } from './store.ts'

/** What all streams of a group may hold together; the oldest goes first. */
const mostGroupBytes = 256 * 1024 * 1024
/** A group's bounds are looked at again when so much has come to it, so that an event does not ask all its streams. */
const bytesBetweenLooks = 1024 * 1024
const dayMilliseconds = 86_400_000

/** Where the events of log streams are kept: in pieces, so that the oldest can go. */
export interface LogFiles {
  /** Adds to the end. `position` is kept with them: where whoever writes the stream goes on after a restart. */
  append(streamId: string, events: readonly LogEvent[], position?: string): Promise<void>
  /** What is known of a stream without reading its events; undefined where it has none. */
  summary(streamId: string): Promise<StreamSummary | undefined>
  /** The events of one piece in the order they came; none where it is gone. */
  read(streamId: string, piece: string): Promise<readonly LogEvent[]>
  remove(streamId: string): Promise<void>
  /** Removes the stream's oldest piece. */
  removeOldest(streamId: string, piece: string): Promise<void>
  keepOnly(streamIds: ReadonlySet<string>): void
}

export type StreamSummary = {
  readonly firstTimestamp: number
  readonly lastTimestamp: number
  readonly lastIngestedAt: number
  readonly nextSequence: number
  readonly bytes: number
  readonly position?: string
  /** Oldest first. */
  readonly pieces: readonly {
    readonly name: string
    readonly bytes: number
    readonly firstTimestamp: number
    readonly lastTimestamp: number
    readonly lastIngestedAt: number
  }[]
}

/** Between two times (inclusive, exclusive). */
export type LogRange = { readonly from: number; readonly to: number; readonly isForward: boolean }

export type NewLogEvent = Pick<LogEvent, 'timestamp' | 'message'>
type Context = { readonly store: Store; readonly clock: Clock; readonly chance: Chance; readonly files: LogFiles }

/** CloudWatch Logs: groups and streams in the store, their events in files, within bounds. */
export class LogStore {
  readonly #context: Context
  /** By `region/name` of a group, what has come to it since its bounds were looked at. */
  readonly #unlooked = new Map<string, number>()
  readonly #turns = new Map<string, Promise<unknown>>()

  constructor(context: Context) {
    this.#context = context
  }

  /** Removes what a crash has left of streams that are gone. */
  sweep(): void {
    const { store, files } = this.#context
    files.keepOnly(new Set(store.logStreams.list().map(({ streamId }) => streamId)))
  }

  group(region: string, name: string): LogGroup | undefined {
    return this.#context.store.logGroups.get(`${region}/${name}`)
  }

  stream(region: string, groupName: string, name: string): LogStream | undefined {
    return this.#context.store.logStreams.get(streamKey(region, groupName, name))
  }

  streams({ region, name }: LogGroup): readonly LogStream[] {
    return this.#context.store.logStreams
      .list()
      .filter((stream) => stream.region === region && stream.groupName === name)
  }

  summary({ streamId }: LogStream): Promise<StreamSummary | undefined> {
    return this.#context.files.summary(streamId)
  }

  /** @throws ResourceAlreadyExistsException */
  createGroup(
    { region, accountId }: Place,
    name: string,
    { tags = {}, kmsKeyId }: { readonly tags?: Tags; readonly kmsKeyId?: string | undefined } = {},
  ): LogGroup {
    const { store, clock } = this.#context
    if (this.group(region, name) !== undefined) throw alreadyExists('group')
    const arn = `arn:aws:logs:${region}:${accountId}:log-group:${name}`
    const made = { name, region, arn, createdAt: clock.now(), tags, ...(kmsKeyId === undefined ? {} : { kmsKeyId }) }
    store.logGroups.put(`${region}/${name}`, made)
    return made
  }

  /** @throws ResourceAlreadyExistsException */
  createStream({ region, name: groupName }: LogGroup, name: string): LogStream {
    const { store, clock, chance } = this.#context
    if (this.stream(region, groupName, name) !== undefined) throw alreadyExists('stream')
    const made = { name, groupName, region, createdAt: clock.now(), streamId: chance.uuid() }
    store.logStreams.put(streamKey(region, groupName, name), made)
    return made
  }

  async deleteGroup(group: LogGroup): Promise<void> {
    const { store, files } = this.#context
    const streams = this.streams(group)
    store.transaction(() => {
      for (const stream of streams) store.logStreams.delete(streamKey(group.region, group.name, stream.name))
      store.logGroups.delete(`${group.region}/${group.name}`)
    })
    this.#unlooked.delete(`${group.region}/${group.name}`)
    for (const { streamId } of streams) await this.#inTurn(streamId, () => files.remove(streamId))
  }

  async deleteStream({ region, groupName, name, streamId }: LogStream): Promise<void> {
    this.#context.store.logStreams.delete(streamKey(region, groupName, name))
    await this.#inTurn(streamId, () => this.#context.files.remove(streamId))
  }

  /** Adds events, oldest first; what is too much for the group, or too old for it, goes. */
  async append(stream: LogStream, events: readonly NewLogEvent[], position?: string): Promise<void> {
    const { clock, files } = this.#context
    const { streamId } = stream
    await this.#inTurn(streamId, async () => {
      // A stream that was deleted meanwhile gets no file any more.
      if (this.stream(stream.region, stream.groupName, stream.name)?.streamId !== streamId) return
      const next = (await files.summary(streamId))?.nextSequence ?? 0
      const ingestedAt = clock.now()
      const numbered = events.map((event, index) => ({ ...event, ingestedAt, sequence: next + index }))
      await files.append(streamId, numbered, position)
    })
    const group = this.group(stream.region, stream.groupName)
    if (group === undefined) return
    const key = `${group.region}/${group.name}`
    const bytes = events.reduce(
      (sum, { message }) => sum + message.length,
      this.#unlooked.get(key) ?? bytesBetweenLooks,
    )
    this.#unlooked.set(key, bytes < bytesBetweenLooks ? bytes : 0)
    if (bytes >= bytesBetweenLooks) await this.#limit(group)
  }

  /**
   * The events of a stream between two times (inclusive, exclusive) as they are answered, or the other way round. Its pieces
   * are read one by one, as long as somebody wants more, so that a page costs what is in it. What is older than the
   * retention is gone.
   */
  async *batches(
    group: LogGroup,
    { streamId }: LogStream,
    { from, to, isForward }: LogRange,
  ): AsyncGenerator<readonly LogEvent[], void, undefined> {
    const { files } = this.#context
    const start = Math.max(from, this.#oldest(group))
    const pieces = ((await files.summary(streamId))?.pieces ?? [])
      .filter(({ firstTimestamp, lastTimestamp }) => lastTimestamp >= start && firstTimestamp < to)
      .toSorted((one, other) =>
        isForward ? one.firstTimestamp - other.firstTimestamp : other.lastTimestamp - one.lastTimestamp,
      )
    let waiting: readonly LogEvent[] = []
    for (const [index, { name }] of pieces.entries()) {
      const found = (await files.read(streamId, name)).filter(({ timestamp }) => timestamp >= start && timestamp < to)
      const sorted = [...waiting, ...found].toSorted((one, other) =>
        isForward ? compareEvents(one, other) : compareEvents(other, one),
      )
      // Pieces may overlap in time: what the next one can have something before has to wait for it.
      const next = pieces[index + 1]
      const isSettled = ({ timestamp }: LogEvent): boolean =>
        next === undefined || (isForward ? timestamp < next.firstTimestamp : timestamp > next.lastTimestamp)
      const unsettled = sorted.findIndex((event) => !isSettled(event))
      const settled = unsettled < 0 ? sorted : sorted.slice(0, unsettled)
      waiting = unsettled < 0 ? [] : sorted.slice(unsettled)
      if (settled.length > 0) yield settled
    }
  }

  #oldest({ retentionInDays }: LogGroup): number {
    return retentionInDays === undefined ? 0 : this.#context.clock.now() - retentionInDays * dayMilliseconds
  }

  async #limit(group: LogGroup): Promise<void> {
    const { files } = this.#context
    const oldest = this.#oldest(group)
    const pieces = []
    for (const { streamId } of this.streams(group)) {
      for (const piece of (await files.summary(streamId))?.pieces ?? []) pieces.push({ streamId, ...piece })
    }
    let bytes = pieces.reduce((sum, piece) => sum + piece.bytes, 0)
    for (const piece of pieces.toSorted((one, other) => one.lastIngestedAt - other.lastIngestedAt)) {
      if (bytes <= mostGroupBytes && piece.lastTimestamp >= oldest) continue
      bytes -= piece.bytes
      await this.#inTurn(piece.streamId, () => files.removeOldest(piece.streamId, piece.name))
    }
  }

  /** What changes one stream's files happens one after the other. */
  #inTurn<Result>(streamId: string, work: () => Promise<Result>): Promise<Result> {
    const before = this.#turns.get(streamId) ?? Promise.resolve()
    const result = before.then(work, work)
    const turn = result
      .catch(() => undefined)
      .finally(() => {
        if (this.#turns.get(streamId) === turn) this.#turns.delete(streamId)
      })
    this.#turns.set(streamId, turn)
    return result
  }
}

function streamKey(region: string, groupName: string, name: string): string {
  return `${region}/${groupName}\n${name}`
}

function alreadyExists(what: 'group' | 'stream'): AwsError {
  return new AwsError('ResourceAlreadyExistsException', `The specified log ${what} already exists`)
}
