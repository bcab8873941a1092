import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { compareEvents } from '../../src/domain/log-group.ts'
import type { LogEvent } from '../../src/domain/log-group.ts'
import { LogStore } from '../../src/engine/log-store.ts'
import type { LogFiles, StreamSummary } from '../../src/engine/log-store.ts'
import { Store } from '../../src/engine/store.ts'
import { MemoryPersistence } from '../world/memory-persistence.ts'
import { SeededChance } from '../world/seeded-chance.ts'
import { VirtualClock } from '../world/virtual-clock.ts'
import { readLog } from './read-log.ts'

/** A piece for each batch, said to be of 100 MiB. */
class MemoryLogFiles implements LogFiles {
  readonly pieces = new Map<string, { name: string; events: readonly LogEvent[] }[]>()
  readonly readPieces: string[] = []
  #count = 0

  async append(streamId: string, events: readonly LogEvent[]): Promise<void> {
    this.#count += 1
    this.pieces.set(streamId, [...(this.pieces.get(streamId) ?? []), { name: String(this.#count), events }])
  }

  async summary(streamId: string): Promise<StreamSummary | undefined> {
    const pieces = this.pieces.get(streamId)
    if (pieces === undefined) return undefined
    const bytes = 100 * 1024 * 1024
    const all = pieces.flatMap(({ events }) => events)
    return {
      firstTimestamp: all[0]?.timestamp ?? 0,
      lastTimestamp: all.at(-1)?.timestamp ?? 0,
      lastIngestedAt: all.at(-1)?.ingestedAt ?? 0,
      nextSequence: (all.at(-1)?.sequence ?? -1) + 1,
      bytes: bytes * pieces.length,
      pieces: pieces.map(({ name, events }) => ({
        name,
        bytes,
        firstTimestamp: Math.min(...events.map(({ timestamp }) => timestamp)),
        lastTimestamp: Math.max(...events.map(({ timestamp }) => timestamp)),
        lastIngestedAt: events.at(-1)?.ingestedAt ?? 0,
      })),
    }
  }

  async read(streamId: string, piece: string): Promise<readonly LogEvent[]> {
    this.readPieces.push(piece)
    return this.pieces.get(streamId)?.find(({ name }) => name === piece)?.events ?? []
  }

  async remove(streamId: string): Promise<void> {
    this.pieces.delete(streamId)
  }

  async removeOldest(streamId: string, piece: string): Promise<void> {
    this.pieces.set(
      streamId,
      (this.pieces.get(streamId) ?? []).filter(({ name }) => name !== piece),
    )
  }

  keepOnly(): void {
    // Nothing is left over here.
  }
}

function world() {
  const [store, clock, files] = [new Store(new MemoryPersistence()), new VirtualClock(), new MemoryLogFiles()]
  const logs = new LogStore({ store, clock, chance: new SeededChance(1), files })
  const group = logs.createGroup({ region: 'us-east-1', accountId: '000000000000' }, 'g')
  const stream = logs.createStream(group, 's')
  const write = (message: string) => logs.append(stream, [{ timestamp: clock.now(), message }])
  const read = (options: { readonly isForward?: boolean } = {}) =>
    readLog(logs, logs.group('us-east-1', 'g') ?? group, stream, options)
  return { store, clock, files, logs, group, stream, write, read }
}

function twoAt(timestamp: number) {
  return [timestamp, timestamp + 1].map((at) => ({ timestamp: at, message: String(at) }))
}

describe('the logs of a group', () => {
  test('are answered by time, and within a millisecond as they came', async () => {
    const { logs, stream, read } = world()
    const events = [
      { timestamp: 5, message: 'b' },
      { timestamp: 4, message: 'a' },
      { timestamp: 5, message: 'c' },
    ]
    await logs.append(stream, events)
    assert.deepEqual(await read(), ['a', 'b', 'c'])
  })

  test('are read either way as far as somebody wants, and no further', async () => {
    const { logs, group, stream, files } = world()
    files.pieces.set(
      stream.streamId,
      [10, 20, 30, 40].map((timestamp, index) => ({
        name: String(timestamp),
        events: twoAt(timestamp).map((event, at) => ({ ...event, ingestedAt: 0, sequence: 2 * index + at })),
      })),
    )
    for (const [range, first, pieces] of [
      [{ from: 0, to: Infinity, isForward: true }, ['10', '11'], ['10']],
      [{ from: 0, to: Infinity, isForward: false }, ['41', '40'], ['40']],
      [{ from: 21, to: Infinity, isForward: true }, ['21'], ['20']],
      [{ from: 0, to: 31, isForward: false }, ['30'], ['30']],
    ] as const) {
      files.readPieces.length = 0
      for await (const batch of logs.batches(group, stream, range)) {
        assert.deepEqual(
          batch.map(({ message }) => message),
          first,
        )
        break
      }
      assert.deepEqual(files.readPieces, pieces)
    }
  })

  test('are in order, however the times of their pieces overlap', async () => {
    const chance = new SeededChance(7)
    for (let round = 0; round < 200; round++) {
      const { files, stream, read } = world()
      const times = Array.from({ length: 12 }, () => chance.below(10))
      const events = times.map((timestamp, sequence) => ({
        timestamp,
        sequence,
        ingestedAt: 0,
        message: `${sequence}`,
      }))
      files.pieces.set(
        stream.streamId,
        [0, 3, 6, 9].map((start) => ({ name: String(start), events: events.slice(start, start + 3) })),
      )
      const inOrder = events.toSorted(compareEvents).map(({ message }) => message)
      assert.deepEqual(await read(), inOrder)
      assert.deepEqual(await read({ isForward: false }), inOrder.toReversed())
    }
  })

  test('stay below a size: the oldest go', async () => {
    const { write, read } = world()
    for (const message of ['a', 'b', 'c']) await write(message.repeat(1024 * 1024))
    assert.deepEqual(
      (await read()).map((message) => message.charAt(0)),
      ['b', 'c'],
    )
  })

  test('that are older than the retention are gone', async () => {
    const { store, clock, group, write, read, files, stream } = world()
    store.logGroups.put('us-east-1/g', { ...group, retentionInDays: 1 })
    await write('a')
    const later = clock.now() + 2 * 86_400_000
    clock.at(later, () => undefined)
    await clock.run(() => clock.now() >= later)
    assert.deepEqual(await read(), [])
    await write('b'.repeat(1024 * 1024))
    assert.equal((await read()).length, 1)
    assert.equal(files.pieces.get(stream.streamId)?.length, 1)
  })

  test('go with the group, and a writer who does not know it yet writes nowhere', async () => {
    const { store, logs, group, write, files } = world()
    await write('a')
    await logs.deleteGroup(group)
    await write('b')
    assert.deepEqual([store.logStreams.list(), files.pieces.size], [[], 0])
  })
})
