import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as cloudWatch from '@aws-sdk/client-cloudwatch'
import * as elbv2 from '@aws-sdk/client-elastic-load-balancing-v2'
import { AwsQueryProtocol } from '@aws-sdk/core/protocols'
import { readOperationTable } from '../../../src/aws/wire/operation-table.ts'
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

  test('carries every operation of CloudWatch to and from its SDK client unchanged', async () => {
    const operations = await assertRoundTrips({
      sdk: cloudWatch,
      protocol: queryProtocol({
        version: '2010-08-01',
        xmlNamespace: 'http://monitoring.amazonaws.com/doc/2010-08-01/',
      }),
      connect: (configuration) => new cloudWatch.CloudWatchClient({ ...configuration, protocol: AwsQueryProtocol }),
      rounds: 8,
      seed: 20100801,
      // May hold nothing but an empty structure, for which a form has no way to be written.
      settle: (values) => void delete values['EvaluationWindow'],
    })
    assert.ok(operations >= 55, `${operations} operations`)
  })

  test('takes a call in the query of its address, as presigned URLs have it, but not from a browser', () => {
    const table = readOperationTable(elbv2)
    const query = new URLSearchParams('Action=DescribeRules&Version=2015-12-01&PageSize=3&X-Amz-Signature=00')
    const request = { method: 'GET', path: '/', query, headers: {}, body: Buffer.alloc(0) }
    assert.equal(protocol.operationName(request, table), 'DescribeRules')
    const operation = table.operations.get('DescribeRules')
    assert.ok(operation)
    assert.deepEqual(protocol.read(operation, request), { input: { PageSize: 3 }, unknownMembers: [] })
    assert.equal(
      protocol.addresses({ ...request, headers: { 'accept-language': 'de' } }, () => table),
      false,
    )
  })
})
