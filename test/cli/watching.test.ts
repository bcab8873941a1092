import assert from 'node:assert/strict'
import { test } from 'node:test'
import { watch, type WatchSettings } from '../../src/cli/watching.ts'
import { codeDeployView } from '../../src/view/code-deploy-view.ts'
import { seenCanary } from '../view/seen.ts'

test('later looks go on with what the first one has seen: when stages began, ECS does not tell', async (t) => {
  t.mock.method(console, 'log', () => undefined)
  const running = codeDeployView(seenCanary())
  const looks: number[] = []
  const settings: WatchSettings = {
    clients: {
      about: () => Promise.resolve({ isTeal: true, minuteMilliseconds: 1000 }),
    } as unknown as WatchSettings['clients'],
    watchable: () => {
      const of = looks.push(0) - 1
      return {
        view: () => {
          looks[of] = (looks[of] ?? 0) + 1
          return Promise.resolve(looks[of] < 3 ? running : { ...running, phase: 'succeeded', status: 'Succeeded' })
        },
      }
    },
    until: { kind: 'done' },
    json: true,
    stop: () => Promise.reject(new Error('nobody asked for it')),
  }
  assert.equal(await watch(running.id, settings), 0)
  assert.deepEqual(looks, [3])
})
