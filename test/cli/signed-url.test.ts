import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { aboutEndpoint } from '../../src/cli/about-endpoint.ts'
import { dataDirectory, Serving, teal, until } from './command-line.ts'

test('from another machine the command line signs what it reads beside the AWS API', async (t) => {
  const data = dataDirectory(t)
  const serving = new Serving(data, '--host', '0.0.0.0', '--minute', '1s')
  const { port } = new URL(await serving.url())
  await until(
    () => serving.output.includes('Ctrl-C ends everything'),
    () => serving.output,
  )
  assert.match(serving.output, /Other machines have to sign/)
  assert.doesNotMatch(serving.output, /not enforced:.*credentials/)
  const endpointUrl = await farAway(t, Number(port))
  assert.equal((await fetch(`${endpointUrl}/teal.json`)).status, 403)
  const key = JSON.parse(readFileSync(join(data, 'access-key.json'), 'utf8')) as Readonly<Record<string, string>>
  process.env['AWS_REGION'] = 'us-east-1'
  process.env['AWS_ACCESS_KEY_ID'] = key['accessKeyId']
  process.env['AWS_SECRET_ACCESS_KEY'] = 'guessed'
  assert.equal((await aboutEndpoint({ endpointUrl })).isTeal, false)
  process.env['AWS_SECRET_ACCESS_KEY'] = key['secretAccessKey']
  assert.deepEqual(await aboutEndpoint({ endpointUrl }), { isTeal: true, minuteMilliseconds: 1_000 })
  const executed = await teal('exec', 'f'.repeat(32), '--endpoint-url', endpointUrl, '--', 'ls')
  assert.match(executed.errors, /task/)
  assert.doesNotMatch(executed.errors, /sign/)
  const shown = await teal('deployment', '0'.repeat(21), '--endpoint-url', endpointUrl)
  assert.match(shown.errors, /there is no service deployment/)
  await serving.end('SIGINT')
})

/** A proxy before the engine, which says that another machine asks. */
async function farAway(t: TestContext, port: number): Promise<string> {
  const proxy = createServer((message, response) => {
    const { method, url: path, headers } = message
    const far = { ...headers, 'x-forwarded-for': '192.0.2.7' }
    const asked = request({ host: '127.0.0.1', port, method, path, headers: far }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(response)
    })
    asked.on('error', () => response.destroy())
    message.pipe(asked)
  })
  proxy.listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  t.after(() => {
    proxy.close()
    proxy.closeAllConnections()
  })
  return `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`
}
