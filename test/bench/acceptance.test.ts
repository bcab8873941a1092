import assert from 'node:assert/strict'
import { test } from 'node:test'
import { performAcceptance } from '../../bench/acceptance/main.ts'

test('the benchmark of acceptance tests runs, and many at once are faster than one after the other', async () => {
  const said: string[] = []
  const argv = ['--urls', '200', '--sequential', '10', '--answer', '20', '--lines', '2000', '--json']
  await performAcceptance(argv, (text) => said.push(text))
  const { requesting, building } = JSON.parse(said.join('')) as {
    readonly requesting: { readonly ratio: number }
    readonly building: { readonly lines: number; readonly urls: number }
  }
  assert.ok(requesting.ratio > 3, `${requesting.ratio} times`)
  assert.ok(building.urls > 100 && building.urls <= 3000)
  await assert.rejects(
    performAcceptance(['--urls', 'many'], () => undefined),
    /--urls is 'many'/,
  )
})
