import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { defaultHandling, type RuleTransform } from '../../src/domain/routing-table.ts'
import { freePort } from '../free-port.ts'
import { toldTexts } from './exchange-records.ts'
import type { ToldExchange } from './exchange-records.ts'
import { Cleanups, forwardTo, listener, send, startApp, startRouter, table, targetGroup } from './test-router.ts'

const anything = [{ field: 'path-pattern', values: ['*'] }] as const

/** A router whose one rule has these transforms, before an application that tells what it got. */
async function rewriting(cleanups: Cleanups, transforms: readonly RuleTransform[], preservesHost = true) {
  const app = await startApp(cleanups, (request, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => (body += chunk.toString()))
    request.on('end', () => {
      const { method, url, headers } = request
      response.end(JSON.stringify({ method, url, host: headers.host, kept: headers['x-kept'], body }))
    })
  })
  const records: Pick<ToldExchange, 'uri' | 'transform' | 'elbStatusCode'>[] = []
  const router = await startRouter(cleanups, {
    onExchange: (record) => {
      const { transform, elbStatusCode } = record
      records.push({ uri: toldTexts(record).uri, transform, elbStatusCode })
    },
  })
  const port = await freePort()
  const route = listener(port, forwardTo(['group', 1]), {
    handling: { ...defaultHandling, preservesHost, accessLog: true },
    rules: [{ priority: 1, conditions: anything, action: forwardTo(['group', 1]), transforms }],
  })
  await router.apply(table([route], [targetGroup('group', [app.port])]))
  const told = async (path: string, headers: Record<string, string> = {}, body?: string) =>
    JSON.parse(
      (await send(port, { path, headers, ...(body !== undefined && { body, method: 'POST' }) })).body,
    ) as object
  return { port, told, records }
}

const url = (regex: string, replace: string): RuleTransform => ({ type: 'url-rewrite', regex, replace })
const host = (regex: string, replace: string): RuleTransform => ({ type: 'host-header-rewrite', regex, replace })

test('path and query are rewritten together, and nothing else of the request changes', async () => {
  await using cleanups = new Cleanups()
  const { told } = await rewriting(cleanups, [url('^/dp/([A-Z0-9]+)/?(?:\\?(.*))?$', '/product.php?id=$1&$2')])
  const headers = { host: 'a.example', 'x-kept': 'as it was' }
  assert.deepEqual(await told('/dp/B00X/?q=1', headers, 'the body'), {
    method: 'POST',
    url: '/product.php?id=B00X&q=1',
    host: 'a.example',
    kept: 'as it was',
    body: 'the body',
  })
})

test('a request that does not match goes on as it came', async () => {
  await using cleanups = new Cleanups()
  const { told, records } = await rewriting(cleanups, [url('^/old', '/new'), host('^www\\.', '')])
  const got = { method: 'GET', url: '/other/old', host: 'a.example', body: '' }
  assert.deepEqual(await told('/other/old', { host: 'a.example' }), got)
  assert.deepEqual(records, [{ uri: '/other/old', transform: undefined, elbStatusCode: 200 }])
})

test('the host is rewritten without its port, whatever the case of its letters', async () => {
  await using cleanups = new Cleanups()
  const { told } = await rewriting(cleanups, [host('^mywebsite-(.+)\\.com$', 'internal.$1.example')])
  const hostFor = async (sent: string) => ((await told('/', { host: sent })) as { host: string }).host
  assert.equal(await hostFor('MyWebsite-shop.com'), 'internal.shop.example')
  assert.equal(await hostFor('mywebsite-shop.com:8080'), 'internal.shop.example:8080')
  assert.equal(await hostFor('other.com'), 'other.com')
})

test('a new host may bring a port, and gets the listener’s where it has none and hosts are not preserved', async () => {
  await using cleanups = new Cleanups()
  const { told, port } = await rewriting(cleanups, [host('^(a|b)\\.example$', '$1.internal')], false)
  assert.partialDeepStrictEqual(await told('/', { host: 'a.example' }), { host: `a.internal:${port}` })
  const other = await rewriting(cleanups, [host('^a\\.example$', 'a.internal:81')])
  assert.partialDeepStrictEqual(await other.told('/', { host: 'a.example:8080' }), { host: 'a.internal:81' })
})

test('the access log tells what was asked for, and what became of it', async () => {
  await using cleanups = new Cleanups()
  const { told, records } = await rewriting(cleanups, [url('^/old', '/new'), host('^www\\.', '')])
  await told('/old/page?x=1', { host: 'www.a.example' })
  const transform = { host: 'a.example', uri: '/new/page?x=1', status: 'TransformSuccess' } as const
  assert.deepEqual(records, [{ uri: '/old/page?x=1', transform, elbStatusCode: 200 }])
})

test('what comes of a transform must be what a client may send: otherwise the answer is 500, and no target is asked', async () => {
  await using cleanups = new Cleanups()
  const { port, records } = await rewriting(cleanups, [url('^/cut', ''), host('^cut\\..*$', '')])
  const statusOf = async (path: string, sent: string) =>
    (await send(port, { path, headers: { host: sent } })).statusCode
  assert.equal(await statusOf('/cutting', 'a.example'), 500)
  assert.equal(await statusOf('/', 'cut.example'), 500)
  assert.equal(await statusOf('/cut/page', 'a.example'), 200)
  assert.deepEqual(
    records.map(({ transform, elbStatusCode }) => [transform?.status, elbStatusCode]),
    [
      ['TransformInvalidPath', 500],
      ['TransformInvalidHost', 500],
      ['TransformSuccess', 200],
    ],
  )
})

test('a rewritten path cannot name another host, however it begins', async () => {
  await using cleanups = new Cleanups()
  const { port } = await rewriting(cleanups, [url('^/to/(.*)$', '$1')])
  for (const path of ['/to/http://evil.example/x', '/to/evil.example', '/to/*', '/to/']) {
    assert.equal((await send(port, { path })).statusCode, 500, path)
  }
  assert.equal(JSON.parse((await send(port, { path: '/to//evil.example' })).body).url, '/evil.example')
})

test('a whole URI, pipelined requests and HTTP/1.0 without a host are rewritten, too', async () => {
  await using cleanups = new Cleanups()
  const { port } = await rewriting(cleanups, [url('^/old', '/new'), host('^old', 'new')])
  const socket = connect(port, '127.0.0.1')
  socket.write(
    'GET http://old.example:81/old?a HTTP/1.1\r\nHost: old.example:81\r\n\r\n' +
      'POST /old HTTP/1.1\r\nX-Kept: 1\r\nHost: old.example\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n' +
      'GET /old HTTP/1.0\r\n\r\n',
  )
  const answers = await text(socket)
  const told = [...answers.matchAll(/\{.*?\}/g)].map(([json]) => JSON.parse(json) as Record<string, string>)
  assert.deepEqual(
    told.map((one) => [one['method'], one['url'], one['host'], one['body']]),
    [
      ['GET', '/new?a', 'new.example:81', ''],
      ['POST', '/new', 'new.example', 'abc'],
      ['GET', '/new', `127.0.0.1:${port}`, ''],
    ],
  )
})
