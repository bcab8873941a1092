import assert from 'node:assert/strict'
import { once } from 'node:events'
import { request } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { startEndpoint } from '../../src/aws/endpoint.ts'
import { createBucket, openS3World, put } from './s3/s3-world.ts'

const scope = 'Credential=test/20260101/us-east-1/s3/aws4_request'
const presigned = `/bucket/secret.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-${scope.replaceAll('/', '%2F')}&X-Amz-Signature=0`

test('an object is not read by a page whose name was pointed at this machine, whatever it signs with', async (t) => {
  const { port } = await anObject(t)
  const host = `evil.example:${port}`
  const pages = [
    { 'accept-language': 'en-US,en;q=0.9', 'user-agent': 'Mozilla/5.0 (X11; Linux x86_64)' },
    { 'accept-language': '', 'user-agent': 'aws-cli/1.0' },
    { 'sec-fetch-site': 'same-origin' },
    { origin: `http://${host}` },
  ]
  for (const headers of pages) {
    for (const signed of [{ path: presigned }, { path: '/bucket/secret.txt', authorization: scopeHeader }]) {
      const { path, ...authorization } = signed
      const { status, text } = await ask(port, path, { host, ...headers, ...authorization })
      assert.equal(status, 403, JSON.stringify({ headers, path }))
      assert.match(text, /^Refused: .*evil\.example/)
    }
  }
})

test('a presigned URL is opened in a browser at an address or a name of this machine; AWS clients ask by any name', async (t) => {
  const { port } = await anObject(t)
  const browser = { 'accept-language': 'en-US,en;q=0.9', 'sec-fetch-site': 'none', 'user-agent': 'Mozilla/5.0' }
  for (const host of [`127.0.0.1:${port}`, `localhost:${port}`, '[::1]:80']) {
    assert.deepEqual(await ask(port, presigned, { host, ...browser }), { status: 200, text: 'secret' }, host)
  }
  const client = { host: 'teal.example.com', authorization: scopeHeader, 'user-agent': 'aws-cli/1.0' }
  assert.deepEqual(await ask(port, '/bucket/secret.txt', client), { status: 200, text: 'secret' })
})

test('an older presigned URL, which repeats the type of the content that it was made for, takes an object', async (t) => {
  const { port } = await anObject(t)
  const query = 'AWSAccessKeyId=test&Signature=0&content-type=text%2Fx&x-amz-meta-a=b&Expires=1'
  const headers = { 'content-type': 'text/x' }
  const answer = await fetch(`http://127.0.0.1:${port}/bucket/new?${query}`, { method: 'PUT', headers, body: 'text' })
  assert.equal(answer.status, 200, await answer.text())
})

test('whoever has no key is refused before the body is received, however large it is', async (t) => {
  const accessKey = { accessKeyId: 'TEALAAAABBBBCCCCDDDD', secretAccessKey: 'a secret' }
  const log = { info: () => undefined, warn: () => undefined }
  const options = { services: [], host: '127.0.0.1', port: 0, accountId: '000000000000', accessKey, log }
  const endpoint = await startEndpoint(options)
  t.after(() => endpoint.close())
  const body = Buffer.alloc(17 * 1024 * 1024)
  for (const authorization of ['', `${scopeHeader}0`]) {
    const headers = { 'x-forwarded-for': '192.0.2.1', authorization }
    const answer = await fetch(endpoint.url, { method: 'POST', headers, body })
    assert.equal(answer.status, 403, await answer.text())
  }
})

const scopeHeader = `AWS4-HMAC-SHA256 ${scope}, SignedHeaders=host, Signature=0`

async function anObject(t: TestContext): Promise<{ readonly port: string }> {
  const world = await openS3World(t)
  await createBucket(world)
  await put(world, 'secret.txt', 'secret')
  return new URL(world.url)
}

/** With any header: fetch does not let everybody choose the host. */
async function ask(port: string | number, path: string, headers: Readonly<Record<string, string>>) {
  const [answer] = (await once(request({ host: '127.0.0.1', port, path, headers }).end(), 'response')) as [
    IncomingMessage,
  ]
  const text = (await answer.setEncoding('utf8').toArray()).join('')
  return { status: answer.statusCode, text }
}
