import assert from 'node:assert/strict'
import { describe, test, type TestContext } from 'node:test'
import { gzipSync } from 'node:zlib'
import * as sdk from '@aws-sdk/client-cloudwatch'
import { AwsJson1_0Protocol, AwsQueryProtocol, AwsSmithyRpcV2CborProtocol } from '@aws-sdk/core/protocols'
import { cbor } from '@smithy/core/cbor'
import type { Handlers } from '../../../src/aws/handlers.ts'
import { cborProtocol } from '../../../src/aws/wire/cbor-protocol.ts'
import { AwsError } from '../../../src/domain/aws-error.ts'
import { aws, clientOf, noAws, serve } from './rest-services.ts'
import { assertRoundTrips } from './round-trip.ts'

const time = new Date(1_700_000_000_250)
const seen: unknown[] = []

const handlers: Handlers<typeof sdk> = {
  PutMetricData(input) {
    seen.push(input)
    return {}
  },
  DescribeAlarms: ({ AlarmNames = [] }) => ({
    MetricAlarms: AlarmNames.map((AlarmName) => ({ AlarmName, Threshold: 0.5, StateUpdatedTimestamp: time })),
    CompositeAlarms: [],
  }),
  SetAlarmState() {
    throw new AwsError('ResourceNotFound', 'There is no alarm a.')
  },
  GetDashboard() {
    throw new AwsError('LimitExceededFault', 'There are too many.')
  },
}

const protocols = { AwsJson1_0Protocol, AwsSmithyRpcV2CborProtocol, AwsQueryProtocol }

async function open(t: TestContext) {
  seen.length = 0
  const endpoint = await serve(t, { cloudWatch: handlers })
  const clients = Object.entries(protocols).map(([name, protocol]) => {
    const client = new sdk.CloudWatchClient({ ...clientOf(endpoint), protocol })
    t.after(() => client.destroy())
    return { name, client }
  })
  return { endpoint, clients }
}

const refused = (message: string) => [400, 'rpc-v2-cbor', 'SerializationException', message]

describe('RPC v2 with CBOR', () => {
  test('carries every operation of CloudWatch to and from its SDK client unchanged', async () => {
    const operations = await assertRoundTrips({
      sdk,
      protocol: cborProtocol({ serviceName: 'GraniteServiceVersion20100801' }),
      connect: (configuration) => new sdk.CloudWatchClient({ ...configuration, protocol: AwsSmithyRpcV2CborProtocol }),
      rounds: 8,
      seed: 20100801,
    })
    assert.ok(operations >= 55, `${operations} operations`)
  })

  test('refuses what it cannot read', async (t) => {
    const { endpoint } = await open(t)
    const call = async (operation: string, body: Uint8Array) => {
      const headers = { 'smithy-protocol': 'rpc-v2-cbor', 'content-type': 'application/cbor' }
      const url = `${endpoint.url}/service/GraniteServiceVersion20100801/operation/${operation}`
      const answer = await fetch(url, { method: 'POST', headers, body: new Uint8Array(body) })
      const { __type, message } = cbor.deserialize(Buffer.from(await answer.arrayBuffer())) as Record<string, string>
      return [answer.status, answer.headers.get('smithy-protocol'), __type, message]
    }
    assert.deepEqual(
      await call('DescribeAlarms', cbor.serialize({ AlarmNames: 'a' })),
      refused('Expected list or null (at AlarmNames)'),
    )
    assert.deepEqual(
      await call('DescribeAlarms', cbor.serialize({ AlarmNames: [7] })),
      refused('NUMBER_VALUE can not be converted to a String (at AlarmNames[0])'),
    )
    const datum = { MetricName: 'm', Timestamp: 17 }
    assert.deepEqual(
      await call('PutMetricData', cbor.serialize({ Namespace: 'n', MetricData: [datum] })),
      refused('NUMBER_VALUE can not be converted to a Timestamp (at MetricData[0].Timestamp)'),
    )
    const [status, , code, message] = await call('DescribeAlarms', Buffer.from([0xa1, 0x61]))
    assert.deepEqual([status, code], [400, 'SerializationException'])
    assert.match(String(message), /^The request's body is not CBOR: /)
    assert.deepEqual((await call('DescribeClouds', cbor.serialize({}))).slice(0, 3), [
      400,
      'rpc-v2-cbor',
      'UnknownOperationException',
    ])
  })
})

describe('a service of several protocols', () => {
  test('answers each client in its own, from the same handlers', async (t) => {
    const { clients } = await open(t)
    const MetricData = [{ MetricName: 'm', Value: 0.25, Timestamp: time, Dimensions: [{ Name: 'd', Value: 'é' }] }]
    for (const { name, client } of clients) {
      await client.send(new sdk.PutMetricDataCommand({ Namespace: 'n', MetricData }))
      assert.deepEqual(seen.pop(), { Namespace: 'n', MetricData }, name)
      const { MetricAlarms, CompositeAlarms } = await client.send(new sdk.DescribeAlarmsCommand({ AlarmNames: ['a'] }))
      assert.deepEqual(MetricAlarms, [{ AlarmName: 'a', Threshold: 0.5, StateUpdatedTimestamp: time }], name)
      assert.deepEqual(CompositeAlarms, [], name)
    }
  })

  test('takes large calls that their clients compress', async (t) => {
    const { clients, endpoint } = await open(t)
    const MetricData = Array.from({ length: 500 }, (_, i) => ({ MetricName: `metric-${i}`, Value: i }))
    // The client's CBOR goes out with the length from before the compression: no server gets to its end.
    for (const { name, client } of clients.filter((each) => each.name !== 'AwsSmithyRpcV2CborProtocol')) {
      await client.send(new sdk.PutMetricDataCommand({ Namespace: 'n', MetricData }))
      assert.deepEqual(seen.pop(), { Namespace: 'n', MetricData }, name)
    }
    const headers = { 'smithy-protocol': 'rpc-v2-cbor', 'content-encoding': 'gzip' }
    const body = new Uint8Array(gzipSync(cbor.serialize({ Namespace: 'n', MetricData })))
    const url = `${endpoint.url}/service/GraniteServiceVersion20100801/operation/PutMetricData`
    assert.equal((await fetch(url, { method: 'POST', headers, body })).status, 200)
    assert.deepEqual(seen.pop(), { Namespace: 'n', MetricData })
  })

  test('tells each client of errors by their class', async (t) => {
    const { clients } = await open(t)
    const state = new sdk.SetAlarmStateCommand({ AlarmName: 'a', StateValue: 'ALARM', StateReason: 'r' })
    const wrongState = new sdk.SetAlarmStateCommand({ AlarmName: 'a', StateValue: 'LOUD' as never, StateReason: 'r' })
    for (const { name, client } of clients) {
      await assert.rejects(client.send(state), (error) => {
        assert.ok(error instanceof sdk.ResourceNotFound, `${name}: ${String(error)}`)
        assert.deepEqual([error.message, error.$metadata.httpStatusCode], ['There is no alarm a.', 404], name)
        return true
      })
      await assert.rejects(client.send(new sdk.GetDashboardCommand({ DashboardName: 'd' })), (error) => {
        assert.ok(error instanceof sdk.LimitExceededFault, `${name}: ${String(error)}`)
        return true
      })
      await assert.rejects(client.send(wrongState), (error) => {
        assert.ok(error instanceof sdk.InvalidParameterValueException, `${name}: ${String(error)}`)
        assert.match(error.message, /Value 'LOUD' at 'stateValue' .* enum value set: \[ALARM, INSUFFICIENT_DATA, OK\]/)
        return true
      })
    }
  })

  test('serves the AWS CLI', { skip: noAws && 'there is no aws command on this machine' }, async (t) => {
    const { endpoint } = await open(t)
    const alarms = await aws(endpoint, ['cloudwatch', 'describe-alarms', '--alarm-names', 'a'])
    assert.match(alarms, /"AlarmName": "a"/)
    const state = ['--alarm-name', 'a', '--state-value', 'OK', '--state-reason', 'r']
    await assert.rejects(
      aws(endpoint, ['cloudwatch', 'set-alarm-state', ...state]),
      /\(ResourceNotFound\) when calling the SetAlarmState operation: There is no alarm a\./,
    )
  })
})
