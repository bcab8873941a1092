import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import { test } from 'node:test'
import { receiveBody } from '../../../src/aws/wire/receive.ts'

test('a body that pauses for too long is given up, and its connection closed', { timeout: 20_000 }, async (t) => {
  const received = Promise.withResolvers<unknown>()
  const server = createServer((message) => {
    received.resolve(receiveBody(message, 100, 50).catch((error: NodeJS.ErrnoException) => error.code))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1')
  client.write('PUT / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n12345')
  await once(client, 'close')
  assert.equal(await received.promise, 'ECONNRESET')
})

test('an answer may take longer than a body may pause', async (t) => {
  const timeouts: unknown[] = []
  const answer = async (message: IncomingMessage, response: ServerResponse): Promise<void> => {
    const receiving = receiveBody(message, 100, 5_000)
    timeouts.push(message.socket.timeout)
    const body = await receiving
    timeouts.push(message.socket.timeout)
    response.end(body)
  }
  const server = createServer((message, response) => void answer(message, response))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  const { port } = server.address() as AddressInfo
  const answered = await fetch(`http://127.0.0.1:${port}`, { method: 'PUT', body: '12345' })
  assert.equal(await answered.text(), '12345')
  assert.deepEqual(timeouts, [5_000, 0])
})
