import assert from 'node:assert/strict'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { once } from 'node:events'
import { join } from 'node:path'
import { json } from 'node:stream/consumers'
import { test } from 'node:test'
import { TableSender } from '../../src/adapters/table-sender.ts'
import { Cleanups, forwardTo, listener, table, targetGroup } from '../router/test-router.ts'

test('after the first table its news are sent, and the whole to a router that has another one', async () => {
  await using cleanups = new Cleanups()
  const calls: unknown[] = []
  let status = 200
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { version, since, targetGroups } = (await json(request)) as Record<string, number | object>
    calls.push([request.method, since, version, Object.keys(targetGroups as object)])
    response.writeHead(request.method === 'PATCH' ? status : 200, { Connection: 'close' })
    response.end('{"refusedListeners":[]}')
  }
  const server = createServer((request, response) => void answer(request, response))
  const socketPath = join(cleanups.temporaryDirectory(), 'socket')
  server.listen(socketPath)
  await once(server, 'listening')
  cleanups.add(() => void server.close())
  const [blue, green, listeners] = [
    targetGroup('blue', [1]),
    targetGroup('green', [2]),
    [listener(80, forwardTo(['blue', 1]))],
  ]
  const [one, two, three, four] = [[blue], [blue, green], [blue, targetGroup('green', [3])], [blue]].map((groups) =>
    table(listeners, groups),
  )
  assert.ok(one && two && three && four)
  const tables = new TableSender(socketPath)
  for (const each of [one, two]) assert.deepEqual(await tables.send(each), { refusedListeners: [] })
  status = 409
  await tables.send(three)
  status = 404
  await tables.send(four)
  assert.deepEqual(calls, [
    ['PUT', undefined, one.version, ['blue']],
    ['PATCH', one.version, two.version, ['green']],
    ['PATCH', two.version, three.version, ['green']],
    ['PUT', undefined, three.version, ['blue', 'green']],
    ['PATCH', three.version, four.version, []],
    ['PUT', undefined, four.version, ['blue']],
  ])
  assert.equal(tables.confirmed, four)
})
