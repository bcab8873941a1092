import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dynamoDb } from '../../src/aws/dynamodb.ts'
import { startEndpoint } from '../../src/aws/endpoint.ts'
import { services } from './wire/services.ts'

test('who asks for a service that is not there is told of the relayed ones, too', async (t) => {
  const endpoint = await startEndpoint({
    services: services({}),
    relayed: [
      { ...dynamoDb, relay: { call: () => Promise.reject(new Error('nobody asks it')), close: async () => undefined } },
    ],
    host: '127.0.0.1',
    port: 0,
    accountId: '000000000000',
    log: { info: () => undefined, warn: () => undefined },
  })
  t.after(() => endpoint.close())
  const answer = await fetch(endpoint.url, {
    method: 'POST',
    headers: { 'x-amz-target': 'Kinesis_20131202.ListStreams' },
  })
  assert.match(
    await answer.text(),
    /service of Kinesis_20131202 ListStreams\. It implements CodeDeploy, Amazon ECS, Elastic Load Balancing, DynamoDB\./,
  )
})
