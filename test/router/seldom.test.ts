import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Seldom } from '../../src/router/seldom.ts'

test('of many calls the first is passed on at once, and the last after a rest', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  let count = 0
  const seldom = new Seldom(() => count++)
  for (let call = 0; call < 100; call++) seldom.call()
  assert.equal(count, 1)
  t.mock.timers.tick(250)
  assert.equal(count, 2)
  t.mock.timers.tick(10_000)
  assert.equal(count, 2, 'nothing waits any more')
  seldom.call()
  assert.equal(count, 3)
})

test('what waits is passed on at the end', () => {
  let count = 0
  const seldom = new Seldom(() => count++)
  seldom.call()
  seldom.close()
  assert.equal(count, 1)
  seldom.call()
  seldom.call()
  seldom.close()
  assert.equal(count, 3)
})
