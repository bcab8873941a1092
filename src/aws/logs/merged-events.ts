import { compareEvents } from '../../domain/log-group.ts'
import type { LogEvent, LogGroup, LogStream } from '../../domain/log-group.ts'
import type { LogRange, LogStore } from '../../engine/log-store.ts'

export type FoundEvent = { readonly event: LogEvent; readonly stream: LogStream }

/**
 * The events of several streams by time, and within a millisecond by stream: read as somebody wants more of them.
 */
export async function* mergedEvents(
  logs: Pick<LogStore, 'batches'>,
  group: LogGroup,
  streams: readonly LogStream[],
  range: Omit<LogRange, 'isForward'>,
): AsyncGenerator<FoundEvent, void, undefined> {
  const sources = streams.map(
    (stream) => new Source(stream, logs.batches(group, stream, { ...range, isForward: true })),
  )
  await Promise.all(sources.map((source) => source.fill()))
  let left = sources.filter((source) => source.head !== undefined)
  for (;;) {
    const [first, second] = left.toSorted(compareSources)
    if (first === undefined) return
    // Until it is another one's turn.
    const isItsTurn = (): boolean => second === undefined || compareSources(first, second) < 0
    while (first.head !== undefined && isItsTurn()) {
      yield { event: first.head, stream: first.stream }
      await first.take()
    }
    if (first.head === undefined) left = left.filter((source) => source !== first)
  }
}

/** A stream, and its next event. */
class Source {
  readonly stream: LogStream
  readonly #batches: AsyncGenerator<readonly LogEvent[], void, undefined>
  #batch: readonly LogEvent[] = []
  #next = 0

  constructor(stream: LogStream, batches: AsyncGenerator<readonly LogEvent[], void, undefined>) {
    this.stream = stream
    this.#batches = batches
  }

  /** Undefined at the end. */
  get head(): LogEvent | undefined {
    return this.#batch[this.#next]
  }

  async take(): Promise<void> {
    this.#next += 1
    if (this.#next >= this.#batch.length) await this.fill()
  }

  async fill(): Promise<void> {
    const { value } = await this.#batches.next()
    this.#batch = value ?? []
    this.#next = 0
  }
}

function compareSources(one: Source, other: Source): number {
  if (one.head === undefined || other.head === undefined) return one.head === undefined ? 1 : -1
  if (one.head.timestamp !== other.head.timestamp) return one.head.timestamp - other.head.timestamp
  const [oneId, otherId] = [one.stream.streamId, other.stream.streamId]
  if (oneId === otherId) return compareEvents(one.head, other.head)
  return oneId < otherId ? -1 : 1
}
