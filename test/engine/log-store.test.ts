import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { LogEvent } from '../../src/domain/log-group.ts'
import { LogStore } from '../../src/engine/log-store.ts'
import type { LogFiles, StreamSummary } from '../../src/engine/log-store.ts'
import { Store } from '../../src/engine/store.ts'
import { MemoryPersistence } from '../world/memory-persistence.ts'
import { SeededChance } from '../world/seeded-chance.ts'
import { VirtualClock } from '../world/virtual-clock.ts'

/** A piece for each batch, said to be of 100 MiB. */
class MemoryLogFiles implements LogFiles {
  readonly pieces = new Map<string, { name: string; events: readonly LogEvent[] }[]>()
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
        lastTimestamp: events.at(-1)?.timestamp ?? 0,
        lastIngestedAt: events.at(-1)?.ingestedAt ?? 0,
      })),
    }
  }

  async read(streamId: string, from: number, to: number): Promise<readonly LogEvent[]> {
    const events = (this.pieces.get(streamId) ?? []).flatMap((piece) => piece.events)
    return events.filter(({ timestamp }) => timestamp >= from && timestamp < to)
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
  const read = async (at = logs.group('us-east-1', 'g') ?? group) =>
    (await logs.read(at, stream, 0, Infinity)).map(({ message }) => message)
  return { store, clock, files, logs, group, stream, write, read }
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
