import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { startLoad } from '../../demo/load/index.ts'
import type { LoadAccount, LoadMix } from '../../demo/load/index.ts'

const none = { clients: 0, requestsPerSecond: 1 }
const onlyKeepAlive: LoadMix = {
  'keep-alive': { clients: 2, requestsPerSecond: 100 },
  'new connection': none,
  'slow response': none,
  'slow upload': none,
}
const everyKind: LoadMix = {
  'keep-alive': { clients: 2, requestsPerSecond: 40 },
  'new connection': { clients: 2, requestsPerSecond: 40 },
  'slow response': { clients: 2, requestsPerSecond: 4 },
  'slow upload': { clients: 2, requestsPerSecond: 4 },
}

test('against a sound server every request of every kind of client is answered and none fails', async (t) => {
  const account = await loadOn(t, {}, { mix: everyKind, until: (sent) => sent >= 100 })
  assert.equal(account.failed, 0, JSON.stringify(account.failures))
  assert.equal(account.inFlight, 0)
  assert.equal(account.answered, account.sent)
  assert.deepEqual(
    account.versions.map(({ version, answered }) => [version, answered]),
    [['1', account.answered]],
  )
  for (const { kind, answered, connections } of account.kinds) {
    assert.ok(answered > 0, `${kind} clients were answered`)
    assert.ok(kind === 'new connection' ? connections === answered : connections <= 2, `${kind}: ${connections}`)
  }
})

test('a single connection dropped before the answer is counted as one failure', async (t) => {
  const account = await loadOn(t, { spoil: (_, response) => response.destroy() })
  assertOneFailure(account, /^GET \/: ECONNRESET before the answer began, on a (kept|new) connection$/)
})

test('a single answer broken off in the middle is counted as one failure', async (t) => {
  const account = await loadOn(t, {
    spoil: (_, response) => {
      response.writeHead(200, { 'x-hello-version': '1', 'content-length': 1_000 })
      response.write('<!doctype', () => response.destroy())
    },
  })
  assertOneFailure(account, /within the answer/)
})

test('a single wrong status is counted as one failure', async (t) => {
  const account = await loadOn(t, { spoil: (_, response) => response.writeHead(502).end('Bad Gateway') })
  assertOneFailure(account, /answered 502: Bad Gateway/)
})

test('a single answer without a version, or of one that should not answer, is counted as one failure', async (t) => {
  const nameless = await loadOn(t, { spoil: (_, response) => response.end(page('1')) })
  assertOneFailure(nameless, /answered without a version/)
  const stranger = await loadOn(t, {
    spoil: (_, response) => response.setHeader('x-hello-version', '9').end(page('9')),
  })
  assertOneFailure(stranger, /answered by unexpected version 9/)
})

test('a single page that is not the page is counted as one failure', async (t) => {
  const account = await loadOn(t, {
    spoil: (_, response) => response.setHeader('x-hello-version', '1').end('<!doctype html>'),
  })
  assertOneFailure(account, /the page is not whole/)
})

test('a request that is never answered is counted as a failure, and as a pause', async (t) => {
  const account = await loadOn(t, { spoil: () => undefined }, { timeoutMilliseconds: 500 })
  assertOneFailure(account, /not complete after 500 ms before the answer began/)
})

test('an upload that arrives changed is counted as a failure', async (t) => {
  const account = await loadOn(
    t,
    { changeUpload: (body) => body.replace(/"bytes":\d/, '"bytes":9') },
    { mix: { ...onlyKeepAlive, 'slow upload': everyKind['slow upload'] }, until: (sent) => sent >= 50 },
  )
  assert.ok(account.failed > 0)
  assert.match(String(account.failures[0]?.message), /^POST \/upload: the upload did not arrive as it was sent/)
})

test('a server that holds everybody up for a while is seen as a pause, also by requests that became due meanwhile', async (t) => {
  let held = false
  const account = await loadOn(t, {
    before: () => {
      if (held) return
      held = true
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300)
    },
  })
  assert.equal(account.failed, 0)
  assert.ok(account.longestPause.milliseconds >= 250, `${account.longestPause.milliseconds}`)
  const [keepAlive] = account.kinds
  assert.ok(Number(keepAlive?.latencyMilliseconds.longest) >= 250)
})

test('clients that are ended say so to whoever still asks', async (t) => {
  const url = await startServer(t, {})
  const load = startLoad({ url, mix: onlyKeepAlive })
  await load.account()
  await load.kill()
  await assert.rejects(load.account(), /The clients have ended/)
})

function assertOneFailure(account: LoadAccount, message: RegExp): void {
  assert.equal(account.failed, 1, JSON.stringify(account.failures))
  assert.equal(account.answered, account.sent - 1)
  assert.match(String(account.failures[0]?.message), message)
}

type Behaviour = {
  /** Answers the tenth request instead of the server. */
  readonly spoil?: (request: IncomingMessage, response: ServerResponse) => unknown
  readonly before?: () => void
  readonly changeUpload?: (body: string) => string
}

/** Runs the clients against such a server until so many requests were sent, and answers their account. */
async function loadOn(
  t: TestContext,
  behaviour: Behaviour,
  {
    mix = onlyKeepAlive,
    until = (sent: number) => sent >= 40,
    ...options
  }: { readonly mix?: LoadMix; readonly until?: (sent: number) => boolean; readonly timeoutMilliseconds?: number } = {},
): Promise<LoadAccount> {
  const load = startLoad({ url: await startServer(t, behaviour), versions: ['1'], mix, ...options })
  t.after(() => load.kill())
  const isEnough = (account: LoadAccount): boolean =>
    until(account.sent) && account.kinds.every((kind) => kind.clients === 0 || kind.answered + kind.failed > 0)
  const deadline = Date.now() + 30_000
  while (!isEnough(await load.account()) && Date.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  return load.stop()
}

async function startServer(t: TestContext, behaviour: Behaviour): Promise<string> {
  let requests = 0
  const server = createServer((request, response) => {
    requests++
    if (requests === 10 && behaviour.spoil !== undefined) return void behaviour.spoil(request, response)
    behaviour.before?.()
    return void answer(request, response, behaviour)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => close(server))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function answer(request: IncomingMessage, response: ServerResponse, { changeUpload }: Behaviour): Promise<void> {
  response.setHeader('x-hello-version', '1')
  if (request.url === '/') return void response.end(page('1'))
  if (request.url === '/upload') {
    const body = Buffer.from(await text(request.setEncoding('latin1')), 'latin1')
    const sha256 = createHash('sha256').update(body).digest('hex')
    const said = JSON.stringify({ bytes: body.length, sha256 })
    return void response.end(changeUpload?.(said) ?? said)
  }
  for (let line = 1; line <= 10; line++) response.write(`line ${line} of 10 from version 1\n`)
  return void response.end('done\n')
}

function page(version: string): string {
  return `<!doctype html><h1>Hello, this is version ${version}</h1></html>\n`
}

function close(server: Server): Promise<void> {
  server.closeAllConnections()
  return new Promise((resolve) => server.close(() => resolve()))
}
