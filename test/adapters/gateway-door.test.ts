import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import { createServer } from 'node:net'
import { describe, test } from 'node:test'
import { GatewayDoor } from '../../src/adapters/gateway-door.ts'
import type { DoorPlace } from '../../src/adapters/gateway-door.ts'
import { SystemClock } from '../../src/adapters/system-clock.ts'
import { freePort } from '../free-port.ts'
import { eventually } from './process-world.ts'

const clock = new SystemClock()

describe('the second door of the endpoint', () => {
  test('hands connections on to the endpoint, and follows the address', async (t) => {
    const endpoint = createHttpServer((_, response) => response.end('the endpoint'))
    let place: DoorPlace = { address: '127.0.0.2', port: await freePort() }
    const door = new GatewayDoor({
      clock,
      log: { info: () => undefined, warn: () => undefined },
      place: () => place,
      take: (connection) => void endpoint.emit('connection', connection),
    })
    t.after(() => {
      door.close()
      endpoint.closeAllConnections()
    })
    await door.open()
    assert.equal(await asked(place), 'the endpoint')
    place = { address: '127.0.0.3', port: place.port }
    await eventually('the new address', async () => (await asked(place)) === 'the endpoint')
  })

  test('is opened when the place is free, and says once that it is not', async (t) => {
    const place = { address: '127.0.0.2', port: await freePort() }
    const other = createServer().listen(place.port, place.address)
    await once(other, 'listening')
    const said: string[] = []
    const door = new GatewayDoor({
      clock,
      log: { info: () => undefined, warn: (message) => said.push(message) },
      place: () => place,
      take: (connection) => connection.end('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok'),
    })
    t.after(() => door.close())
    await door.open()
    assert.equal(said.length, 1)
    assert.match(said[0] ?? '', /^Containers cannot reach the endpoint at 127\.0\.0\.2:\d+: .*EADDRINUSE/)
    other.close()
    await eventually('the door is open', async () => (await asked(place)) === 'ok')
    assert.equal(said.length, 1)
  })
})

async function asked({ address, port }: DoorPlace): Promise<string | undefined> {
  return fetch(`http://${address}:${port}/`, { headers: { connection: 'close' } }).then(
    (answer) => answer.text(),
    () => undefined,
  )
}
