import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as cloudWatch from '@aws-sdk/client-cloudwatch'
import { AwsSmithyRpcV2CborProtocol } from '@aws-sdk/core/protocols'
import { cborProtocol } from '../../../src/aws/wire/cbor-protocol.ts'
import { assertRoundTrips } from './round-trip.ts'

describe('RPC v2 with CBOR', () => {
  test('carries every operation of CloudWatch to and from its SDK client unchanged', async () => {
    const operations = await assertRoundTrips({
      sdk: cloudWatch,
      protocol: cborProtocol({ serviceName: 'GraniteServiceVersion20100801' }),
      connect: (configuration) =>
        new cloudWatch.CloudWatchClient({ ...configuration, protocol: AwsSmithyRpcV2CborProtocol }),
      rounds: 8,
      seed: 20100801,
    })
    assert.ok(operations >= 55, `${operations} operations`)
  })
})
