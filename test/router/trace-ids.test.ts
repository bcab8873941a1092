import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TraceIds, traceIdLength } from '../../src/router/trace-ids.ts'

function next(ids: TraceIds): string {
  const out = Buffer.alloc(traceIdLength + 4, '~')
  assert.equal(ids.write(out, 2), 2 + traceIdLength)
  const text = out.toString('latin1')
  assert.ok(text.startsWith('~~') && text.endsWith('~~'))
  return text.slice(2, -2)
}

test('an id has the time in seconds and 24 digits that do not come again', () => {
  const ids = new TraceIds()
  const before = Math.floor(Date.now() / 1000)
  const made = Array.from({ length: 1000 }, () => next(ids))
  const after = Math.floor(Date.now() / 1000)
  for (const id of made) {
    const seconds = /^1-(?<seconds>[0-9a-f]{8})-[0-9a-f]{24}$/.exec(id)?.groups?.['seconds']
    const time = Number.parseInt(seconds ?? '', 16)
    assert.ok(time >= before && time <= after, id)
  }
  assert.equal(new Set(made.map((id) => id.slice(11))).size, made.length)
})

test('random bytes are drawn for many ids at once', () => {
  let draws = 0
  const fill = (bytes: Uint8Array): void => {
    bytes.fill(++draws)
  }
  const ids = new TraceIds({ fill, nowMilliseconds: () => 0xff_ee_dd_cc * 1000 + 999 })
  assert.equal(next(ids), `1-ffeeddcc-${'01'.repeat(12)}`)
  for (let count = 1; count < 4096; count++) next(ids)
  assert.equal(draws, 1)
  assert.equal(next(ids), `1-ffeeddcc-${'02'.repeat(12)}`)
})
