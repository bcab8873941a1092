import { ECSClient, ListClustersCommand } from '@aws-sdk/client-ecs'
import { S3Client, ListBucketsCommand } from '@aws-sdk/client-s3'
import assert from 'node:assert/strict'
import { request } from 'node:http'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { startTeal } from '../../src/main.ts'
import type { RunningTeal } from '../../src/main.ts'
import { freePort } from '../free-port.ts'

const directory = mkdtempSync(join(tmpdir(), 'teal-console-'))
let teal: RunningTeal
let url: string

describe('the console at the endpoint', () => {
  before(async () => {
    const port = await freePort()
    teal = await startTeal({
      dataDirectory: join(directory, 'data'),
      host: '0.0.0.0',
      port,
      listenHost: '127.0.0.1',
      minuteMilliseconds: 1_000,
      runtime: 'process',
      isReadOnly: true,
      log: { info: () => undefined, warn: () => undefined },
    })
    url = `http://127.0.0.1:${port}`
  })
  after(async () => {
    await teal?.endEverything()
    rmSync(directory, { recursive: true, force: true, maxRetries: 10 })
  })

  test('a browser at the root is led to the console; S3 clients still list buckets there', async () => {
    const answer = await ask('GET', '/', { accept: 'text/html,*/*' })
    assert.equal(answer.status, 302)
    assert.equal(answer.headers['location'], '/console')
    const { accessKey } = teal
    const credentials = accessKey ?? { accessKeyId: '', secretAccessKey: '' }
    const s3 = new S3Client({ endpoint: url, region: 'us-east-1', credentials, forcePathStyle: true })
    assert.deepEqual((await s3.send(new ListBucketsCommand({}))).Buckets ?? [], [])
  })

  test('the address of a deployment may have a slash behind it', async () => {
    const answer = await ask('GET', '/console/deployments/d-ABCDEF123/')
    assert.deepEqual([answer.status, answer.headers['location']], [302, '/console/deployments/d-ABCDEF123'])
    assert.equal((await ask('GET', '/console/deployments/d-ABCDEF123')).status, 200)
  })

  test('its pages run no scripts but their own and stand in nobody’s frame', async () => {
    const { headers, body } = await ask('GET', '/console')
    assert.match(
      String(headers['content-security-policy']),
      /default-src 'none'; script-src 'self'.*frame-ancestors 'none'/,
    )
    assert.equal(headers['x-frame-options'], 'DENY')
    assert.equal(headers['x-content-type-options'], 'nosniff')
    assert.doesNotMatch(body, /<script(?![^>]*src=)/)
    const entry = /src="([^"]+)"/.exec(body)?.[1] ?? ''
    const script = await ask('GET', entry)
    assert.match(String(script.headers['content-type']), /^text\/javascript/)
    assert.doesNotMatch(script.body, /from 'preact'/)
  })

  test('a proxy that asks for a password does not keep browsers from the console', async () => {
    const { status, headers } = await ask('GET', '/console', { authorization: 'Basic dGVhbDp0ZWFs' })
    assert.equal(status, 200)
    assert.match(String(headers['content-type']), /^text\/html/)
  })

  test('names that anybody may have pointed here, and pages of other sites, are refused', async () => {
    assert.equal((await ask('GET', '/console', { host: 'evil.example.com' })).status, 403)
    assert.equal((await ask('GET', '/console/events', { origin: 'https://evil.example.com' })).status, 403)
    assert.equal((await ask('GET', '/console/api/deployments', { 'sec-fetch-site': 'cross-site' })).status, 403)
    assert.equal((await ask('GET', '/console/deployments', { 'sec-fetch-site': 'cross-site' })).status, 200)
    const rebound = { host: 'evil.example.com', origin: 'http://evil.example.com' }
    const call = { 'x-amz-target': 'AmazonEC2ContainerServiceV20141113.CreateCluster', ...rebound }
    assert.equal((await ask('POST', '/', { ...call, 'content-type': 'application/x-amz-json-1.1' })).status, 403)
    const action = { 'content-type': 'application/json' }
    const own = { ...action, origin: url }
    assert.equal(
      (await ask('POST', '/console/api/actions', { ...action, origin: 'https://evil.example.com' })).status,
      403,
    )
    assert.equal((await ask('POST', '/console/api/actions', action)).status, 403)
    assert.equal((await ask('POST', '/console/api/actions', { ...own, 'sec-fetch-site': 'cross-site' })).status, 403)
    assert.equal((await ask('POST', '/console/api/actions', { ...own, 'content-type': 'text/plain' })).status, 403)
    assert.match((await ask('POST', '/console/api/actions', own)).body, /read-only/)
  })

  test('from another machine the console asks for the token, and a cookie stands for it then', async () => {
    const far = { 'x-forwarded-for': '192.0.2.7' }
    assert.equal((await ask('GET', '/console/api/deployments', far)).status, 401)
    assert.equal((await ask('GET', '/console/events', far)).status, 401)
    assert.equal((await ask('POST', '/console/api/actions', { ...far, origin: url })).status, 401)
    const asking = await ask('GET', '/console/login', far)
    assert.match(String(asking.headers['content-security-policy']), /default-src 'none'.*frame-ancestors 'none'/)
    const page = await ask('GET', '/console/deployments', far)
    assert.equal(page.headers['location'], '/console/login?to=%2Fconsole%2Fdeployments')
    const form = { ...far, 'content-type': 'application/x-www-form-urlencoded', origin: url }
    assert.equal((await ask('POST', '/console/login', form, 'token=guessed')).status, 403)
    const token = teal.accessKey?.secretAccessKey ?? ''
    const login = await ask('POST', '/console/login?to=//evil.example.com', form, `token=${token}`)
    assert.equal(login.headers['location'], '/console')
    const [cookie = ''] = login.headers['set-cookie'] ?? []
    assert.match(cookie, /HttpOnly; SameSite=Strict/)
    const shown = { ...far, cookie: cookie.split(';')[0] ?? '' }
    assert.equal((await ask('GET', '/console/api/deployments', shown)).status, 200)
    const later = { ...far, cookie: shown.cookie.replace(/=\d+/, '=9999999999') }
    assert.equal((await ask('GET', '/console/api/deployments', later)).status, 401)
  })

  test('from another machine the API asks for the key that was printed; what is there already is kept to its owner', async () => {
    const key = JSON.parse(readFileSync(join(directory, 'data', 'access-key.json'), 'utf8')) as {
      accessKeyId: string
      secretAccessKey: string
    }
    assert.equal(key.secretAccessKey, teal.accessKey?.secretAccessKey)
    await listed(key)
    await assert.rejects(listed({ ...key, secretAccessKey: 'teal' }), { name: 'SignatureDoesNotMatch' })
    await assert.rejects(listed({ accessKeyId: 'teal', secretAccessKey: 'teal' }), {
      name: 'UnrecognizedClientException',
    })
    assert.equal((await ask('GET', '/deployments/d-ABCDEF123.json', { 'x-forwarded-for': '192.0.2.7' })).status, 403)
  })
})

/** As from another machine. */
function listed(credentials: { accessKeyId: string; secretAccessKey: string }): Promise<unknown> {
  const client = new ECSClient({ endpoint: url, region: 'us-east-1', credentials, maxAttempts: 1 })
  client.middlewareStack.add(
    (next) => (args) => {
      ;(args.request as { headers: Record<string, string> }).headers['x-forwarded-for'] = '192.0.2.7'
      return next(args)
    },
    { step: 'build' },
  )
  return client.send(new ListClustersCommand({}))
}

type Answer = {
  readonly status: number
  readonly headers: import('node:http').IncomingHttpHeaders
  readonly body: string
}

/** With any header: fetch does not let everybody choose the host. */
function ask(
  method: string,
  path: string,
  headers: Readonly<Record<string, string>> = {},
  body = '{}',
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request(`${url}${path}`, { method, headers }, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => (text += chunk))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }))
    })
    asked.on('error', reject)
    asked.end(method === 'POST' ? body : undefined)
  })
}
