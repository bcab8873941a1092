import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ListTaskDefinitionFamiliesCommand, ListTaskDefinitionsCommand } from '@aws-sdk/client-ecs'
import { page } from '../../../src/aws/ecs/pages.ts'
import { assertRefused, registerWeb, startEcs } from './ecs-world.ts'

const request = { scope: ['List', 'eu-west-1'], nextToken: undefined, maxResults: undefined, defaultSize: 2 }

describe('pages', () => {
  test('every item comes once, also when items come and go between the calls', () => {
    const first = page(['d', 'a', 'b'], (key) => key, request)
    assert.deepEqual(first.items, ['a', 'b'])
    const second = page(['a0', 'd', 'c'], (key) => key, { ...request, nextToken: first.nextToken })
    assert.deepEqual(second, { items: ['c', 'd'], nextToken: undefined })
  })

  test('a list can be paged from its end', () => {
    const first = page(['a', 'b', 'c'], (key) => key, { ...request, order: 'DESC' })
    assert.deepEqual(first.items, ['c', 'b'])
    const second = page(['a', 'b', 'c'], (key) => key, { ...request, order: 'DESC', nextToken: first.nextToken })
    assert.deepEqual(second, { items: ['a'], nextToken: undefined })
  })

  test('a page that ends the list has no token', () => {
    assert.equal(page(['a', 'b'], (key) => key, request).nextToken, undefined)
  })

  test('a token of another list, or of none, is refused', async (t) => {
    const world = await startEcs(t)
    const { client } = world
    await registerWeb(world)
    await registerWeb(world)
    const { nextToken } = await client.send(new ListTaskDefinitionsCommand({ maxResults: 1 }))
    const text = /^Invalid token: nextToken must be the one of the previous answer/
    for (const call of [
      client.send(new ListTaskDefinitionsCommand({ nextToken: 'nonsense' })),
      client.send(new ListTaskDefinitionsCommand({ nextToken, familyPrefix: 'web' })),
      client.send(new ListTaskDefinitionFamiliesCommand({ nextToken })),
    ]) {
      await assertRefused(call, 'InvalidParameterException', text)
    }
  })

  test('a page has 1 to 100 items', async (t) => {
    const { client } = await startEcs(t)
    for (const maxResults of [0, 101]) {
      await assertRefused(
        client.send(new ListTaskDefinitionsCommand({ maxResults })),
        'InvalidParameterException',
        'maxResults must be between 1 and 100.',
      )
    }
  })
})
