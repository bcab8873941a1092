import {
  DeleteAlarmsCommand,
  DescribeAlarmHistoryCommand,
  DescribeAlarmsCommand,
  DescribeAlarmsForMetricCommand,
  DisableAlarmActionsCommand,
  EnableAlarmActionsCommand,
  ListTagsForResourceCommand,
  PutCompositeAlarmCommand,
  PutMetricAlarmCommand,
  SetAlarmStateCommand,
  TagResourceCommand,
  UntagResourceCommand,
  waitUntilAlarmExists,
  type CloudWatchClient,
  type PutMetricAlarmCommandInput,
} from '@aws-sdk/client-cloudwatch'
import { AwsJson1_0Protocol, AwsQueryProtocol, AwsSmithyRpcV2CborProtocol } from '@aws-sdk/core/protocols'
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { startCloudWatchEndpoint, type CloudWatchEndpoint } from './cloudwatch-endpoint.ts'

const arn = 'arn:aws:cloudwatch:eu-west-1:000000000000:alarm:errors'
const topic = 'arn:aws:sns:eu-west-1:000000000000:ops'
const errors: PutMetricAlarmCommandInput = {
  AlarmName: 'errors',
  Namespace: 'App',
  MetricName: 'Errors',
  Statistic: 'Sum',
  Period: 60,
  EvaluationPeriods: 3,
  Threshold: 1,
  ComparisonOperator: 'GreaterThanThreshold',
}

async function withEndpoint(
  work: (client: CloudWatchClient, endpoint: CloudWatchEndpoint) => Promise<void>,
): Promise<void> {
  const endpoint = await startCloudWatchEndpoint()
  try {
    await work(endpoint.client(), endpoint)
  } finally {
    await endpoint.close()
  }
}

async function refused(call: Promise<unknown>, name: string, message: string | RegExp): Promise<void> {
  await assert.rejects(call, (error: Error) => {
    assert.equal(error.name, name, error.message)
    if (typeof message === 'string') assert.equal(error.message, message)
    else assert.match(error.message, message)
    return true
  })
}

describe('an alarm', () => {
  const protocols = { AwsJson1_0Protocol, AwsSmithyRpcV2CborProtocol, AwsQueryProtocol }
  for (const [name, protocol] of Object.entries(protocols)) {
    test(`is as it was put, by ${name}`, () =>
      withEndpoint(async (_, endpoint) => {
        const client = endpoint.client({ protocol })
        const { Statistic, ...rest } = errors
        const input: PutMetricAlarmCommandInput = {
          ...rest,
          AlarmDescription: 'Too many',
          ActionsEnabled: true,
          OKActions: [],
          AlarmActions: [topic],
          InsufficientDataActions: [],
          ExtendedStatistic: 'p99',
          Dimensions: [
            {
              Name: 'A',
              Value: '1',
            },
          ],
          Unit: 'Count',
          DatapointsToAlarm: 2,
          TreatMissingData: 'notBreaching',
          EvaluateLowSampleCountPercentile: 'ignore',
        }
        await client.send(new PutMetricAlarmCommand(input))
        const { MetricAlarms = [], CompositeAlarms } = await client.send(
          new DescribeAlarmsCommand({ AlarmNames: ['errors'] }),
        )
        assert.equal(Statistic, 'Sum')
        assert.deepEqual(CompositeAlarms, [])
        const [
          { AlarmConfigurationUpdatedTimestamp, StateUpdatedTimestamp, StateTransitionedTimestamp, ...alarm } = {},
        ] = MetricAlarms
        assert.deepEqual(alarm, {
          ...input,
          AlarmArn: arn,
          StateValue: 'INSUFFICIENT_DATA',
          StateReason: 'Unchecked: Initial alarm creation',
        })
        for (const time of [AlarmConfigurationUpdatedTimestamp, StateUpdatedTimestamp, StateTransitionedTimestamp]) {
          assert.ok(Math.abs((time?.getTime() ?? 0) - Date.now()) < 60_000)
        }
        await waitUntilAlarmExists({ client, maxWaitTime: 10 }, { AlarmNames: ['errors'] })
      }))
  }

  test('says that its actions are only recorded', () =>
    withEndpoint(async (client, { messages }) => {
      await client.send(new PutMetricAlarmCommand(errors))
      assert.deepEqual(messages, [])
      await client.send(new PutMetricAlarmCommand({ ...errors, OKActions: [topic] }))
      assert.match(messages.join(), /Alarm errors has actions.*does not execute them/)
    }))

  test('put again keeps its state and its tags', () =>
    withEndpoint(async (client) => {
      await client.send(new PutMetricAlarmCommand({ ...errors, Tags: [{ Key: 'team', Value: 'a' }] }))
      const state = { StateValue: 'ALARM', StateReason: 'testing', StateReasonData: '{"a":1}' } as const
      await client.send(new SetAlarmStateCommand({ AlarmName: 'errors', ...state }))
      await client.send(new PutMetricAlarmCommand({ ...errors, Threshold: 7, Tags: [{ Key: 'team', Value: 'b' }] }))
      const { MetricAlarms: [alarm] = [] } = await client.send(new DescribeAlarmsCommand({}))
      assert.deepEqual(
        [alarm?.StateValue, alarm?.StateReason, alarm?.StateReasonData, alarm?.Threshold, alarm?.DatapointsToAlarm],
        ['ALARM', 'testing', '{"a":1}', 7, undefined],
      )
      const { Tags } = await client.send(new ListTagsForResourceCommand({ ResourceARN: arn }))
      assert.deepEqual(Tags, [{ Key: 'team', Value: 'a' }])
    }))

  test('of another kind, or one that makes no sense, is refused', () =>
    withEndpoint(async (client) => {
      const cases: readonly (readonly [Partial<PutMetricAlarmCommandInput>, string | RegExp])[] = [
        [
          { Metrics: [{ Id: 'e', Expression: 'm1*2' }] },
          /Metrics is not supported by Teal; set an alarm on a single metric/,
        ],
        [{ ThresholdMetricId: 'ad1' }, /ThresholdMetricId is not supported by Teal; anomaly detection/],
        [{ ComparisonOperator: 'GreaterThanUpperThreshold' }, /anomaly detection is not there/],
        [{ MetricName: undefined }, 'MetricName must not be null'],
        [{ Threshold: undefined }, 'Threshold must not be null'],
        [{ Period: 45 }, 'Period must be 10, 20, 30 or a multiple of 60'],
        [{ Period: 0 }, 'Period must be 10, 20, 30 or a multiple of 60'],
        [{ EvaluationPeriods: 0 }, /at 'evaluationPeriods' failed to satisfy constraint/],
        [{ DatapointsToAlarm: 4 }, /DatapointsToAlarm must be less than or equal/],
        [{ EvaluationPeriods: 1441 }, /^Metrics cannot be checked across more than a day/],
        [{ Period: 86_400, EvaluationPeriods: 8 }, /^Metrics cannot be checked across more than a week/],
        [{ ExtendedStatistic: 'p99' }, /Exactly one of the parameters Statistic and ExtendedStatistic/],
        [{ Statistic: undefined, ExtendedStatistic: 'tm99' }, /tm99 .*is not supported by Teal/],
        [{ TreatMissingData: 'maybe' }, /must be one of breaching, notBreaching, ignore, missing/],
        [{ AlarmActions: ['ops'] }, 'Invalid arn syntax: ops'],
        [
          { Statistic: 'Most' as never },
          /at 'statistic' failed to satisfy constraint: Member must satisfy enum value set/,
        ],
        [
          { AlarmName: 'x'.repeat(256) },
          /at 'alarmName' failed to satisfy constraint: Member must have length less than or equal to 255/,
        ],
      ]
      for (const [more, message] of cases) {
        await refused(client.send(new PutMetricAlarmCommand({ ...errors, ...more })), 'ValidationException', message)
      }
      await assert.rejects(
        client.send(new PutCompositeAlarmCommand({ AlarmName: 'all', AlarmRule: 'ALARM(errors)' })),
        /does not implement the operation PutCompositeAlarm/,
      )
      assert.deepEqual((await client.send(new DescribeAlarmsCommand({}))).MetricAlarms, [])
    }))

  test('can be set, enabled, disabled and deleted; one that is not there cannot', () =>
    withEndpoint(async (client) => {
      await client.send(new PutMetricAlarmCommand(errors))
      const enabled = async () => (await client.send(new DescribeAlarmsCommand({}))).MetricAlarms?.[0]?.ActionsEnabled
      await client.send(new DisableAlarmActionsCommand({ AlarmNames: ['errors'] }))
      assert.equal(await enabled(), false)
      await client.send(new EnableAlarmActionsCommand({ AlarmNames: ['errors'] }))
      assert.equal(await enabled(), true)
      const state = { StateValue: 'OK', StateReason: 'testing' } as const
      await refused(
        client.send(new SetAlarmStateCommand({ AlarmName: 'errors', ...state, StateReasonData: '{' })),
        'InvalidFormatFault',
        'StateReasonData was not syntactically valid JSON',
      )
      const there = 'There is no alarm named nope in eu-west-1.'
      await refused(client.send(new SetAlarmStateCommand({ AlarmName: 'nope', ...state })), 'ResourceNotFound', there)
      await refused(client.send(new DeleteAlarmsCommand({ AlarmNames: ['errors', 'nope'] })), 'ResourceNotFound', there)
      assert.equal(await enabled(), true)
      await client.send(new DeleteAlarmsCommand({ AlarmNames: ['errors'] }))
      assert.equal(await enabled(), undefined)
      const { AlarmHistoryItems = [] } = await client.send(new DescribeAlarmHistoryCommand({ AlarmName: 'errors' }))
      assert.deepEqual(
        AlarmHistoryItems.map(({ HistorySummary }) => HistorySummary),
        ['Alarm "errors" deleted', 'Alarm "errors" updated', 'Alarm "errors" updated', 'Alarm "errors" created'],
      )
    }))
})

describe('alarms', () => {
  let endpoint: CloudWatchEndpoint
  let client: CloudWatchClient

  before(async () => {
    endpoint = await startCloudWatchEndpoint()
    client = endpoint.client()
    for (const at of [1, 2, 3, 4, 5]) {
      const AlarmName = `alarm-${at}`
      await client.send(
        new PutMetricAlarmCommand({ ...errors, AlarmName, Period: at * 60, AlarmActions: at === 3 ? [topic] : [] }),
      )
    }
    await client.send(new SetAlarmStateCommand({ AlarmName: 'alarm-3', StateValue: 'ALARM', StateReason: 'testing' }))
    const elsewhere = endpoint.client({ region: 'us-east-1' })
    await elsewhere.send(new PutMetricAlarmCommand({ ...errors, AlarmName: 'elsewhere' }))
  })
  after(() => endpoint.close())

  async function names(filter: object): Promise<readonly (string | undefined)[]> {
    const { MetricAlarms = [] } = await client.send(new DescribeAlarmsCommand(filter))
    return MetricAlarms.map(({ AlarmName }) => AlarmName)
  }

  test('are filtered, and told page by page', async () => {
    assert.deepEqual(await names({ AlarmNamePrefix: 'alarm-', StateValue: 'ALARM' }), ['alarm-3'])
    assert.deepEqual(await names({ ActionPrefix: 'arn:aws:sns' }), ['alarm-3'])
    assert.deepEqual(await names({ AlarmNames: ['alarm-2', 'elsewhere'] }), ['alarm-2'])
    assert.deepEqual(await names({ AlarmTypes: ['CompositeAlarm'] }), [])
    const first = await client.send(new DescribeAlarmsCommand({ MaxRecords: 3 }))
    await client.send(new PutMetricAlarmCommand({ ...errors, AlarmName: 'alarm-0' }))
    assert.deepEqual(await names({ MaxRecords: 3, NextToken: first.NextToken }), ['alarm-4', 'alarm-5'])
    await client.send(new DeleteAlarmsCommand({ AlarmNames: ['alarm-0'] }))
    await client.send(new PutMetricAlarmCommand({ ...errors, AlarmName: 'alarm-1a' }))
    const toGone = await client.send(new DescribeAlarmsCommand({ MaxRecords: 2 }))
    await client.send(new DeleteAlarmsCommand({ AlarmNames: ['alarm-1a'] }))
    assert.deepEqual(await names({ NextToken: toGone.NextToken }), ['alarm-2', 'alarm-3', 'alarm-4', 'alarm-5'])
  })

  test('cannot be asked for in ways that contradict each other', async () => {
    const name = 'ValidationException'
    await refused(names({ AlarmNames: ['a'], AlarmNamePrefix: 'a' }), name, /cannot both be specified/)
    await refused(names({ MaxRecords: 101 }), name, /less than or equal to 100/)
    await refused(names({ ChildrenOfAlarmName: 'a' }), name, /it has no composite alarms/)
    await refused(names({ NextToken: 'x' }), 'InvalidNextToken', /next token is invalid/)
  })

  const askByMetric = async (more: object) => {
    const metric = { Namespace: 'App', MetricName: 'Errors' }
    const { MetricAlarms = [] } = await client.send(new DescribeAlarmsForMetricCommand({ ...metric, ...more }))
    return MetricAlarms.map(({ AlarmName }) => AlarmName)
  }

  test('are found by their metric', async () => {
    assert.equal((await askByMetric({})).length, 5)
    assert.deepEqual(await askByMetric({ Period: 120 }), ['alarm-2'])
    assert.deepEqual(await askByMetric({ Statistic: 'Average' }), [])
    assert.deepEqual(await askByMetric({ Dimensions: [{ Name: 'A', Value: '1' }] }), [])
  })

  const ask = async (more: object) => {
    const { AlarmHistoryItems = [], NextToken } = await client.send(new DescribeAlarmHistoryCommand(more))
    return {
      items: AlarmHistoryItems.map(({ AlarmName, HistoryItemType }) => `${AlarmName} ${HistoryItemType}`),
      NextToken,
    }
  }

  test('have a history, newest first, by type and page', async () => {
    const three = await ask({ AlarmName: 'alarm-3' })
    assert.deepEqual(three.items, ['alarm-3 Action', 'alarm-3 StateUpdate', 'alarm-3 ConfigurationUpdate'])
    const oldest = await ask({ AlarmName: 'alarm-3', ScanBy: 'TimestampAscending', MaxRecords: 2 })
    assert.deepEqual(oldest.items, ['alarm-3 ConfigurationUpdate', 'alarm-3 StateUpdate'])
    const rest = await ask({ AlarmName: 'alarm-3', ScanBy: 'TimestampAscending', NextToken: oldest.NextToken })
    assert.deepEqual(rest.items, ['alarm-3 Action'])
    assert.deepEqual((await ask({ HistoryItemType: 'StateUpdate' })).items, ['alarm-3 StateUpdate'])
    assert.deepEqual((await ask({ EndDate: new Date(0) })).items, [])
  })

  test('have tags', async () => {
    const ResourceARN = 'arn:aws:cloudwatch:eu-west-1:000000000000:alarm:alarm-1'
    const Tags = [
      { Key: 'a', Value: '1' },
      { Key: 'b', Value: '2' },
    ]
    await client.send(new TagResourceCommand({ ResourceARN, Tags }))
    await client.send(new UntagResourceCommand({ ResourceARN, TagKeys: ['a', 'x'] }))
    assert.deepEqual((await client.send(new ListTagsForResourceCommand({ ResourceARN }))).Tags, [
      { Key: 'b', Value: '2' },
    ])
    await refused(
      client.send(new ListTagsForResourceCommand({ ResourceARN: `${ResourceARN}-not` })),
      'ResourceNotFoundException',
      /There is no alarm with the ARN/,
    )
    const wrong = new ListTagsForResourceCommand({ ResourceARN: 'alarm-1' })
    await refused(client.send(wrong), 'InvalidParameterValueException', /not the ARN of an alarm/)
  })
})
