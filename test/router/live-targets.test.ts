import assert from 'node:assert/strict'
import { connect, type Socket } from 'node:net'
import { test } from 'node:test'
import { defaultBalancing } from '../../src/domain/routing-table.ts'
import type { DataPlane } from '../../src/router/data-plane.ts'
import { LiveTargets } from '../../src/router/live-targets.ts'
import type { TcpWire } from '../../src/router/wire.ts'
import { transport } from '../../src/router/transport.ts'
import { freePort } from '../free-port.ts'
import {
  Cleanups,
  eventually,
  forwardTo,
  listener,
  startApp,
  startRouter,
  table,
  targetGroup,
  type TestApp,
} from './test-router.ts'

test('a target whose whole answer has come is free, however slowly its client reads', async () => {
  await using cleanups = new Cleanups()
  const app = await startApp(cleanups, (_, response) => response.end('the whole answer'))
  const { adopt, letGo } = withoutRoom()
  const router = await startRouter(cleanups, { adopt })
  const port = await serve(router, app)
  const client = request(cleanups, port)
  await eventually('the target is free', () => inFlight(router) === 0 && letGo.length === 1)
  assert.deepEqual(router.report().counts, [])
  await router.apply(table([listener(port, forwardTo(['group', 1]))], [targetGroup('group', [])]))
  letGo[0]?.()
  await eventually('the client has all of it', () => client.received.endsWith('the whole answer'))
  assert.deepEqual(
    router.report().counts.map(({ target, outcome }) => ({ target, outcome })),
    [{ target: `127.0.0.1:${app.port}`, outcome: '2xx' }],
  )
})

test('a target that never got a request is forgotten as soon as it has left, and its target group with it', () => {
  const gone: string[] = []
  const targets = new LiveTargets({
    onGone: (target) => {
      gone.push(target.address)
      assert.equal(targets.forget(target), true)
    },
  })
  const first = targets.prepare(targetGroup('group', [1, 2]))
  assert.deepEqual(targets.commit([first], []), [])
  assert.equal(targets.forgetGroup('group'), false, 'it is in the table')
  targets.commit([targets.prepare(targetGroup('group', [1, 2]))], [])
  const left = targets.commit([], [targets.group('group')])
  assert.equal(targets.forgetGroup('group'), false, 'its targets are known')
  for (const target of left) targets.remove(target)
  assert.deepEqual(gone, ['127.0.0.1:1', '127.0.0.1:2'])
  assert.equal(targets.forgetGroup('group'), true)
  assert.notEqual(targets.group('group'), first.group)
})

test('who comes into an empty group, or is there when slow start is switched on, does not start slowly', () => {
  const targets = new LiveTargets({ onGone: () => undefined })
  const commit = (ports: readonly number[], slowStartSeconds: number) => {
    const route = { ...targetGroup('group', ports), balancing: { ...defaultBalancing, slowStartSeconds } }
    for (const left of targets.commit([targets.prepare(route)], [])) targets.remove(left)
  }
  const shares = (): readonly number[] => {
    const chosen = Array.from({ length: 100 }, () => targets.group('group').choice.choose(now, () => 0)?.port)
    return [1, 2, 3].map((port) => chosen.filter((each) => each === port).length)
  }
  let now = 1_000
  const becomesHealthy = (port: number) => targets.noteHealth(`group 127.0.0.1:${port}`, ++now)
  commit([1, 2], 30)
  becomesHealthy(1)
  becomesHealthy(2)
  assert.deepEqual(shares(), [50, 50, 0], 'both came into an empty group')
  commit([1, 2, 3], 30)
  becomesHealthy(3)
  assert.deepEqual(shares(), [50, 50, 0], 'the third one joins')
  commit([], 0)
  commit([1], 0)
  becomesHealthy(1)
  commit([1, 2], 0)
  becomesHealthy(2)
  commit([1, 2], 30)
  assert.deepEqual(shares(), [50, 50, 0], 'both were there')
  targets.noteHealth('group 127.0.0.1:2', undefined)
  becomesHealthy(2)
  assert.deepEqual(shares(), [100, 0, 0], 'the second one was ill')
})

for (const [name, bytes, wasAnswered] of [
  ['an answer that nobody reads', 'GET / HTTP/1.1\r\nHost: a\r\n\r\n', true],
  ['an upload that drips', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nx', false],
] as const) {
  test(`${name} holds its target until the deregistration delay is over, and no longer`, async () => {
    await using cleanups = new Cleanups()
    const app = await startApp(cleanups, ({ method }, response) => {
      if (method === 'POST') return
      const more = (): void => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536)));
      }
      response.on('drain', more)
      more()
    })
    const router = await startRouter(cleanups)
    const port = await serve(router, app)
    const client = request(cleanups, port, bytes)
    client.socket.pause()
    await eventually('it is in flight', () => inFlight(router) === 1)
    const draining = targetGroup('group', [app.port], { draining: [app.port], delaySeconds: 1 })
    const begun = performance.now()
    await router.apply(table([listener(port, forwardTo(['group', 1]))], [draining]))
    assert.equal(inFlight(router), 1)
    await eventually('it is over', () => inFlight(router) === 0)
    assert.ok(performance.now() - begun > 950)
    client.socket.resume()
    await eventually('the client is told', () => (wasAnswered ? client.socket.closed : client.received !== ''))
    if (!wasAnswered) assert.match(client.received, /^HTTP\/1\.1 502 /)
  })
}

/** A listener with one group of this one target. */
async function serve(router: DataPlane, app: TestApp): Promise<number> {
  const port = await freePort()
  await router.apply(table([listener(port, forwardTo(['group', 1]))], [targetGroup('group', [app.port])]))
  return port
}

function inFlight(router: DataPlane): number {
  return [...router.report().targets.values()].reduce((sum, target) => sum + target.inFlight, 0)
}

function request(cleanups: Cleanups, port: number, bytes = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n') {
  const socket: Socket = connect(port, '127.0.0.1')
  const client = { socket, received: '' }
  socket.on('error', () => undefined).on('data', (piece: Buffer) => (client.received += piece.toString('latin1')))
  socket.write(bytes)
  cleanups.add(() => socket.destroy())
  return client
}

/** Clients whose kernel has no room for an answer until they are let go. */
function withoutRoom() {
  const letGo: (() => void)[] = []
  const adopt = (socket: Socket): TcpWire => {
    const wire = transport('direct').adopt(socket)
    const start = wire.start.bind(wire)
    const write = wire.write.bind(wire)
    wire.start = (events) => {
      wire.write = (bytes) => {
        letGo.push(() => {
          write(bytes)
          events.onDrain()
        })
        return false
      }
      start(events)
    }
    return wire
  }
  return { adopt, letGo }
}
