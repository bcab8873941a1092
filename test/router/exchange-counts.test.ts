import assert from 'node:assert/strict'
import { test } from 'node:test'
import { latencyBucket } from '../../src/domain/latency-bucket.ts'
import { ExchangeCounts } from '../../src/router/exchange-counts.ts'
import {
  Cleanups,
  eventually,
  forwardTo,
  listener,
  send,
  startApp,
  startRouter,
  table,
  targetGroup,
} from './test-router.ts'
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
  const app = await startApp(cleanups, (_, response) => {
    setTimeout(() => response.writeHead(200).flushHeaders(), 100)
    setTimeout(() => response.end('late'), 700)
  })
  const router = await startRouter(cleanups)
  const [port, refusing] = [await freePort(), await freePort()]
  const groups = [targetGroup('slow', [app.port]), targetGroup('gone', [refusing])]
  await router.apply(table([listener(port, forwardTo(['slow', 1]))], groups))
  assert.equal((await send(port)).body, 'late')
  const [counted] = await eventually('the response is counted', () => {
    const { exchanges = [] } = router.report()
    return exchanges.length > 0 && exchanges
  })
  const seconds = counted?.responseTimes.sumSeconds ?? 0
  assert.ok(seconds >= 0.09 && seconds < 0.65, String(seconds))

  await router.apply(table([listener(port, forwardTo(['gone', 1]))], groups))
  assert.equal((await send(port)).statusCode, 502)
  const { exchanges = [], counts } = router.report()
  assert.equal(exchanges.find(({ targetGroupArn }) => targetGroupArn === 'gone')?.connectionErrors, 1)
  await eventually('the answer is counted', () => router.report().counts.some(({ statusCode }) => statusCode === 502))
  assert.ok(counts.length > 0)
})
