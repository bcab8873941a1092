import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { InheritedPort, ListeningPorts } from '../../src/router/ports.ts'
import { freePort } from '../free-port.ts'
import { Cleanups } from './test-router.ts'

test('who connects before an inherited port has somebody to serve it is served then', async () => {
  await using cleanups = new Cleanups()
  const port = await freePort()
  const handed = createServer()
  handed.listen(port, '127.0.0.1')
  await once(handed, 'listening')
  const inherited = new Map([[port, new InheritedPort(handed)]])

  const early = connect(port, '127.0.0.1')
  cleanups.add(() => void early.destroy())
  const answer = text(early)
  early.end('early')
  await once(handed, 'connection')

  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket) => {
    void text(socket).then((asked) => socket.end(`${asked} is served`))
  })
  cleanups.add(() => void server.close())
  await new ListeningPorts({ listenHost: '127.0.0.1', siblings: [], inherited }).listen(server, port)
  assert.equal(await answer, 'early is served')
  assert.equal(inherited.size, 0)

  const late = connect(port, '127.0.0.1')
  cleanups.add(() => void late.destroy())
  late.end('late')
  assert.equal(await text(late), 'late is served')
})

test('ports are shared, but for those of a router before that had opened them for itself alone', async () => {
  await using cleanups = new Cleanups()
  const handed = createServer()
  cleanups.add(() => void handed.close())
  const inherited = new Map([[80, new InheritedPort(handed)]])
  const areShared = (more: { siblings?: readonly string[]; areInheritedShared?: boolean }): boolean =>
    new ListeningPorts({ listenHost: '127.0.0.1', siblings: [], inherited, ...more }).areShared
  assert.equal(areShared({}), false)
  assert.equal(areShared({ areInheritedShared: false, siblings: ['other'] }), false)
  assert.equal(areShared({ areInheritedShared: true }), process.platform === 'linux')
  assert.equal(areShared({ siblings: ['other'] }), true, 'an older one that had siblings has shared them')
})
