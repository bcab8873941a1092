import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test, type TestContext } from 'node:test'
import { HttpWebhook } from '../../src/adapters/http-webhook.ts'
import type { Notification } from '../../src/domain/notification.ts'
import { freePort } from '../free-port.ts'

type Received = { readonly headers: IncomingHttpHeaders; readonly body: unknown }

async function receiver(t: TestContext, status: number) {
  const received: Received[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      received.push({ headers: request.headers, body: JSON.parse(String(Buffer.concat(chunks))) })
      response.writeHead(status, { location: '/elsewhere' }).end('thank you')
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.close()
    server.closeAllConnections()
  })
  return { received, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook` }
}

const sns: Notification = {
  notificationId: 'id',
  deploymentId: 'd-ABCDEF123',
  at: 1_700_000_000_000,
  content: { channel: 'SNS', topicArn: 'arn', subject: 'subject', message: '{"status":"FAILED"}' },
}

test('a notification is posted in the form of an SNS delivery', async (t) => {
  const { url, received } = await receiver(t, 204)
  await new HttpWebhook(url).deliver(sns, new AbortController().signal)
  const [{ headers, body } = assert.fail('nothing came')] = received
  assert.equal(headers['x-amz-sns-message-type'], 'Notification')
  assert.deepEqual(body, {
    Type: 'Notification',
    MessageId: 'id',
    TopicArn: 'arn',
    Subject: 'subject',
    Message: '{"status":"FAILED"}',
    Timestamp: '2023-11-14T22:13:20.000Z',
  })
})

test('any answer but a success is told, and nobody follows a redirection', async (t) => {
  for (const status of [302, 404, 500]) {
    const { url } = await receiver(t, status)
    const delivery = new HttpWebhook(url).deliver(sns, new AbortController().signal)
    await assert.rejects(delivery, { message: `${url} answered ${status}.` })
  }
})

test('a webhook that nobody listens at is told to be so', async () => {
  const url = `http://127.0.0.1:${await freePort()}/`
  const delivery = new HttpWebhook(url).deliver(sns, new AbortController().signal)
  await assert.rejects(delivery, /was not reached: connect ECONNREFUSED/)
})
