import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { test } from 'node:test'
import { shareOfOwnFiles } from '../../src/router/file-limit.ts'
import { freePort } from '../free-port.ts'
import {
  Cleanups,
  eventually,
  forwardTo,
  listener,
  send,
  startApp,
  startRouter,
  table,
  targetGroup,
} from './test-router.ts'

test('there is room for clients and for listening', () => {
  const { clients, listeningSockets } = shareOfOwnFiles()
  assert.ok(clients > 1 && listeningSockets > 1)
})

test('a flood of connections is turned away and counted, those that are there are served, and later ones again', async () => {
  await using cleanups = new Cleanups()
  const app = await startApp(cleanups, (_, response) => response.end('served'))
  const router = await startRouter(cleanups, { clientLimit: 10 })
  const port = await freePort()
  await router.apply(table([listener(port, forwardTo(['group', 1]))], [targetGroup('group', [app.port])]))
  const sockets: Socket[] = []
  for (let count = 0; count < 15; count++) {
    const socket = connect(port, '127.0.0.1').on('error', () => undefined)
    cleanups.add(() => socket.destroy())
    sockets.push(socket)
    await once(socket, 'connect')
  }
  const totals = () => router.report().listeners?.[0]
  await eventually('five are turned away', () => totals()?.rejectedConnections === 5)
  assert.equal(totals()?.activeConnections, 10)
  const [first] = sockets
  first?.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  assert.match(String(((await once(first as Socket, 'data')) as [Buffer])[0]), /200 OK/)
  for (const socket of sockets) socket.destroy()
  await eventually('all are gone', () => totals()?.activeConnections === 0)
  assert.equal((await send(port)).body, 'served')
})
