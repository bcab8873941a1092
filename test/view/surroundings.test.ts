import assert from 'node:assert/strict'
import { test } from 'node:test'
import { heldByProtection } from '../../src/view/surroundings.ts'

const unable = (id: string): string =>
  `(service web) was unable to reach steady state because task set (${id}) was unable to scale in. Reason: The number ` +
  'of protected tasks are more than the desired count of tasks'
const held = (...messages: readonly string[]) => heldByProtection({ events: messages.map((message) => ({ message })) })

test('protected tasks are looked for where the service tells of them, until it is steady again', () => {
  const steady = '(service web) has reached a steady state.'
  assert.deepEqual(held(steady, unable('ecs-svc/1')), [])
  assert.deepEqual(held(unable('ecs-svc/2'), unable('ecs-svc/1'), unable('ecs-svc/2'), steady, unable('ecs-svc/0')), [
    'ecs-svc/2',
    'ecs-svc/1',
  ])
  assert.deepEqual(heldByProtection(undefined), [])
})
