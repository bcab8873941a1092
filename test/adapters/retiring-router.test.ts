import assert from 'node:assert/strict'
import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { RouterClient } from '../../src/adapters/router-client.ts'
import { callRouter, routerSocketPath, spawnRouter } from '../../src/adapters/router-process.ts'
import { SystemClock } from '../../src/adapters/system-clock.ts'
import type { RouterReport } from '../../src/domain/router-report.ts'
import { freePort } from '../free-port.ts'
import { Cleanups, eventually, forwardTo, listener, send, startApp, table, targetGroup } from '../router/test-router.ts'
import { isRunning, openedConnection, readToEnd } from './router-seen-from-outside.ts'

test('routers that are too many end with what they have, and nobody waits for it', async () => {
  await using cleanups = new Cleanups()
  const stage = await Stage.open(cleanups, 3)
  const later = await startApp(cleanups, (_, response) => response.end('served later'))
  const kept: Socket[] = []
  const streams: Promise<string>[] = []
  while (!stage.isEachBusy()) {
    streams.push(stage.stream())
    kept.push(await openedConnection(cleanups, stage.port))
    await delay(150)
  }
  const { pids } = stage

  const one = await stage.restart(1)
  await eventually('what they do counts as in flight', () => inFlightOf(one) === streams.length)
  // Those that end follow a table as well.
  const [group, left] = [[stage.appPort, later.port], { draining: [stage.appPort] }]
  await one.apply(table(stage.listeners, [targetGroup('group', group, left)]))
  for (const socket of kept) socket.write('GET / HTTP/1.1\r\nHost: test\r\n\r\n')
  for (const answer of await Promise.all(kept.map(readToEnd))) {
    assert.match(answer, /^HTTP\/1\.1 200 OK\r\n[^]*served later/i)
  }
  stage.endStreams()
  assert.deepEqual(new Set(await Promise.all(streams)), new Set(['first last']))
  await eventually('they are gone', () => !pids.some(isRunning))
  assert.equal((await send(stage.port)).body, 'served later')
  await eventually('nothing is in flight', () => inFlightOf(one) === 0)
})

test('a router that is ending takes part again when as many are wanted again, and what it has goes on', async () => {
  await using cleanups = new Cleanups()
  const stage = await Stage.open(cleanups, 2)
  const streams: Promise<string>[] = []
  while (!stage.isEachBusy()) {
    streams.push(
      stage.stream(),
      send(stage.port).then(({ body }) => body),
    )
    await delay(150)
  }
  await stage.restart(1)
  const two = await stage.restart(2)
  await eventually('both have been asked', () => {
    void send(stage.port)
    return (two.report()?.routers ?? []).filter(({ counts }) => counts.length > 0).length >= 2
  })
  await eventually('what they do counts as in flight', () => inFlightOf(two) === streams.length / 2)
  stage.endStreams()
  assert.deepEqual(new Set(await Promise.all(streams)), new Set(['first last', 'served']))
})

test('a router that has handed over stays for the one that had handed over to it', async () => {
  await using cleanups = new Cleanups()
  const stage = await Stage.open(cleanups, 1, '1')
  const stream = stage.stream()
  await eventually('it runs', () => inFlightOf(stage.client) === 1)
  const [first] = stage.pids
  const second = (await stage.restart(1, '2')).report()?.pid
  const third = await stage.restart(1, '3')
  assert.ok(first !== undefined && second !== undefined)
  await eventually('it counts as in flight', () => inFlightOf(third) === 1)
  await delay(500)
  assert.deepEqual([first, second].map(isRunning), [true, true])
  stage.endStreams()
  assert.equal(await stream, 'first last')
  await eventually('both are gone', () => ![first, second].some(isRunning))
})

test('a router that has handed over and hangs is ended', { skip: process.platform !== 'linux' }, async () => {
  await using cleanups = new Cleanups()
  const stage = await Stage.open(cleanups, 1, '1')
  const stream = stage.stream().catch(() => 'cut')
  await eventually('it runs', () => inFlightOf(stage.client) === 1)
  const [pid = 0] = stage.pids
  const next = await stage.restart(1, '2')
  await eventually('it counts as in flight', () => inFlightOf(next) === 1)
  process.kill(pid, 'SIGSTOP')
  cleanups.add(() => (isRunning(pid) ? void process.kill(pid, 'SIGKILL') : undefined))
  await delay(4_000)
  await eventually('it is gone', () => !isRunning(pid))
  assert.equal(await stream, 'cut')
  await eventually('nothing is in flight', () => inFlightOf(next) === 0)
})

test('a router that was only just begun, and is one too many, ends as well', async () => {
  await using cleanups = new Cleanups()
  const dataDirectory = cleanups.temporaryDirectory()
  // As by an engine that is killed in this moment.
  const begun = spawnRouter(dataDirectory, { listenHost: '127.0.0.1', router: 2, routers: 2, version: '' })
  cleanups.add(() => void begun.kill('SIGKILL'))
  const log = { info: () => undefined, warn: () => undefined }
  const client = new RouterClient({ dataDirectory, listenHost: '127.0.0.1', clock: new SystemClock(), log })
  cleanups.add(() => client.shutdown({ graceSeconds: 0 }))
  await client.start()
  await eventually('it has ended', () => begun.exitCode === 0)
})

test('an engine that starts while a router is just handing over waits for the end of that', async () => {
  await using cleanups = new Cleanups()
  const stage = await Stage.open(cleanups, 1, '1')
  const [pid = 0] = stage.pids
  // As by an engine that was killed meanwhile; nothing comes of this successor.
  const command = [
    process.execPath,
    '--eval',
    "process.on('message', () => undefined); setTimeout(process.exit, 2000)",
    '--',
  ]
  const handingOver = callRouter(stage.socketPath, { method: 'POST', path: '/succession', body: { command } })
  await assert.rejects(
    Promise.race([handingOver, delay(500).then(() => assert.fail('it hands over'))]),
    /it hands over/,
  )
  const next = await stage.restart(1, '2')
  assert.notEqual(next.report()?.pid, pid)
  await assert.rejects(handingOver, /ended with 0/)
})

test('an engine starts where the running router cannot hand over, and that one serves on', async () => {
  await using cleanups = new Cleanups()
  const stage = await Stage.open(cleanups, 1, '1')
  const [pid = 0] = stage.pids
  const { execPath } = process
  cleanups.add(() => void (process.execPath = execPath))
  // Whoever is to take its place does not get that far.
  process.execPath = '/bin/false'
  const next = await stage.restart(1, '2')
  assert.equal(next.report()?.pid, pid)
})

/** An application with streams that end when they are told to, and routers before it. */
class Stage {
  readonly #cleanups: Cleanups
  readonly #dataDirectory: string
  readonly #streams: ServerResponse[] = []
  #client: RouterClient | undefined
  port = 0
  appPort = 0

  static async open(cleanups: Cleanups, routers: number, version = ''): Promise<Stage> {
    const stage = new Stage(cleanups)
    const app = await startApp(cleanups, (request, response) => stage.#answer(request.url, response))
    stage.appPort = app.port
    stage.port = await freePort()
    const client = await stage.restart(routers, version)
    await client.apply(table(stage.listeners, [targetGroup('group', [app.port])]))
    return stage
  }

  constructor(cleanups: Cleanups) {
    this.#cleanups = cleanups
    this.#dataDirectory = cleanups.temporaryDirectory()
  }

  get client(): RouterClient {
    return this.#client ?? assert.fail('there is no engine')
  }

  get socketPath(): string {
    return routerSocketPath(this.#dataDirectory)
  }

  get listeners() {
    return [listener(this.port, forwardTo(['group', 1]))]
  }

  get pids(): readonly number[] {
    const report = this.client.report() ?? assert.fail('there is no report')
    return (report.routers ?? [report]).map(({ pid }) => pid)
  }

  /** As another engine that wants so many routers. */
  async restart(routers: number, version = ''): Promise<RouterClient> {
    await this.#client?.stop()
    const log = { info: () => undefined, warn: () => undefined }
    const place = { dataDirectory: this.#dataDirectory, listenHost: '127.0.0.1' }
    const client = new RouterClient({ ...place, clock: new SystemClock(), log, routers, version })
    this.#cleanups.add(() => client.shutdown({ graceSeconds: 0 }))
    await client.start()
    return (this.#client = client)
  }

  /** The kernel deals connections out by chance: each has answered something, and has something to do. */
  isEachBusy(): boolean {
    const routers = this.client.report()?.routers ?? []
    return routers.length > 1 && routers.every(({ counts, listeners }) => counts.length > 0 && activeOf(listeners) > 0)
  }

  stream(): Promise<string> {
    return send(this.port, { path: '/stream' }).then(({ body }) => body)
  }

  endStreams(): void {
    for (const response of this.#streams) response.end('last')
  }

  #answer(url: string | undefined, response: ServerResponse): void {
    if (url !== '/stream') return void response.end('served')
    response.write('first ')
    this.#streams.push(response)
  }
}

function activeOf(listeners: RouterReport['listeners']): number {
  return (listeners ?? []).reduce((sum, { activeConnections }) => sum + activeConnections, 0)
}

function inFlightOf(client: RouterClient): number {
  return [...(client.report()?.targets.values() ?? [])].reduce((sum, { inFlight }) => sum + inFlight, 0)
}
