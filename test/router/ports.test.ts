import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer, Server, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { OpenPort } from '../../src/router/open-port.ts'
import { ListeningPorts } from '../../src/router/ports.ts'
import { freePorts } from '../../demo/free-ports.ts'
import { freePort } from '../free-port.ts'
import { Cleanups, eventually } from './test-router.ts'

const host = '127.0.0.1'
const alone = { listenHost: host, siblings: [], inherited: new Map<number, OpenPort>(), socketLimit: 1_024 }
const isLinux = process.platform === 'linux'

async function listening(cleanups: Cleanups, port: number, options: { reusePort?: boolean } = {}): Promise<Server> {
  const server = createServer()
  server.listen({ port, host, ...options })
  await once(server, 'listening')
  cleanups.add(() => void (server.listening && server.close()))
  return server
}

function inheritedFrom(server: Server): OpenPort {
  const open = new OpenPort()
  open.add(server)
  return open
}

function connected(cleanups: Cleanups, port: number, count: number): readonly Socket[] {
  const sockets = Array.from({ length: count }, () => connect({ port, host }).on('error', () => undefined))
  cleanups.add(() => sockets.forEach((socket) => socket.destroy()))
  return sockets
}

async function serve(socket: Socket): Promise<void> {
  const asked = await text(socket)
  socket.end(`${asked} is served`)
}

test('who connects before an inherited port has somebody to serve it is served then', async () => {
  await using cleanups = new Cleanups()
  const port = await freePort()
  const handed = await listening(cleanups, port)
  const inherited = new Map([[port, inheritedFrom(handed)]])

  const [early] = connected(cleanups, port, 1)
  assert.ok(early)
  const answer = text(early)
  early.end('early')
  await once(handed, 'connection')

  const open = await new ListeningPorts({ ...alone, inherited }).open(port)
  cleanups.add(() => open.close())
  open.receive({ accept: (socket) => void serve(socket), onRefused: () => undefined })
  assert.equal(await answer, 'early is served')
  assert.equal(inherited.size, 0)

  const [late] = connected(cleanups, port, 1)
  assert.ok(late)
  late.end('late')
  assert.equal(await text(late), 'late is served')
})

test('ports are shared, but for those of a router before that had opened them for itself alone', async () => {
  await using cleanups = new Cleanups()
  const handed = createServer()
  cleanups.add(() => void handed.close())
  const inherited = new Map([[80, inheritedFrom(handed)]])
  const areShared = (more: { siblings?: readonly string[]; areInheritedShared?: boolean }): boolean =>
    new ListeningPorts({ ...alone, inherited, ...more }).areShared
  assert.equal(areShared({}), false)
  assert.equal(areShared({ areInheritedShared: false, siblings: ['other'] }), false)
  assert.equal(areShared({ areInheritedShared: true }), isLinux)
  assert.equal(areShared({ siblings: ['other'] }), true, 'an older one that had siblings has shared them')
})

const linuxOnly = isLinux ? {} : { skip: 'only Linux deals connections out to several sockets of a port' }

test('of many clients that come at once several are accepted in one turn of the loop', linuxOnly, async () => {
  await using cleanups = new Cleanups()
  const port = await freePort()
  const open = await new ListeningPorts(alone).open(port)
  cleanups.add(() => open.close())
  const accepted: Socket[] = []
  cleanups.add(() => accepted.forEach((socket) => socket.destroy()))
  let inThisTurn = 0
  let most = 0
  open.receive({
    accept: (socket) => {
      accepted.push(socket)
      if (inThisTurn++ === 0) setImmediate(() => (inThisTurn = 0))
      most = Math.max(most, inThisTurn)
    },
    onRefused: () => undefined,
  })
  connected(cleanups, port, 100)
  await eventually('all are accepted', () => accepted.length === 100)
  assert.ok(most > 4, `at most ${most} in a turn`)
})

test('an inherited port gets as many sockets as others, unless it was not opened to be shared', linuxOnly, async () => {
  await using cleanups = new Cleanups()
  const socketsOf = async (reusePort: boolean): Promise<number> => {
    const port = await freePort()
    const inherited = new Map([[port, inheritedFrom(await listening(cleanups, port, { reusePort }))]])
    const open = await new ListeningPorts({ ...alone, inherited, areInheritedShared: reusePort }).open(port)
    cleanups.add(() => open.close())
    return open.servers.length
  }
  assert.deepEqual([await socketsOf(true), await socketsOf(false)], [16, 1])
})

test('ports have several sockets as long as they are few, and as files allow', linuxOnly, async () => {
  await using cleanups = new Cleanups()
  const few = new ListeningPorts({ ...alone, socketLimit: 128 })
  const opened: OpenPort[] = []
  cleanups.add(() => opened.forEach((open) => open.close()))
  for (let count = 0; count < 65; count++) opened.push(await few.open(await freePort()))
  assert.deepEqual(
    [0, 63, 64].map((index) => opened[index]?.servers.length),
    [2, 2, 1],
  )
  for (const open of opened.slice(0, 2)) open.close()
  const next = await few.open(await freePort())
  opened.push(next)
  assert.equal(next.servers.length, 2)

  const without = await new ListeningPorts({ ...alone, socketLimit: 0 }).open(await freePort())
  opened.push(without)
  assert.equal(without.servers.length, 1)
})

test('many ports that are opened at once leave turns of the loop to requests', linuxOnly, async (context) => {
  await using cleanups = new Cleanups()
  const ports = new ListeningPorts(alone)
  const { mock } = context.mock.method(Server.prototype, 'listen')
  const numbers = await freePorts(12)
  mock.resetCalls()
  const opening = Promise.all(numbers.map((number) => ports.open(number)))
  let most = 0
  for (let before = 0, isOver = false; !isOver; before = mock.callCount()) {
    isOver = await Promise.race([opening.then(() => true), nextTurn(false)])
    most = Math.max(most, mock.callCount() - before)
  }
  const opened = await opening
  for (const open of opened) cleanups.add(() => open.close())
  assert.ok(opened.every(({ servers }) => servers.length === 16))
  assert.ok(most <= 24, `${most} of ${17 * numbers.length} in one turn`)
})

test('a port that another program has is refused, also where that one would share it', async () => {
  await using cleanups = new Cleanups()
  for (const reusePort of isLinux ? [false, true] : [false]) {
    const port = await freePort()
    await listening(cleanups, port, { reusePort })
    await assert.rejects(new ListeningPorts(alone).open(port), { code: 'EADDRINUSE' })
  }
})
