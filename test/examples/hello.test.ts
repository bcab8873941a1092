import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { Agent, get, request } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { text } from 'node:stream/consumers'
import { parse } from 'yaml'
import { freePort } from '../free-port.ts'

const folder = new URL('../../examples/hello/', import.meta.url)

test('every answer tells the version, and the page shows it', async (t) => {
  const { url } = await startHello(t)
  const page = await fetch(url)
  assert.equal(page.status, 200)
  assert.equal(page.headers.get('x-hello-version'), '1')
  assert.match(await page.text(), /Hello, this is version 1/)

  const health = await fetch(`${url}/health`)
  assert.equal(health.status, 200)
  assert.equal(await health.text(), 'ok\n')

  const missing = await fetch(`${url}/nowhere`)
  assert.equal(missing.status, 404)
  assert.equal(missing.headers.get('x-hello-version'), '1')
  await missing.text()
})

test('a slow answer takes the time asked for', async (t) => {
  const { url } = await startHello(t)
  const before = performance.now()
  const answer = await (await fetch(`${url}/slow?ms=200`)).text()
  assert.ok(performance.now() - before >= 180)
  assert.match(answer, /^line 1 of 10 from version 1\n[^]*line 10 of 10 from version 1\ndone\n$/)
})

test('an upload is answered with its length and SHA-256', async (t) => {
  const { url } = await startHello(t)
  const body = Buffer.alloc(300_000, 'teal')
  const answer = await fetch(`${url}/upload`, { method: 'POST', body })
  assert.deepEqual(await answer.json(), {
    bytes: body.length,
    sha256: createHash('sha256').update(body).digest('hex'),
  })
})

test('told to end, it finishes the answers and uploads it has begun, closes idle connections and exits with 0', async (t) => {
  const { url, child } = await startHello(t)
  const idle = new Agent({ keepAlive: true })
  t.after(() => idle.destroy())
  await text(await answered(get(`${url}/health`, { agent: idle })))
  const slow = await answered(get(`${url}/slow?ms=1000`))
  // By `Continue` it says that it has the request.
  const upload = request(`${url}/upload`, { method: 'POST', agent: false, headers: { Expect: '100-continue' } })
  upload.flushHeaders()
  await once(upload, 'continue')
  upload.write('first half, ')
  await once(slow, 'data')

  const exited = once(child, 'exit')
  child.kill('SIGTERM')
  const rest = text(slow)
  assert.match(await rest, /done\n$/)
  upload.end('second half')
  assert.equal(JSON.parse(await text(await answered(upload))).bytes, 'first half, second half'.length)
  assert.deepEqual(await exited, [0, null])
})

test('its task definition and AppSpec name the same container and port, and leave the usual placeholders', () => {
  const definition = JSON.parse(readFileSync(new URL('taskdef.json', folder), 'utf8'))
  const appSpec = parse(readFileSync(new URL('appspec.yaml', folder), 'utf8'))
  const properties = appSpec.Resources[0].TargetService.Properties
  const [container] = definition.containerDefinitions
  assert.equal(container.image, '<IMAGE1_NAME>')
  assert.equal(properties.TaskDefinition, '<TASK_DEFINITION>')
  assert.equal(properties.LoadBalancerInfo.ContainerName, container.name)
  assert.equal(properties.LoadBalancerInfo.ContainerPort, container.portMappings[0].containerPort)
})

async function startHello(t: TestContext): Promise<{ readonly url: string; readonly child: ChildProcess }> {
  const port = await freePort()
  const child = spawn(process.execPath, [new URL('server.mjs', folder).pathname], {
    env: { ...process.env, PORT: String(port) },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.after(() => child.kill('SIGKILL'))
  await once(child.stdout, 'data')
  return { url: `http://127.0.0.1:${port}`, child }
}

async function answered(call: ReturnType<typeof request>): Promise<IncomingMessage> {
  const [response] = await once(call, 'response')
  return response as IncomingMessage
}
