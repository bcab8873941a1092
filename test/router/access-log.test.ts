import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createServer } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { parseAccessLogFileName } from '../../src/domain/access-log-file.ts'
import { parseAccessLogLine } from '../../src/domain/access-log-line.ts'
import { defaultHandling } from '../../src/domain/routing-table.ts'
import { trafficCounts, trafficMetrics } from '../../src/domain/metric-of-traffic.ts'
import { AccessLog, type AccessLogSettings } from '../../src/router/access-log.ts'
import { echoUpgrades } from '../echo-upgrades.ts'
import { freePort } from '../free-port.ts'
import { sumsOfCounts, sumsOfLines, sumsOfMetrics } from './agreement.ts'
import { blueArn, exchange, loadBalancer, loggedListener } from './exchange-records.ts'
import { send, startApp, startRouter, table, targetGroup, untilHealthy } from './test-router.ts'
import { Cleanups, eventually } from '../cleanups.ts'

const directoryName = '000000000000_eu-west-1_app.web.50dc6c495c0c9188'

function startLog(cleanups: Cleanups, limits: AccessLogSettings['limits'] = {}) {
  const dataDirectory = cleanups.temporaryDirectory()
  const directory = join(dataDirectory, 'access-logs', directoryName)
  const messages: string[] = []
  const log = new AccessLog({
    dataDirectory,
    routerId: 'router-1',
    nodeAddress: '127.0.0.1',
    log: (message) => messages.push(message),
    limits,
  })
  cleanups.add(() => log.close())
  const files = (...states: readonly string[]): readonly string[] =>
    (existsSync(directory) ? readdirSync(directory) : [])
      .filter((name) => states.includes(parseAccessLogFileName(name)?.state ?? ''))
      .toSorted()
  const lines = (...states: readonly string[]) =>
    files(...states).flatMap((name) => readFileSync(join(directory, name), 'latin1').split('\n').slice(0, -1))
  return { log, directory, messages, files, lines }
}

test('a request that is refused is told as nothing that another was before', async () => {
  await using cleanups = new Cleanups()
  const server = createServer((_, response) => response.end())
  echoUpgrades(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  cleanups.add(() => server.close())
  const { port: target } = server.address() as AddressInfo
  const { log, lines } = startLog(cleanups)
  const router = await startRouter(cleanups, { onExchange: (record) => log.add(record) })
  const port = await freePort()
  const route = loggedListener({ port, handling: { ...defaultHandling, accessLog: true } })
  await router.apply(table([route], [targetGroup(blueArn, [target])]))
  await untilHealthy(router, `${blueArn} 127.0.0.1:${target}`)
  const upgrading = connect(port, '127.0.0.1')
  upgrading.write(
    'GET /socket HTTP/1.1\r\nHost: a\r\nUser-Agent: b\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
  )
  await once(upgrading, 'data')
  upgrading.end()
  await text(upgrading)
  const malformed = connect(port, '127.0.0.1')
  malformed.end('GET / HTTP/1.1\r\nHost: a b\r\n\r\n')
  await text(malformed)
  await log.close()
  const [upgraded, refused] = lines('complete').map((line) => parseAccessLogLine(line))
  assert.deepEqual([upgraded?.type, upgraded?.userAgent], ['ws', 'b'])
  assert.deepEqual([refused?.type, refused?.method, refused?.userAgent], ['http', undefined, undefined])
})

test('requests of any length, many at once, are told each in its own words', async () => {
  await using cleanups = new Cleanups()
  const app = await startApp(cleanups, (_, response) => response.end())
  const { log, lines } = startLog(cleanups)
  const router = await startRouter(cleanups, { onExchange: (record) => log.add(record) })
  const port = await freePort()
  const route = loggedListener({ port, handling: { ...defaultHandling, accessLog: true } })
  await router.apply(table([route], [targetGroup(blueArn, [app.port])]))
  await untilHealthy(router, `${blueArn} 127.0.0.1:${app.port}`)
  const asked = Array.from({ length: 60 }, (_, number) => {
    const long = [10, 300, 2000, 7000][number % 4] ?? 0
    return { path: `/${number}/${'p'.repeat(long)}`, userAgent: `agent ${number} ${'a'.repeat(long)}` }
  })
  await Promise.all(asked.map(({ path, userAgent }) => send(port, { path, headers: { 'User-Agent': userAgent } })))
  await log.close()
  const told = lines('complete').map((line) => parseAccessLogLine(line))
  assert.deepEqual(
    told.map((line) => `${line?.url?.replace(/^http:..[^/]*/, '')} ${line?.userAgent}`).toSorted(),
    asked.map(({ path, userAgent }) => `${path} ${userAgent}`).toSorted(),
  )
})

test('lines are on disk within a second or two, and complete when the log is closed', async () => {
  await using cleanups = new Cleanups()
  const { log, files, lines } = startLog(cleanups)
  const endedAt = Date.now()
  // Its end is years away, and not by chance within this test.
  const listener = loggedListener({ loadBalancer: { ...loadBalancer, accessLogPeriodMilliseconds: 1e12 } })
  log.add(exchange({ listener, endedAt, uri: '/1' }))
  log.add(exchange({ listener, endedAt, uri: '/2' }))
  await eventually('the lines are on disk', () => lines('open').length === 2)
  // The timer waits for the end of the period now.
  log.add(exchange({ listener, endedAt, uri: '/3' }))
  await eventually('another line is on disk', () => lines('open').length === 3)
  log.add(exchange({ listener, endedAt, uri: '/4' }))
  await log.close()
  log.add(exchange({ listener, endedAt, uri: '/too late' }))
  assert.deepEqual(files('open'), [])
  const paths = lines('complete').map((line) => parseAccessLogLine(line)?.url?.split('/').at(-1))
  assert.deepEqual(paths, ['1', '2', '3', '4'])
  const [name = ''] = files('complete')
  const { file } = parseAccessLogFileName(name) ?? {}
  assert.equal(file?.routerId, 'router-1')
  assert.equal(file.pid, process.pid)
  assert.match(file.random, /^[a-z0-9]{8}$/)
})

test('an access log that cannot have a name is told of, once', async () => {
  await using cleanups = new Cleanups()
  const { log, messages } = startLog(cleanups)
  const listener = loggedListener({ loadBalancer: { ...loadBalancer, loadBalancerArn: 'web' } })
  log.add(exchange({ listener }))
  log.add(exchange({ listener }))
  assert.deepEqual(messages, ['The access log of web is not written: that is no ARN of an Application Load Balancer'])
})

test('without another word a period is five minutes', async () => {
  await using cleanups = new Cleanups()
  const { log, files } = startLog(cleanups)
  const endedAt = Date.UTC(2026, 0, 2, 22, 24, 59, 999)
  log.add(exchange({ endedAt }))
  log.add(exchange({ endedAt: endedAt + 1 }))
  await log.close()
  assert.deepEqual(
    files('complete').map((name) => parseAccessLogFileName(name)?.file.periodEnd),
    [Date.UTC(2026, 0, 2, 22, 25), Date.UTC(2026, 0, 2, 22, 30)],
  )
})

test('a file is complete when its period is over, whether requests come or not', async () => {
  await using cleanups = new Cleanups()
  const { log, files, lines } = startLog(cleanups)
  const listener = loggedListener({ loadBalancer: { ...loadBalancer, accessLogPeriodMilliseconds: 100 } })
  log.add(exchange({ listener, endedAt: Date.now() }))
  await eventually('the file is complete', () => files('complete').length === 1)
  log.add(exchange({ listener, endedAt: Date.now() }))
  log.add(exchange({ listener, endedAt: Date.now() + 100 }))
  await eventually('two more are', () => files('complete').length === 3)
  assert.equal(lines('complete').length, 3)
  assert.deepEqual(files('open'), [])
})

test('each load balancer has files of its own, and large ones are several', async () => {
  await using cleanups = new Cleanups()
  const { log, directory, lines, files } = startLog(cleanups, { fileBytes: 1000 })
  const loadBalancerArn = loadBalancer.loadBalancerArn.replace('/web/', '/other/')
  const other = loggedListener({
    loadBalancer: { ...loadBalancer, loadBalancerArn, resource: 'app/other/50dc6c495c0c9188' },
  })
  const endedAt = Date.now()
  for (let count = 0; count < 10; count++) {
    log.add(exchange({ endedAt }))
    log.add(exchange({ endedAt, listener: other }))
  }
  await log.close()
  assert.equal(lines('complete').length, 10)
  assert.ok(files('complete').length > 3)
  const others = readdirSync(join(directory, '..', directoryName.replace('web', 'other')))
  assert.equal(others.length, files('complete').length)
})

test('lines that do not fit into memory are dropped, counted and told of once', async () => {
  await using cleanups = new Cleanups()
  const { log, lines, messages } = startLog(cleanups, { memoryBytes: 128 * 1024, chunkBytes: 64 * 1024 })
  const endedAt = Date.now()
  // The event loop does not get to writing meanwhile.
  for (let count = 0; count < 1000; count++) log.add(exchange({ endedAt }))
  assert.ok(log.droppedLines > 500, String(log.droppedLines))
  await log.close()
  assert.equal(lines('complete').length + log.droppedLines, 1000)
  assert.equal(messages.length, 2)
  assert.match(messages[0] ?? '', /are lost: the disk does not keep up/)
  assert.equal(messages[1], `${log.droppedLines} lines of the access log were lost`)
})

test('a disk that refuses is told of once, and used again when it can be', async () => {
  await using cleanups = new Cleanups()
  const { log, directory, lines, messages } = startLog(cleanups)
  mkdirSync(join(directory, '..', '..'), { recursive: true })
  // A file where the directory should be: what root would be refused, too.
  writeFileSync(join(directory, '..'), '')
  log.add(exchange({ endedAt: Date.now() }))
  await eventually('a line is lost', () => log.droppedLines === 1)
  log.add(exchange({ endedAt: Date.now() }))
  await eventually('another line is lost', () => log.droppedLines === 2)
  rmSync(join(directory, '..'))
  log.add(exchange({ endedAt: Date.now() }))
  await log.close()
  assert.equal(lines('complete').length, 1)
  assert.equal(messages.filter((message) => message.includes('are lost:')).length, 1)
})

test('complete files that nobody delivers are removed, the oldest first', async () => {
  await using cleanups = new Cleanups()
  const { log, directory, files, messages } = startLog(cleanups, { spoolBytes: 2500 })
  mkdirSync(directory, { recursive: true })
  const left = [1000, 2000, 3000].map((end) => `${end}_127.0.0.1_router-0_1_1_abcdefgh.log`)
  for (const name of left) writeFileSync(join(directory, name), 'x'.repeat(1000))
  writeFileSync(join(directory, '500_127.0.0.1_router-0_1_1_abcdefgh.open'), 'x'.repeat(9000))
  log.add(exchange({ endedAt: Date.now() }))
  await log.close()
  await eventually('the oldest are gone', () => messages.length === 1)
  assert.deepEqual(files('complete').slice(1), left.slice(1))
  assert.equal(files('open').length, 1)
})

const answers: Readonly<Record<string, number>> = { '/ok': 200, '/made': 201, '/moved': 302, '/none': 404, '/bad': 500 }
const fixed = { type: 'fixed-response', statusCode: 403, contentType: 'text/plain', messageBody: 'no' } as const
const redirect = {
  type: 'redirect',
  protocol: '#{protocol}',
  port: '#{port}',
  host: '#{host}',
  path: '/ok',
  query: '',
  statusCode: 301,
} as const
const rules = [
  { priority: 1, conditions: [{ field: 'path-pattern', values: ['/fixed'] }], action: fixed },
  { priority: 2, conditions: [{ field: 'path-pattern', values: ['/redirect'] }], action: redirect },
] as const

test('the log, the account of requests and the metrics say the same', async () => {
  await using cleanups = new Cleanups()
  const { log, lines } = startLog(cleanups)
  const router = await startRouter(cleanups, { onExchange: (record) => log.add(record) })
  let arrived = 0
  const app = await startApp(cleanups, ({ url = '', socket }, response) => {
    arrived++
    if (url === '/close') socket.destroy()
    else if (url === '/part') response.write('part of the answer')
    else if (url !== '/never') response.writeHead(answers[url] ?? 200).end('hello')
  })
  const port = await freePort()
  const route = loggedListener({ port, rules, handling: { ...defaultHandling, accessLog: true } })
  await router.apply(table([route], [targetGroup(blueArn, [app.port])]))
  await untilHealthy(router, `${blueArn} 127.0.0.1:${app.port}`)

  for (const path of [...Object.keys(answers), '/ok', '/fixed', '/redirect', '/close']) await send(port, { path })
  const malformed = connect(port, '127.0.0.1')
  const noRequest = 'GET / HTTP/1.1\r\nHost: a b\r\nbad header\r\n\r\n'
  malformed.end(noRequest)
  await text(malformed)
  for (const request of [
    'GET /never HTTP/1.1\r\nHost: a\r\n\r\n',
    'POST /never HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\na',
    'GET /part HTTP/1.1\r\nHost: a\r\n\r\n',
  ]) {
    const before = arrived
    const leaving = connect(port, '127.0.0.1')
    leaving.write(request)
    await eventually('the target has it', () => arrived > before)
    if (request.includes('/part')) await once(leaving, 'data')
    // A connection that was reset has no address of its own any more; the line has it all the same.
    leaving.resetAndDestroy()
  }
  const total = (): number => router.report().counts.reduce((sum, { count }) => sum + count, 0)
  await eventually('all are counted', () => total() === 13)
  await log.close()

  const parsed = lines('complete').flatMap((line) => parseAccessLogLine(line) ?? [])
  const report = router.report()
  assert.deepEqual(sumsOfLines(parsed), sumsOfCounts(report.counts))
  assert.deepEqual(sumsOfLines(parsed), {
    '2xx': 4,
    '3xx': 1,
    '4xx': 1,
    '5xx': 1,
    'client-closed': 1,
    'elb-3xx': 1,
    'elb-4xx': 3,
    'elb-5xx': 1,
  })
  const metrics = sumsOfMetrics(trafficMetrics(trafficCounts(report), 0, () => 1))
  const forwarded = parsed.filter(
    ({ actionsExecuted, target }) => actionsExecuted[0] === 'forward' && target !== undefined,
  )
  assert.equal(metrics['RequestCount'], forwarded.length)
  assert.equal(metrics['HTTPCode_Target_2XX_Count'], 4)
  // 460 for the one that left, 400 for the one that left its own body, 400 for the malformed one, and the fixed 403.
  assert.equal(metrics['HTTPCode_ELB_4XX_Count'], 4)
  assert.equal(metrics['HTTPCode_ELB_502_Count'], parsed.filter(({ elbStatusCode }) => elbStatusCode === 502).length)
  assert.equal(metrics['HTTP_Fixed_Response_Count'], 1)
  assert.equal(metrics['HTTP_Redirect_Count'], 1)
  // As on AWS, a line of what was no request has no received bytes.
  assert.equal(
    metrics['ProcessedBytes'],
    parsed.reduce((sum, line) => sum + line.receivedBytes + line.sentBytes, noRequest.length),
  )
  assert.deepEqual(
    parsed.filter(({ method }) => method === undefined).map(({ receivedBytes }) => receivedBytes),
    [0],
  )
  assert.deepEqual([...new Set(parsed.map(({ nodeAddress }) => nodeAddress))], ['127.0.0.1'])
  assert.deepEqual(
    parsed.filter(({ matchedRulePriority }) => matchedRulePriority === 2).map(({ redirectUrl }) => redirectUrl),
    [`http://127.0.0.1:${port}/ok`],
  )
})
