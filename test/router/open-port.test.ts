import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { test } from 'node:test'
import { OpenPort } from '../../src/router/open-port.ts'
import { freePort } from '../free-port.ts'
import { Cleanups, eventually } from './test-router.ts'

const host = '127.0.0.1'

async function openedPort(cleanups: Cleanups, port: number): Promise<OpenPort> {
  const server = createServer()
  server.listen({ port, host, backlog: 100 })
  await once(server, 'listening')
  const open = new OpenPort()
  open.add(server)
  cleanups.add(() => open.close())
  return open
}

/** They are connected as far as the kernel is concerned when this returns; nobody has accepted any of them. */
function waitingClients(cleanups: Cleanups, port: number, ends: string[]): void {
  for (let count = 0; count < 20; count++) {
    const socket = connect({ port, host })
    socket.on('error', ({ message }) => void ends.push(message))
    cleanups.add(() => socket.destroy())
  }
}

test('who waits in the queue of a port that is left is accepted before it closes', async () => {
  await using cleanups = new Cleanups()
  const port = await freePort()
  const open = await openedPort(cleanups, port)
  const accepted: Socket[] = []
  cleanups.add(() => accepted.forEach((socket) => socket.destroy()))
  open.receive({ accept: (socket) => void accepted.push(socket), onRefused: () => undefined })
  const ends: string[] = []
  waitingClients(cleanups, port, ends)
  await open.leave()
  assert.deepEqual([accepted.length, ends, open.isClosed], [20, [], true])
  const late = connect({ port, host })
  assert.equal(((await once(late, 'error')) as [NodeJS.ErrnoException])[0].code, 'ECONNREFUSED')
})

test('who waits for somebody to serve him is turned away when the port closes', async () => {
  await using cleanups = new Cleanups()
  const port = await freePort()
  const open = await openedPort(cleanups, port)
  const [server] = open.servers
  const socket = connect({ port, host })
  socket.on('error', () => undefined)
  if (server !== undefined) await once(server, 'connection')
  open.close()
  await eventually('it is closed', () => socket.closed || socket.readableEnded)
  socket.destroy()
})
