import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { describe, test } from 'node:test'
import { TaskPorts } from '../../src/adapters/task-ports.ts'

describe('ports of tasks', () => {
  test('are below the range for outgoing connections, and each is given once', async (t) => {
    const ports = new TaskPorts()
    t.after(() => ports.close())
    const given = (await Promise.all(Array.from({ length: 20 }, (_, index) => ports.choose(`t${index}`, 3)))).flat()
    assert.equal(new Set(given).size, 60)
    assert.ok(given.every((port) => port >= 20_000 && port < 32_000))
  })

  test('do not include those somebody listens on, nor those held since before', async (t) => {
    const ports = new TaskPorts()
    const [port = 0, next = 0] = await ports.choose('t1', 2)
    const server = createServer().listen(port, '127.0.0.1')
    t.after(() => [server, ports].forEach((each) => each.close()))
    await once(server, 'listening')
    ports.release('t1')
    ports.hold('t2', [next])
    // Random starts everywhere in the range: only luck would hide a port that is given wrongly.
    t.mock.method(Math, 'random', () => (port - 20_000) / 12_000)
    const [other] = await ports.choose('t3', 1)
    assert.ok(other !== port && other !== next)
  })

  test('are not those that another engine has given to a task which does not listen yet', async (t) => {
    const [one, other] = [new TaskPorts(), new TaskPorts()]
    t.after(() => [one, other].forEach((ports) => ports.close()))
    t.mock.method(Math, 'random', () => 0.5)
    const [[port = 0], [next = 0]] = [await one.choose('t1', 1), await other.choose('t1', 1)]
    assert.notEqual(next, port)
    one.release('t1')
    assert.deepEqual(await other.choose('t2', 1), [port])
  })

  test('are said to be used up when they are', async () => {
    const ports = new TaskPorts()
    ports.hold(
      'all',
      Array.from({ length: 12_000 }, (_, index) => 20_000 + index),
    )
    await assert.rejects(ports.choose('t1', 1), /no free port between 20000 and 31999 on 127\.0\.0\.1/)
    assert.deepEqual(await ports.choose('t1', 0), [])
  })
})
