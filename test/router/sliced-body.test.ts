import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, request, type ClientRequest } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test, type TestContext } from 'node:test'
import { bodyInSlices } from '../../src/router/sliced-body.ts'

/** Resolves to what the server has read, and how many turns of its event loop that took. */
async function read(
  t: TestContext,
  headers: Readonly<Record<string, string>>,
  send: (call: ClientRequest) => void,
): Promise<{ readonly body: Buffer | Error; readonly turns: number }> {
  const { promise, resolve } = Promise.withResolvers<Buffer | Error>()
  const server = createServer((incoming, response) => {
    void bodyInSlices(incoming)
      .then(resolve, resolve)
      .finally(() => response.end())
  })
  t.after(() => server.close())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  let turns = 0
  const count = (): void => {
    turns++
    timer = setImmediate(count)
  }
  let timer = setImmediate(count)
  const call = request({ port, host: '127.0.0.1', method: 'PUT', headers })
  call.on('error', () => undefined)
  send(call)
  const body = await promise
  clearImmediate(timer)
  return { body, turns }
}

const large = Buffer.from(Array.from({ length: 3_000_000 }, (_, index) => index % 251))

test('a large body is read whole, and not in one turn of the event loop', async (t) => {
  const { body, turns } = await read(t, { 'Content-Length': String(large.length) }, (call) => call.end(large))
  assert.ok(large.equals(body as Buffer))
  assert.ok(turns >= 20, `${turns} turns`)
})

test('a body of unknown length is read, too', async (t) => {
  const { body } = await read(t, { 'Transfer-Encoding': 'chunked' }, (call) => call.end(large))
  assert.ok(large.equals(body as Buffer))
  const nothing = await read(t, { 'Transfer-Encoding': 'chunked' }, (call) => call.end())
  assert.equal((nothing.body as Buffer).length, 0)
})

test('a body whose sender has gone is no body', async (t) => {
  const { body } = await read(t, { 'Content-Length': '1000000' }, (call) => {
    call.write(large.subarray(0, 1000), () => call.destroy())
  })
  assert.match(String(body), /aborted/)
})
