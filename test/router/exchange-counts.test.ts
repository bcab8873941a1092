import assert from 'node:assert/strict'
import { once } from 'node:events'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { latencyBucket } from '../../src/domain/latency-bucket.ts'
import { ExchangeCounts } from '../../src/router/exchange-counts.ts'
import { Cleanups, eventually, routerBefore, send, startApp } from './test-router.ts'
import { freePort } from '../free-port.ts'

test('response times and failed connections are counted by listener and target group', () => {
  const exchanges = new ExchangeCounts()
  const group = { listenerArn: 'l', targetGroupArn: 'g' }
  exchanges.addResponse(group, 0.01)
  exchanges.addResponse(group, 0.01)
  exchanges.addConnectionError(group)
  assert.deepEqual(exchanges.list(), [
    { ...group, connectionErrors: 1, responseTimes: { sumSeconds: 0.02, counts: [[latencyBucket(0.01), 2]] } },
  ])
})

test('a response takes until its head is there, not until its body is', async () => {
  await using cleanups = new Cleanups()
  const body = Promise.withResolvers<string>()
  const app = await startApp(cleanups, (_, response) => {
    response.writeHead(200).flushHeaders()
    void body.promise.then((late) => response.end(late))
  })
  const { router, port } = await routerBefore(cleanups, [app.port])
  const begun = performance.now()
  const request = httpRequest({ host: '127.0.0.1', port, agent: false }).end()
  const [answer] = (await once(request, 'response')) as [IncomingMessage]
  await delay(300)
  body.resolve('late')
  assert.equal(await text(answer), 'late')
  const { responseTimes } = await eventually('the response is counted', () => router.report().exchanges?.[0])
  const elapsedSeconds = (performance.now() - begun) / 1000
  assert.ok(responseTimes.sumSeconds > 0 && responseTimes.sumSeconds <= elapsedSeconds - 0.29, String(elapsedSeconds))
})

test('a target that cannot be reached is counted, and the 502 by its code', async () => {
  await using cleanups = new Cleanups()
  const { router, port } = await routerBefore(cleanups, [await freePort()])
  assert.equal((await send(port)).statusCode, 502)
  await eventually('the answer is counted', () => router.report().counts.some(({ statusCode }) => statusCode === 502))
  assert.equal(router.report().exchanges?.[0]?.connectionErrors, 1)
})
