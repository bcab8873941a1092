import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { GatheredRecords, type RecordsReader } from '../../src/router/gathered-records.ts'

test('records that come in one turn are told together, to each reader its own, in the order in which they came', async () => {
  const [one, other] = [new Reader(), new Reader()]
  add(one, 'a')
  add(one, 'b')
  add(other, 'c')
  add(other, 'd')
  assert.deepEqual([one.told, other.told], [[], []])
  assert.deepEqual([one.hasRecords, other.hasRecords], [true, true])
  await turn()
  assert.deepEqual([one.told, other.told], [['ab, all'], ['cd, all']])
  assert.deepEqual([one.hasRecords, other.hasRecords], [false, false])
  add(one, 'e')
  await turn()
  assert.deepEqual(one.told, ['ab, all', 'e, all'])
})

test('a reader is told at once what there is where more comes than fits, and where others came between', async () => {
  const [one, other] = [new Reader(), new Reader()]
  const large = 'x'.repeat(60_000)
  add(one, large)
  add(one, 'y'.repeat(10_000))
  assert.deepEqual(one.told, [large])
  add(other, 'z')
  add(one, 'last')
  assert.deepEqual(one.told.slice(1), ['y'.repeat(10_000)])
  assert.deepEqual(other.told, ['z'])
  await turn()
  assert.deepEqual(one.told.slice(2), ['last, all'])
})

test('what is to be told before something else is told at once, and not as if it were all', async () => {
  const reader = new Reader()
  add(reader, 'a')
  GatheredRecords.tell()
  assert.deepEqual(reader.told, ['a'])
  await turn()
  assert.deepEqual(reader.told, ['a'])
})

test('a reader that trips takes nothing from others', async () => {
  const [one, tripping, other] = [new Reader(), new Reader(), new Reader()]
  tripping.onRecords = () => {
    throw new Error('tripped')
  }
  add(one, 'a')
  add(tripping, 'b')
  add(other, 'c')
  assert.throws(() => GatheredRecords.tell(), /tripped/)
  add(one, 'd')
  await turn()
  assert.deepEqual([one.told, other.told], [['a', 'd, all'], ['c, all']])
})

class Reader implements RecordsReader {
  hasRecords = false
  readonly told: string[] = []

  onRecords(bytes: Buffer, start: number, end: number, areAll: boolean): void {
    this.told.push(bytes.toString('latin1', start, end) + (areAll ? ', all' : ''))
  }
}

function add(reader: Reader, text: string): void {
  GatheredRecords.makeRoom(reader, text.length)
  GatheredRecords.add(reader, Buffer.from(text), text.length)
}
