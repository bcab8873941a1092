import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { join } from 'node:path'
import { json, text } from 'node:stream/consumers'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { ReportInJson } from '../../src/domain/router-report.ts'
import { inJson } from '../../src/domain/routing-table-json.ts'
import type { RoutingTable } from '../../src/domain/routing-table.ts'
import { isRunning } from '../adapters/router-seen-from-outside.ts'
import { freePort } from '../free-port.ts'
import { Cleanups, eventually, forwardTo, listener, send, startApp, table, targetGroup } from './test-router.ts'

const linuxOnly = process.platform === 'linux' ? {} : { skip: 'a port has one socket where only Linux has several' }
const main = fileURLToPath(new URL('../../src/router/main.ts', import.meta.url))

function spawnMain(cleanups: Cleanups, ...options: readonly string[]): ChildProcess {
  const child = spawn(process.execPath, [main, ...options], { stdio: ['ignore', 'pipe', 'inherit'] })
  cleanups.add(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'exit')
  })
  return child
}

async function startMain(cleanups: Cleanups, ...more: readonly string[]) {
  const dataDirectory = cleanups.temporaryDirectory()
  const socketPath = join(dataDirectory, 'router.sock')
  const options = ['--data', dataDirectory, '--listen-host', '127.0.0.1', '--socket', socketPath]
  const child = spawnMain(cleanups, ...options, ...more)
  const { stdout } = child
  assert.ok(stdout)
  const [line] = (await once(stdout, 'data')) as [Buffer]
  assert.match(String(line), /serves on 127\.0\.0\.1/)
  return { child, socketPath, command: [process.execPath, main, ...options, ...more] }
}

/** The kernel's names of the sockets that listen on a port. */
function listeningSockets(port: number): readonly string[] {
  const hexadecimal = port.toString(16).toUpperCase().padStart(4, '0')
  const lines = readFileSync('/proc/net/tcp', 'utf8').split('\n')
  return lines
    .flatMap((line) => {
      const [, local = '', , state, , , , , , inode = ''] = line.trim().split(/\s+/)
      return local.endsWith(`:${hexadecimal}`) && state === '0A' ? [inode] : []
    })
    .toSorted()
}

async function call(socketPath: string, method: string, path: string, body = ''): Promise<IncomingMessage> {
  const request = httpRequest({ socketPath, method, path, agent: false })
  request.end(body)
  const [answer] = (await once(request, 'response')) as [IncomingMessage]
  return answer
}

async function putTable(socketPath: string, routes: RoutingTable): Promise<unknown> {
  return json(await call(socketPath, 'PUT', '/table', JSON.stringify(inJson(routes))))
}

async function report(socketPath: string): Promise<ReportInJson> {
  return (await json(await call(socketPath, 'GET', '/report'))) as ReportInJson
}

for (const [how, end] of Object.entries({
  'a SIGTERM': ({ child }: { readonly child: ChildProcess }) => void child.kill('SIGTERM'),
  'a call': ({ socketPath }: { readonly socketPath: string }) => void call(socketPath, 'POST', '/shutdown'),
})) {
  test(`${how} ends a router after its running requests`, async () => {
    await using cleanups = new Cleanups()
    let release: (() => void) | undefined
    const app = await startApp(cleanups, (_, response) => (release = () => void response.end('whole')))
    const router = await startMain(cleanups)
    const exit = once(router.child, 'exit')
    const port = await freePort()
    const routes = table([listener(port, forwardTo(['group', 1]))], [targetGroup('group', [app.port])])
    assert.deepEqual(await putTable(router.socketPath, routes), { refusedListeners: [] })
    const running = send(port)
    await eventually('the request has arrived', () => release)
    end(router)
    await eventually('the socket is gone', () => !existsSync(router.socketPath))
    release?.()
    assert.equal((await running).body, 'whole')
    assert.deepEqual(await exit, [0, null])
  })
}

test('running requests are cut when the time given is over', async () => {
  await using cleanups = new Cleanups()
  let hasArrived = false
  const app = await startApp(cleanups, () => (hasArrived = true))
  const { child, socketPath } = await startMain(cleanups)
  const exit = once(child, 'exit')
  const port = await freePort()
  await putTable(socketPath, table([listener(port, forwardTo(['group', 1]))], [targetGroup('group', [app.port])]))
  const running = assert.rejects(send(port).then(({ statusCode }) => assert.notEqual(statusCode, 502)))
  await eventually('the request has arrived', () => hasArrived)
  const answer = await call(socketPath, 'POST', '/shutdown', '{"graceSeconds":0.05}')
  await text(answer).catch(() => undefined)
  await running
  assert.deepEqual(await exit, [0, null])
})

/** A router that comes as far as its port, and no further. */
const halfSuccessor = `
process.on('message', ({ kind }) => {
  if (kind === 'begin') process.send({ kind: 'serving' })
  if (kind === 'take-charge') process.exit(7)
})
process.on('disconnect', () => process.exit())
process.send({ kind: 'ready' })
`

test('a successor that dies when it is to take charge changes nothing', async () => {
  await using cleanups = new Cleanups()
  const app = await startApp(cleanups, (_, response) => response.end('served'))
  const { socketPath } = await startMain(cleanups)
  const port = await freePort()
  const routes = table([listener(port, forwardTo(['group', 1]))], [targetGroup('group', [app.port])])
  await putTable(socketPath, routes)
  const { pid } = await report(socketPath)
  const command = JSON.stringify({ command: [process.execPath, '--eval', halfSuccessor, '--'] })
  const failed = await call(socketPath, 'POST', '/succession', command)
  assert.equal(failed.statusCode, 500)
  assert.match(await text(failed), /ended with 7/)
  assert.equal((await report(socketPath)).pid, pid)
  assert.deepEqual(await putTable(socketPath, { ...routes, version: routes.version + 0.5 }), { refusedListeners: [] })
  assert.equal((await send(port)).body, 'served')
})

test(
  'a router hands every socket it listens on over, and no client of many is lost on the way',
  linuxOnly,
  async () => {
    await using cleanups = new Cleanups()
    const app = await startApp(cleanups, (_, response) => response.end('served'))
    const { socketPath, command } = await startMain(cleanups)
    const port = await freePort()
    await putTable(socketPath, table([listener(port, forwardTo(['group', 1]))], [targetGroup('group', [app.port])]))
    const sockets = listeningSockets(port)
    assert.equal(sockets.length, 16)
    const { pid } = await report(socketPath)
    const ending = new AbortController()
    const clients = Array.from({ length: 20 }, async () => {
      while (!ending.signal.aborted) assert.equal((await send(port)).body, 'served')
    })
    await Promise.race([Promise.all(clients), call(socketPath, 'POST', '/succession', JSON.stringify({ command }))])
    const next = await report(socketPath)
    cleanups.add(() => void process.kill(next.pid, 'SIGKILL'))
    assert.notEqual(next.pid, pid)
    await eventually('the one before has ended', () => !isRunning(pid))
    ending.abort()
    await Promise.all(clients)
    assert.deepEqual(listeningSockets(port), sockets)
  },
)

test('a router hands over to one successor at a time', async () => {
  await using cleanups = new Cleanups()
  const { child, socketPath } = await startMain(cleanups)
  const { stdout } = child
  assert.ok(stdout)
  const log = once(stdout, 'data')
  const silent = JSON.stringify({
    command: [process.execPath, '--eval', "process.on('message', () => undefined)", '--'],
  })
  const first = call(socketPath, 'POST', '/succession', silent).catch(() => undefined)
  assert.match(String(await log), /Handing over/)
  assert.match(await text(await call(socketPath, 'POST', '/succession', silent)), /already handing over/)
  child.kill('SIGKILL')
  await first
})

test('Ctrl-C in a terminal does not end a router that an engine started', async () => {
  await using cleanups = new Cleanups()
  const { child, socketPath } = await startMain(cleanups, '--detached')
  child.kill('SIGINT')
  assert.equal((await report(socketPath)).pid, child.pid)
  child.kill('SIGINT')
  assert.equal((await report(socketPath)).pid, child.pid)
})

test('a call which the router does not know, and one it does not understand, are answered', async () => {
  await using cleanups = new Cleanups()
  const { socketPath } = await startMain(cleanups)
  assert.equal((await call(socketPath, 'GET', '/nothing')).statusCode, 404)
  const answer = await call(socketPath, 'PUT', '/table', '{')
  assert.equal(answer.statusCode, 500)
  assert.match(await text(answer), /JSON/)
})

test('a router whose log takes nothing any more serves on', { skip: !existsSync('/dev/full') }, async () => {
  await using cleanups = new Cleanups()
  const dataDirectory = cleanups.temporaryDirectory()
  const socketPath = join(dataDirectory, 'router.sock')
  const mark = join(dataDirectory, 'mark')
  const program = `import { writeFileSync } from 'node:fs'
    process.on('SIGUSR2', () => {
      writeFileSync(${JSON.stringify(mark)}, '')
      throw new Error('a fault')
    })`
  const fault = `data:text/javascript,${encodeURIComponent(program)}`
  const options = ['--data', dataDirectory, '--listen-host', '127.0.0.1', '--socket', socketPath]
  const full = openSync('/dev/full', 'w')
  const child = spawn(process.execPath, ['--import', fault, main, ...options], { stdio: ['ignore', full, 'inherit'] })
  closeSync(full)
  cleanups.add(() => void child.kill('SIGKILL'))
  await eventually('the socket is there', () => existsSync(socketPath))
  child.kill('SIGUSR2')
  await eventually('something has failed', () => existsSync(mark))
  assert.equal((await report(socketPath)).pid, child.pid)
  child.kill('SIGTERM')
  assert.deepEqual(await once(child, 'exit'), [0, null])
})

test('missing arguments are explained', async () => {
  await using cleanups = new Cleanups()
  const child = spawnMain(cleanups, '--listen-host', '127.0.0.1')
  const { stdout } = child
  assert.ok(stdout)
  const said = text(stdout)
  const [code] = (await once(child, 'exit')) as [number]
  assert.equal(code, 2)
  assert.match(await said, /Usage: router --data DIR/)
})
