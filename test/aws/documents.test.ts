import assert from 'node:assert/strict'
import { once } from 'node:events'
import { request } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { startEndpoint } from '../../src/aws/endpoint.ts'

test('a document is read with GET, and is never kept by whoever read it', async (t) => {
  const url = await endpoint(t)
  const answer = await fetch(`${url}/things/one.json?pretty`)
  assert.equal(answer.status, 200)
  assert.equal(answer.headers.get('content-type'), 'application/json')
  assert.equal(answer.headers.get('cache-control'), 'no-store')
  assert.deepEqual(await answer.json(), { name: 'one' })
  assert.equal((await fetch(`${url}/things/one.json`, { method: 'HEAD' })).headers.get('content-length'), '14')
})

test('where there is none, there is nothing', async (t) => {
  const url = await endpoint(t)
  assert.equal((await fetch(`${url}/things/two.json`)).status, 404)
  assert.equal((await fetch(`${url}/things/one.json/more`)).status, 404)
})

test('a web page of another site does not get to see it', async (t) => {
  const url = await endpoint(t)
  const page = await fetch(`${url}/things/one.json`, { headers: { origin: 'http://elsewhere.example' } })
  assert.equal(page.status, 403)
  const own = await fetch(`${url}/things/one.json`, { headers: { origin: url } })
  assert.equal(own.status, 200)
})

test('nor does a page that has pointed a name of its own at this machine', async (t) => {
  const { port } = new URL(await endpoint(t))
  const asked = async (host: string): Promise<number | undefined> => {
    const call = request({ host: '127.0.0.1', port, path: '/things/one.json', headers: { host } }).end()
    const [answer] = (await once(call, 'response')) as [IncomingMessage]
    answer.resume()
    return answer.statusCode
  }
  assert.equal(await asked(`evil.example:${port}`), 403)
  for (const host of ['127.0.0.1', `localhost:${port}`, '[::1]:80', 'teal', 'host.docker.internal', 'teal.localhost']) {
    assert.equal(await asked(host), 200, host)
  }
})

async function endpoint(t: TestContext): Promise<string> {
  const started = await startEndpoint({
    services: [],
    documents: [{ path: /^\/things\/(\w+)\.json$/, read: (name) => (name === 'one' ? { name } : undefined) }],
    host: '127.0.0.1',
    port: 0,
    accountId: '000000000000',
    log: { info: () => undefined, warn: (message) => assert.fail(message) },
  })
  t.after(() => started.close())
  return started.url
}
