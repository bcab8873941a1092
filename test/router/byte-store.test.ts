import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ByteStore } from '../../src/router/byte-store.ts'

test('what comes in pieces lies there as one, and what is done with goes', () => {
  const store = new ByteStore()
  const text = 'abcdefghijklmnopqrstuvwxyz'.repeat(200)
  const whole = Buffer.from(text)
  for (let at = 0; at < whole.length; at += 7) store.append(whole, at, Math.min(at + 7, whole.length))
  assert.equal(store.bytes.toString('latin1', store.start, store.end), text)
  store.advanceTo(store.start + 5_000)
  store.append(Buffer.from('and more'), 4, 8)
  assert.equal(store.bytes.toString('latin1', store.start, store.end), `${text.slice(5_000)}more`)
  store.advanceTo(store.end)
  assert.equal(store.length, 0)
  assert.equal(store.bytes.length, 0, 'an empty one holds no memory')
})
