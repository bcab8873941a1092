import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mergedHookDetails, readHookAnswer } from '../../src/domain/hook-answer.ts'

test("a hook's answer is read as ECS reads it", () => {
  assert.deepEqual(readHookAnswer('{"hookStatus":"SUCCEEDED","more":1}'), { hookStatus: 'SUCCEEDED' })
  assert.deepEqual(readHookAnswer('{"hookStatus":"FAILED"}'), { hookStatus: 'FAILED' })
  assert.deepEqual(readHookAnswer('{"hookStatus":"IN_PROGRESS"}'), {
    hookStatus: 'IN_PROGRESS',
    callBackDelaySeconds: 30,
  })
  assert.deepEqual(readHookAnswer('{"hookStatus":"IN_PROGRESS","callBackDelay":5,"hookDetails":{"a":1}}'), {
    hookStatus: 'IN_PROGRESS',
    callBackDelaySeconds: 5,
    hookDetails: { a: 1 },
  })
})

test('an answer that says nothing ECS understands is none', () => {
  for (const payload of ['null', '"SUCCEEDED"', '{}', '{"hookStatus":null}', 'no JSON', '[]']) {
    assert.deepEqual(readHookAnswer(payload), { hookStatus: 'UNUSABLE', problem: 'HookStatus must not be null' })
  }
  for (const payload of ['{"hookStatus":"DONE"}', '{"hookStatus":"IN_PROGRESS","callBackDelay":"soon"}']) {
    assert.equal(readHookAnswer(payload).hookStatus, 'UNUSABLE')
  }
})

test('details are carried from call to call', () => {
  assert.deepEqual(mergedHookDetails({ a: 1, b: 1 }, { b: 2 }), { a: 1, b: 2 })
  assert.deepEqual(mergedHookDetails({ a: 1 }, undefined), { a: 1 })
  assert.equal(mergedHookDetails({ a: 1 }, 'text'), 'text')
})
