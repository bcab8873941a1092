import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as lambda from '@aws-sdk/client-lambda'
import { restJsonProtocol } from '../../../src/aws/wire/rest-json-protocol.ts'
import { assertRoundTrips } from './round-trip.ts'

describe('REST with JSON', () => {
  test('carries every operation of Lambda to and from its SDK client unchanged', async () => {
    const operations = await assertRoundTrips({
      sdk: lambda,
      protocol: restJsonProtocol(),
      connect: (configuration) => new lambda.LambdaClient(configuration),
      rounds: 8,
      seed: 20150331,
      // Its answer is a stream of events.
      except: ['InvokeWithResponseStream'],
    })
    assert.ok(operations >= 80, `${operations} operations`)
  })
})
