import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as cloudWatch from '@aws-sdk/client-cloudwatch'
import * as codeDeploy from '@aws-sdk/client-codedeploy'
import * as ecs from '@aws-sdk/client-ecs'
import { jsonProtocol } from '../../../src/aws/wire/json-protocol.ts'
import { assertRoundTrips } from './round-trip.ts'

describe('AwsJson', () => {
  test('carries every operation of CodeDeploy to and from its SDK client unchanged', async () => {
    const operations = await assertRoundTrips({
      sdk: codeDeploy,
      protocol: jsonProtocol({ version: '1.1', targetPrefix: 'CodeDeploy_20141006' }),
      connect: (configuration) => new codeDeploy.CodeDeployClient(configuration),
      rounds: 8,
      seed: 20141006,
    })
    assert.ok(operations >= 47, `${operations} operations`)
  })

  test('carries every operation of ECS to and from its SDK client unchanged', async () => {
    const operations = await assertRoundTrips({
      sdk: ecs,
      protocol: jsonProtocol({ version: '1.1', targetPrefix: 'AmazonEC2ContainerServiceV20141113' }),
      connect: (configuration) => new ecs.ECSClient(configuration),
      rounds: 8,
      seed: 20141113,
    })
    assert.ok(operations >= 77, `${operations} operations`)
  })

  test('carries every operation of CloudWatch to and from its SDK client unchanged', async () => {
    const operations = await assertRoundTrips({
      sdk: cloudWatch,
      protocol: jsonProtocol({ version: '1.0', targetPrefix: 'GraniteServiceVersion20100801' }),
      connect: (configuration) => new cloudWatch.CloudWatchClient(configuration),
      rounds: 8,
      seed: 20100801,
    })
    assert.ok(operations >= 55, `${operations} operations`)
  })
})
