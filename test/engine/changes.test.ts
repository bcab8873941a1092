import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Changes } from '../../src/engine/changes.ts'
import { VirtualClock } from '../world/virtual-clock.ts'

describe('waiting for a change', () => {
  test('whoever says what it is about is asked again for changes of that only, and of what nobody names', async () => {
    const { changes, settle } = world()
    let [looks, isSo] = [0, false]
    const answered = changes.until(
      () => {
        looks += 1
        return isSo ? 'so' : undefined
      },
      { about: ['a', 'b'] },
    )
    for (const subjects of [['x'], ['b'], ['a', 'b']]) {
      changes.notify(subjects)
      await settle()
    }
    assert.equal(looks, 3)
    isSo = true
    changes.notify()
    assert.equal(await answered, 'so')
  })

  test('changes of one moment are looked at once, also the last of them', async () => {
    const { changes } = world()
    let [looks, value] = [0, 0]
    const answered = changes.until(() => {
      looks += 1
      return value === 3 ? value : undefined
    })
    for (value = 1; value < 3; value += 1) changes.notify()
    changes.notify(['anything'])
    assert.equal(await answered, 3)
    assert.equal(looks, 2)
  })

  test('what changes while others look is looked at as well', async () => {
    const { changes } = world()
    let stage = 0
    const first = changes.until(() => {
      if (stage === 1) {
        stage = 2
        changes.notify()
      }
      return stage === 2 ? 'first' : undefined
    })
    const second = changes.until(() => (stage === 2 ? 'second' : undefined), { about: ['never named'] })
    stage = 1
    changes.notify(['something'])
    assert.deepEqual(await Promise.all([first, second]), ['first', 'second'])
  })

  test('the last look is at the deadline', async () => {
    const { changes, clock } = world()
    const deadline = clock.now() + 1_000
    const [late, never] = [
      changes.until(() => (clock.now() >= deadline ? 'just in time' : undefined), { deadline }),
      changes.until(() => undefined, { deadline }),
    ]
    await clock.run(() => false)
    assert.deepEqual([await late, await never], ['just in time', undefined])
  })

  test('what a look throws, and an abort, end the wait', async () => {
    const { changes } = world()
    let isBroken = false
    const broken = changes.until(() => {
      if (isBroken) throw new Error('gone')
      return undefined
    })
    const stop = new AbortController()
    const stopped = changes.until(() => undefined, { signal: stop.signal })
    isBroken = true
    changes.notify()
    stop.abort(new Error('stopped'))
    await assert.rejects(broken, /gone/)
    await assert.rejects(stopped, /stopped/)
    await assert.rejects(
      changes.until(() => 'at once', { signal: stop.signal }),
      /stopped/,
    )
  })
})

function world() {
  const clock = new VirtualClock()
  return { clock, changes: new Changes(clock), settle: () => clock.run(() => true) }
}
