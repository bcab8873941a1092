import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { Cleanups, routerBefore } from './test-router.ts'

test('a client that sends a long body before it reads that its request is refused does read it', async () => {
  await using cleanups = new Cleanups()
  const { port } = await routerBefore(cleanups, [])
  const client = connect(port, '127.0.0.1')
  cleanups.add(() => void client.destroy())
  client.pause()
  client.write('TRACE / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n')
  // More than the two seconds that are given to one that sends nothing.
  for (let count = 0; count < 30; count++) {
    await delay(100)
    client.write('some of a body')
  }
  assert.match((await buffer(client)).toString('latin1'), /^HTTP\/1\.1 405 /)
})
