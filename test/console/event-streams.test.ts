import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { eventually } from '../cleanups.ts'
import { ShownServer, ShownSource } from './shown-deployment.ts'

test('a source that cannot be read is not asked again before it says that something is new', async () => {
  const source = new ShownSource()
  let reads = 0
  source.deployment = async () => {
    reads += 1
    throw new Error('Rate exceeded')
  }
  const server = await ShownServer.start(source)
  const left = new AbortController()
  const watching = await fetch(`${server.url}/console/events?deployment=d-ONE`, { signal: left.signal })
  await eventually('it is asked', () => reads > 0)
  await delay(1_500)
  assert.equal(reads, 1)
  source.show()
  await eventually('it is asked again', () => reads === 2)
  await delay(500)
  assert.equal(reads, 2)
  left.abort()
  await assert.rejects(watching.text())
  await server.close()
})
