import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseInSlices } from '../../src/router/sliced-json.ts'

test('what is read in slices is what would have been read at once', async () => {
  const texts = [
    '1',
    ' "a \\" } text" ',
    '{}',
    '[]',
    '[ ]',
    '[[], {}, [[]]]',
    '{"a": [1, 2.5e3, "x,]}\\\\", null], "b\\"": {"c": {"d": [true]}, "": []}, "b\\"": 3}',
    '{"__proto__": {"polluted": true}, "ключ": "значение\\u0021"}',
    ' {\n"a" :\t[ {"b" : [ ] } , "c" ] , "d":{ "e" : "f" } }\r\n',
  ]
  for (const text of texts) {
    for (const depth of [0, 1, 2, 5])
      assert.deepEqual(await parseInSlices(Buffer.from(text), { depth }), JSON.parse(text), text)
  }
})

test('an object of which a map is wanted is read as one, and no other', async () => {
  const text = '{"map": {"a": {"map": {"b": 1}}, "__proto__": [2], "a ": {}}, "other": {"map": {}}}'
  const entries = [
    ['a', { map: { b: 1 } }],
    ['__proto__', [2]],
    ['a ', {}],
  ] as const
  assert.deepEqual(await withMap(text), { map: new Map<string, unknown>(entries), other: { map: {} } })
  assert.deepEqual(await withMap(text, 3), await withMap(text))
  assert.deepEqual(await withMap('{"map":{}}'), { map: new Map() })
  assert.deepEqual(await withMap('{"map":[{}]}'), { map: [{}] })
})

function withMap(json: string, depth = 2): Promise<unknown> {
  return parseInSlices(Buffer.from(json), { depth, map: 'map' })
}

test('what is no JSON is refused in the words of the language', async () => {
  for (const text of [
    '',
    '{',
    '[1,]',
    '{"a"}',
    '{"a":}',
    '{"a":1,}',
    '[1 2]',
    '[1]]',
    '{} x',
    '"a',
    '{a:1}',
    '[{]}',
    '{1:2}',
  ]) {
    for (const depth of [0, 1, 2]) {
      await assert.rejects(parseInSlices(Buffer.from(text), { depth }), (error) => {
        assert.throws(() => JSON.parse(text) as unknown, error as Error)
        return true
      })
    }
  }
})

test('a large text lets others do something in between', async () => {
  const large = {
    listeners: Array.from({ length: 20_000 }, (_, port) => ({ port, rules: [{ priority: 1, values: ['a'] }] })),
  }
  let turns = 0
  const timer = setInterval(() => turns++, 1)
  assert.deepEqual(await parseInSlices(Buffer.from(JSON.stringify(large)), { depth: 2 }), large)
  clearInterval(timer)
  assert.ok(turns > 0)
})
