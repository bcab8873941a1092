import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  AcceptanceOptionError,
  parseUrlList,
  runAcceptance,
  type AcceptanceOptions,
} from '../../src/acceptance/index.ts'
import { answerWith, startSite } from './a-site.ts'

const causesOf = ({ results }: Awaited<ReturnType<typeof runAcceptance>>) =>
  Object.fromEntries(results.map(({ url, outcome, cause }) => [url.path, cause ?? outcome]))
const judge = (lines: readonly string[], options: Partial<AcceptanceOptions> & { readonly url: string }) =>
  runAcceptance(parseUrlList(lines.join('\n')), { thresholdPercent: 95, ...options })

test('a URL passes with the status the list expects, or with 200', async (t) => {
  const { url } = await startSite(t, (request, response) => answerWith(response, Number(request.url?.slice(1, 4))))
  const result = await judge(['/200', '/301,301', '/404,200|404', '/500', '/200/again,404'], { url })
  assert.deepEqual(causesOf(result), {
    '/200': 'passed',
    '/301': 'passed',
    '/404': 'passed',
    '/500': 'answered 500 instead of 200',
    '/200/again': 'answered 200 instead of 404',
  })
  assert.equal(result.isPassed, false)
  assert.equal(result.sentence, 'NOT PASSED: 3 of 5 URLs passed (60 %), the threshold is 95 %.')
})

test('the threshold itself is enough', async (t) => {
  const { url } = await startSite(t, (request, response) => answerWith(response, request.url === '/bad' ? 500 : 200))
  const lines = ['/bad', ...Array.from({ length: 19 }, (_, at) => `/${at}`)]
  assert.equal((await judge(lines, { url })).isPassed, true)
  assert.equal((await judge(lines, { url, thresholdPercent: 95.1 })).isPassed, false)
})

test('a server that closes, breaks off, hangs or is not there fails URLs by cause', async (t) => {
  const { url } = await startSite(t, (request, response) => {
    if (request.url === '/close') response.destroy()
    else if (request.url === '/half')
      response.writeHead(200, { 'content-length': 100 }).write('half', () => response.destroy())
    else if (request.url !== '/hang') answerWith(response, 200)
  })
  const result = await judge(['/', '/close', '/half', '/hang'], { url, requestTimeoutMilliseconds: 400 })
  assert.deepEqual(causesOf(result), {
    '/': 'passed',
    '/close': 'connection closed without an answer',
    '/half': 'connection closed without an answer',
    '/hang': 'no whole answer within 0.4 s',
  })
  const nobody = await judge(['/'], { url: 'http://127.0.0.1:1' })
  assert.deepEqual(causesOf(nobody), { '/': 'connection refused' })
})

test('no more are in flight than may be, and no more begin in a second', async (t) => {
  const site = await startSite(t, (_, response) => void setTimeout(() => answerWith(response, 200), 5))
  const { url } = site
  const lines = Array.from({ length: 60 }, (_, at) => `/${at}`)
  await judge(lines, { url, inFlight: 4 })
  assert.equal(site.mostAtOnce(), 4)
  const { milliseconds } = await judge(lines, { url, requestsPerSecond: 100 })
  assert.ok(milliseconds >= 580, `${milliseconds} ms`)
})

test('a request is repeated only where that is asked for', async (t) => {
  const seen = new Set<string>()
  const { url } = await startSite(t, (request, response) => {
    answerWith(response, seen.has(String(request.url)) ? 200 : 503)
    seen.add(String(request.url))
  })
  assert.deepEqual(causesOf(await judge(['/one'], { url })), { '/one': 'answered 503 instead of 200' })
  const { results } = await judge(['/two'], { url, retries: 1 })
  assert.deepEqual([results[0]?.outcome, results[0]?.attempts], ['passed', 2])
})

test('redirects are followed only where that is asked for, and not to other servers', async (t) => {
  const { url } = await startSite(t, (request, response) => {
    if (request.url?.startsWith('/old')) response.writeHead(302, { location: '/new' }).end()
    else if (request.url === '/away') response.writeHead(302, { location: 'http://192.0.2.1/' }).end()
    else answerWith(response, 200)
  })
  const lines = ['/old', '/away', '/old?,302']
  const not = await judge(lines, { url })
  assert.deepEqual(Object.values(causesOf(not)), [
    'answered 302 instead of 200',
    'answered 302 instead of 200',
    'passed',
  ])
  const followed = await judge(lines, { url, followRedirects: 1 })
  assert.deepEqual(Object.values(causesOf(followed)), ['passed', 'answered 302 instead of 200', 'passed'])
})

test('redirects to the host that was asked for by name stay within the server', async (t) => {
  const { url, requests } = await startSite(t, (request, response) => {
    if (request.url === '/old') response.writeHead(301, { location: `http://${request.headers.host}/new` }).end()
    else answerWith(response, 200)
  })
  const followed = await judge(['/old'], { url, host: 'www.example.com', followRedirects: 1 })
  assert.deepEqual(Object.values(causesOf(followed)), ['passed'])
  assert.deepEqual(
    requests.map(({ url: path, headers }) => [path, headers.host]),
    [
      ['/old', 'www.example.com'],
      ['/new', 'www.example.com'],
    ],
  )
})

test('compared with blue, redirects are followed there too', async (t) => {
  const blue = await startSite(t, (request, response) => {
    if (request.url === '/old') response.writeHead(301, { location: '/new' }).end()
    else answerWith(response, request.url === '/gone' ? 404 : 200)
  })
  const green = await startSite(t, (request, response) => {
    if (request.url === '/old') response.writeHead(301, { location: `${green.url}/elsewhere` }).end()
    else if (request.url === '/gone') response.writeHead(301, { location: '/' }).end()
    else answerWith(response, 200)
  })
  const { url } = green
  const compared = await judge(['/old', '/gone'], { url, followRedirects: 1, comparison: { url: blue.url } })
  assert.deepEqual(Object.values(causesOf(compared)), ['passed', 'answered 200 where blue answers 404'])
})

test('the Host header and others are sent', async (t) => {
  const { url, requests } = await startSite(t, (_, response) => answerWith(response, 200))
  await judge(['/a?b=c'], { url, host: 'www.example.com', headers: { 'X-Preview': 'yes' } })
  const [request] = requests
  assert.deepEqual(
    [request?.url, request?.headers.host, request?.headers['x-preview']],
    ['/a?b=c', 'www.example.com', 'yes'],
  )
})

test('compared with blue, what blue answers is right, whatever the list says', async (t) => {
  let ticks = 0
  const blue = await startSite(t, (request, response) => {
    if (request.url === '/gone') answerWith(response, 404)
    else if (request.url === '/moved') response.writeHead(302, { location: `${blue.url}/there` }).end()
    else if (request.url === '/ticks') answerWith(response, 200, JSON.stringify({ [`at${ticks++}`]: 1 }))
    else answerWith(response, 200, JSON.stringify({ id: 1, tags: ['a'] }))
  })
  const green = await startSite(t, (request, response) => {
    if (request.url === '/gone') answerWith(response, 404)
    else if (request.url === '/moved') response.writeHead(302, { location: `${green.url}/there` }).end()
    else if (request.url === '/broken') answerWith(response, 500)
    else if (request.url === '/typed')
      response.writeHead(200, { 'content-type': 'text/html' }).end(JSON.stringify({ id: 1, tags: [] }))
    else if (request.url === '/ticks') answerWith(response, 200, JSON.stringify({ [`at${ticks++}`]: 1 }))
    else if (request.url === '/shape' || request.url === '/ignored?x')
      answerWith(response, 200, JSON.stringify({ id: 'one', tags: [] }))
    else answerWith(response, 200, JSON.stringify({ id: 2, tags: ['b', 'c'] }))
  })
  const lines = ['/same', '/gone', '/moved,302', '/broken', '/typed', '/ticks', '/shape', '/ignored?x']
  const comparison = { url: blue.url, body: 'json', ignoredPaths: ['/ign*'] } as const
  const result = await judge(lines, { url: green.url, comparison })
  assert.deepEqual(causesOf(result), {
    '/same': 'passed',
    '/gone': 'passed',
    '/moved': 'passed',
    '/broken': 'answered 500 where blue answers 200',
    '/typed': "header content-type differs from blue's",
    '/ticks': 'passed',
    '/shape': "body has another shape than blue's",
    '/ignored?x': 'passed',
  })
  assert.equal(result.results[1]?.isListOutdated, true)
  const bytes = await judge(['/same'], { url: green.url, comparison: { url: blue.url, body: 'hash' } })
  assert.deepEqual(causesOf(bytes), { '/same': "body differs from blue's" })
})

test('options and lists that cannot be are refused before anything is requested', async (t) => {
  const { url, requests } = await startSite(t, (_, response) => answerWith(response, 200))
  const refused = (options: Partial<AcceptanceOptions>, text: RegExp) =>
    assert.rejects(judge(['/'], { url, ...options }), (error) => {
      assert.ok(error instanceof AcceptanceOptionError)
      assert.match(error.message, text)
      return true
    })
  await refused({ thresholdPercent: 101 }, /thresholdPercent is 101; it is a number from 0 to 100/)
  await refused({ inFlight: 0 }, /inFlight/)
  await refused({ inFlight: 1.5 }, /whole number/)
  await refused({ url: 'http://host/path' }, /more than an endpoint/)
  await refused({ headers: { 'bad header': 'x' } }, /'bad header' cannot be sent/)
  await assert.rejects(judge([], { url }), /the list has no URL in it/)
  assert.equal(requests.length, 0)
})
