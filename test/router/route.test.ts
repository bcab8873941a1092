import assert from 'node:assert/strict'
import { test } from 'node:test'
import { defaultBalancing, defaultHandling } from '../../src/domain/routing-table.ts'
import { freePort } from '../free-port.ts'
import {
  Cleanups,
  forwardTo,
  listener,
  routerBefore,
  send,
  startApp,
  startRouter,
  table,
  targetGroup,
  untilHealthy,
} from './test-router.ts'

test('a request reaches the application and its answer comes back', async () => {
  await using cleanups = new Cleanups()
  const app = await startApp(cleanups, (request, response) => {
    response.writeHead(201, ['X-Two', '1', 'x-TWO', '2'])
    response.end(`${request.method} ${request.url}`)
  })
  const { router, port } = await routerBefore(cleanups, [app.port])
  const answer = await send(port, { path: '/a?b=c', method: 'POST', body: 'x' })
  assert.equal(answer.statusCode, 201)
  assert.equal(answer.body, 'POST /a?b=c')
  assert.deepEqual(
    answer.rawHeaders.filter((_, at) => at < 4),
    ['X-Two', '1', 'x-TWO', '2'],
  )
  assert.deepEqual(router.report().counts, [
    {
      listenerArn: `listener/${port}`,
      targetGroupArn: 'group',
      target: `127.0.0.1:${app.port}`,
      outcome: '2xx',
      count: 1,
    },
  ])
})

test('target groups get requests in proportion to their weights', async () => {
  await using cleanups = new Cleanups()
  const blue = await startApp(cleanups, (_, response) => response.end('blue'))
  const green = await startApp(cleanups, (_, response) => response.end('green'))
  let turn = 0
  const router = await startRouter(cleanups, { random: () => (turn++ % 100) / 100 })
  const port = await freePort()
  const groups = [targetGroup('blue', [blue.port]), targetGroup('green', [green.port])]
  await router.apply(table([listener(port, forwardTo(['blue', 90], ['green', 10]))], groups))
  const seen: Record<string, number> = {}
  for (let count = 0; count < 100; count++) {
    const { body } = await send(port)
    seen[body] = (seen[body] ?? 0) + 1
  }
  assert.deepEqual(seen, { blue: 90, green: 10 })
})

test('healthy targets take turns, and unhealthy ones are left out', async () => {
  await using cleanups = new Cleanups()
  const one = await startApp(cleanups, (_, response) => response.end('one'))
  const two = await startApp(cleanups, (_, response) => response.end('two'))
  const nobody = await freePort()
  const { router, port } = await routerBefore(cleanups, [one.port, nobody, two.port])
  await untilHealthy(router, `group 127.0.0.1:${one.port}`, `group 127.0.0.1:${two.port}`)
  const bodies = []
  for (let count = 0; count < 6; count++) bodies.push((await send(port)).body)
  assert.equal(bodies.filter((body) => body === 'one').length, 3)
  assert.equal(bodies.filter((body) => body === 'two').length, 3)
})

test('without any healthy target all registered ones get requests', async () => {
  await using cleanups = new Cleanups()
  const app = await startApp(cleanups, (_, response) => response.end('served all the same'))
  const router = await startRouter(cleanups)
  const port = await freePort()
  const group = targetGroup('group', [app.port], { matcher: '299' })
  await router.apply(table([listener(port, forwardTo(['group', 1]))], [group]))
  assert.equal((await send(port)).body, 'served all the same')
})

test('a target group without targets answers 503 in the words of the load balancer', async () => {
  await using cleanups = new Cleanups()
  const { router, port } = await routerBefore(cleanups, [])
  const answer = await send(port)
  assert.equal(answer.statusCode, 503)
  assert.equal(answer.headers['server'], 'awselb/2.0')
  assert.match(answer.body, /<title>503 Service Temporarily Unavailable<\/title>/)
  assert.equal(router.report().counts[0]?.outcome, 'elb-5xx')
})

test('a target that refuses connections is passed over for another healthy one', async () => {
  await using cleanups = new Cleanups()
  const one = await startApp(cleanups, (_, response) => response.end('one'))
  const two = await startApp(cleanups, (_, response) => response.end('two'))
  const router = await startRouter(cleanups)
  const port = await freePort()
  const group = targetGroup('group', [one.port, two.port], { intervalSeconds: 60 })
  await router.apply(table([listener(port, forwardTo(['group', 1]))], [group]))
  await untilHealthy(router, `group 127.0.0.1:${one.port}`, `group 127.0.0.1:${two.port}`)
  await one.close()
  for (let count = 0; count < 4; count++) {
    const answer = await send(port, { method: 'POST', body: 'a body that is sent once' })
    assert.equal(answer.body, 'two')
  }
  await two.close()
  assert.equal((await send(port)).statusCode, 502)
  assert.ok([...router.report().targets.values()].every(({ inFlight }) => inFlight === 0))
})

test('rules are asked in order of priority before the default action', async () => {
  await using cleanups = new Cleanups()
  const router = await startRouter(cleanups)
  const port = await freePort()
  const redirect = {
    type: 'redirect',
    protocol: 'HTTPS',
    host: 'www.#{host}',
    port: '8443',
    path: '/new/#{path}',
    query: '#{query}&from=old',
    statusCode: 301,
  } as const
  const fixed = {
    type: 'fixed-response',
    statusCode: 404,
    contentType: 'text/plain',
    messageBody: 'nothing here',
  } as const
  const rules = [
    { priority: 1, conditions: [{ field: 'path-pattern', values: ['/old/*'] } as const], action: redirect },
  ]
  await router.apply(table([listener(port, fixed, { rules })], []))
  const redirected = await send(port, { path: '/old/page?x=1' })
  assert.equal(redirected.statusCode, 301)
  assert.equal(redirected.headers['location'], 'https://www.127.0.0.1:8443/new/old/page?x=1&from=old')
  const other = await send(port, { path: '/other' })
  assert.equal(other.statusCode, 404)
  assert.equal(other.body, 'nothing here')
  assert.equal(other.headers['content-type'], 'text/plain')
})

test('where a redirect leads is told in ASCII, in the answer as in the access log', async () => {
  await using cleanups = new Cleanups()
  const logged: (string | undefined)[] = []
  const router = await startRouter(cleanups, { onExchange: ({ redirectUrl }) => logged.push(redirectUrl) })
  const port = await freePort()
  const redirect = { type: 'redirect', protocol: 'HTTP', host: 'a', port: '80', query: '', statusCode: 302 } as const
  for (const [path, encoded] of [
    ['/\u{1f600}', '/%F0%9F%98%80'],
    ['/é€', '/%C3%A9%E2%82%AC'],
    ['/half a pair \ud83d', '/half%20a%20pair%20%EF%BF%BD'],
    ['/%C3%A9/#{path}', '/%C3%A9/x%20y'],
  ] as const) {
    const handling = { ...defaultHandling, accessLog: true }
    await router.apply(table([listener(port, { ...redirect, path }, { handling })], []))
    const { headers } = await send(port, { path: '/x%20y' })
    assert.equal(headers['location'], `http://a:80${encoded}`)
    assert.equal(logged.at(-1), headers['location'])
  }
})

test('a redirect of a request that names no host leads to where it came', async () => {
  await using cleanups = new Cleanups()
  const router = await startRouter(cleanups)
  const port = await freePort()
  const redirect = { type: 'redirect', protocol: 'HTTPS', host: '#{host}', port: '443', path: '/#{path}' } as const
  await router.apply(table([listener(port, { ...redirect, query: '', statusCode: 301 })], []))
  assert.equal((await send(port, { headers: { host: '' } })).headers['location'], 'https://127.0.0.1:443/')
})

test('while a group fails open, each of its requests counts as such, also one to a healthy target', async () => {
  await using cleanups = new Cleanups()
  const app = await startApp(cleanups, (_, response) => response.end())
  const ill = await startApp(cleanups, (_, response) => response.end())
  const router = await startRouter(cleanups)
  const port = await freePort()
  const group = targetGroup('group', [app.port, ill.port], { intervalSeconds: 60 })
  const balancing = { ...defaultBalancing, minimumHealthy: { count: 2 } }
  await router.apply(table([listener(port, forwardTo(['group', 1]))], [{ ...group, balancing }]))
  await untilHealthy(router, `group 127.0.0.1:${app.port}`, `group 127.0.0.1:${ill.port}`)
  await send(port)
  const settings = { ...group, balancing: { ...balancing, minimumHealthy: { count: 3 } } }
  await router.apply(table([listener(port, forwardTo(['group', 1]))], [settings]))
  for (let count = 0; count < 4; count++) await send(port)
  assert.equal(router.report().exchanges?.[0]?.unhealthyRoutings, 4)
})
