import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as elbv2 from '@aws-sdk/client-elastic-load-balancing-v2'
import { queryProtocol } from '../../../src/aws/wire/query-protocol.ts'
import { assertRoundTrips } from './round-trip.ts'

const protocol = queryProtocol({
  version: '2015-12-01',
  xmlNamespace: 'http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/',
})

describe('AwsQuery', () => {
  test('carries every operation of Elastic Load Balancing to and from its SDK client unchanged', async () => {
    const operations = await assertRoundTrips({
      sdk: elbv2,
      protocol,
      connect: (configuration) => new elbv2.ElasticLoadBalancingV2Client(configuration),
      rounds: 8,
      seed: 20151201,
    })
    assert.ok(operations >= 50, `${operations} operations`)
  })
})
