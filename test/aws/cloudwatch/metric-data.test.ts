import {
  GetMetricDataCommand,
  GetMetricStatisticsCommand,
  ListMetricsCommand,
  PutMetricDataCommand,
  type CloudWatchClient,
  type MetricDatum,
} from '@aws-sdk/client-cloudwatch'
import { AwsJson1_0Protocol, AwsQueryProtocol, AwsSmithyRpcV2CborProtocol } from '@aws-sdk/core/protocols'
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { startCloudWatchEndpoint, type CloudWatchEndpoint } from './cloudwatch-endpoint.ts'

const minute = 60_000
/** The beginning of a minute half an hour ago. */
const base = Math.floor(Date.now() / minute) * minute - 30 * minute

let endpoint: CloudWatchEndpoint
let client: CloudWatchClient

before(async () => {
  endpoint = await startCloudWatchEndpoint()
  client = endpoint.client()
})
after(() => endpoint.close())

function put(datum: Partial<MetricDatum>, Namespace = 'App') {
  return client.send(new PutMetricDataCommand({ Namespace, MetricData: [{ MetricName: 'Errors', ...datum }] }))
}

async function refused(call: Promise<unknown>, name: string, message: string | RegExp): Promise<void> {
  await assert.rejects(call, (error: Error) => {
    assert.equal(error.name, name, error.message)
    if (typeof message === 'string') assert.equal(error.message, message)
    else assert.match(error.message, message)
    return true
  })
}

const minuteAt = (minutes: number) => new Date(base + minutes * minute)

const protocols = { AwsJson1_0Protocol, AwsSmithyRpcV2CborProtocol, AwsQueryProtocol }
for (const [name, protocol] of Object.entries(protocols)) {
  test(`data put by ${name} come back as datapoints, statistics and lists`, async () => {
    const speaking = endpoint.client({ protocol })
    const Dimensions = [{ Name: 'Protocol', Value: name }]
    await speaking.send(
      new PutMetricDataCommand({
        Namespace: 'Spoken',
        MetricData: [
          {
            MetricName: 'Latency',
            Dimensions,
            Timestamp: minuteAt(0),
            Unit: 'Seconds',
            Values: [1, 2.5],
            Counts: [3, 1],
          },
          { MetricName: 'Latency', Dimensions, Timestamp: minuteAt(1), Unit: 'Seconds', Value: 4 },
          {
            MetricName: 'Latency',
            Dimensions,
            Timestamp: minuteAt(2),
            Unit: 'Seconds',
            StatisticValues: {
              SampleCount: 2,
              Sum: 6,
              Minimum: 1,
              Maximum: 5,
            },
          },
        ],
      }),
    )
    const range = { StartTime: minuteAt(0), EndTime: minuteAt(5) }
    const metric = { Namespace: 'Spoken', MetricName: 'Latency', Dimensions }
    const statistics = await speaking.send(
      new GetMetricStatisticsCommand({
        ...metric,
        ...range,
        Period: 60,
        Statistics: ['Sum', 'Average', 'SampleCount'],
      }),
    )
    assert.equal(statistics.Label, 'Latency')
    assert.deepEqual(statistics.Datapoints, [
      { Timestamp: minuteAt(0), Sum: 5.5, Average: 1.375, SampleCount: 4, Unit: 'Seconds' },
      { Timestamp: minuteAt(1), Sum: 4, Average: 4, SampleCount: 1, Unit: 'Seconds' },
      { Timestamp: minuteAt(2), Sum: 6, Average: 3, SampleCount: 2, Unit: 'Seconds' },
    ])
    const percentiles = await speaking.send(
      new GetMetricStatisticsCommand({ ...metric, ...range, Period: 60, ExtendedStatistics: ['p50', 'p99'] }),
    )
    assert.deepEqual(percentiles.Datapoints?.[0]?.ExtendedStatistics, { p50: 1, p99: 2.5 })
    const data = await speaking.send(
      new GetMetricDataCommand({
        ...range,
        MetricDataQueries: [{ Id: 'm1', Label: 'worst', MetricStat: { Metric: metric, Period: 60, Stat: 'Maximum' } }],
      }),
    )
    assert.deepEqual(data.MetricDataResults, [
      {
        Id: 'm1',
        Label: 'worst',
        Timestamps: [minuteAt(2), minuteAt(1), minuteAt(0)],
        Values: [5, 4, 2.5],
        StatusCode: 'Complete',
      },
    ])
    const { Metrics } = await speaking.send(new ListMetricsCommand({ Namespace: 'Spoken', Dimensions }))
    assert.deepEqual(Metrics, [metric])
    await refused(
      speaking.send(new PutMetricDataCommand({ Namespace: 'AWS/Own', MetricData: [{ MetricName: 'a', Value: 1 }] })),
      'InvalidParameterValueException',
      'The value AWS/ for parameter Namespace is invalid.',
    )
  })
}

describe('PutMetricData', () => {
  test('refuses what CloudWatch refuses, in its words', async () => {
    const value = 'InvalidParameterValueException'
    const combination = 'InvalidParameterCombinationException'
    const missing = 'MissingRequiredParameterException'
    const old = new Date(Date.now() - 15 * 86_400_000)
    const member = 'MetricData.member.1'
    const StatisticValues = { SampleCount: 1, Sum: 1, Minimum: 2, Maximum: 1 }
    const Dimensions = Array.from({ length: 31 }, (_, at) => ({ Name: `d${at}`, Value: 'v' }))
    const cases: readonly (readonly [Partial<MetricDatum>, string, string | RegExp])[] = [
      [
        { Value: 1, Timestamp: old },
        value,
        `The parameter ${member}.Timestamp must specify a time within the past two weeks.`,
      ],
      [
        { Value: 1, Timestamp: new Date(Date.now() + 3 * 3_600_000) },
        value,
        /Timestamp must specify a time no more than two hours/,
      ],
      [
        { Value: 1, StatisticValues },
        combination,
        `The parameters ${member}.Value and ${member}.StatisticValues are mutually exclusive and you have specified both.`,
      ],
      [
        { StatisticValues },
        value,
        `The parameter ${member}.StatisticValues.Maximum must be greater than ${member}.StatisticValues.Minimum.`,
      ],
      [{}, missing, /At least one of the parameters/],
      [
        { Values: [1, 2], Counts: [1] },
        value,
        `The parameters ${member}.Values and ${member}.Counts must be of the same size.`,
      ],
      [
        { Values: Array.from({ length: 151 }, () => 1) },
        value,
        `The collection ${member}.Values must not have a size greater than 150.`,
      ],
      [{ Value: 1, Dimensions }, value, `The collection ${member}.Dimensions must not have a size greater than 30.`],
      [{ Value: 1, StorageResolution: 5 }, value, /StorageResolution must be a value in the set/],
      [{ Value: 1, MetricName: ' ' }, value, `The parameter ${member}.MetricName must not be empty or blank.`],
      [{ Value: 2 ** 361 }, value, /^The value .* for parameter MetricData.member.1.Value is invalid\.$/],
    ]
    for (const [datum, name, message] of cases) await refused(put(datum), name, message)
    await refused(
      client.send(new PutMetricDataCommand({ Namespace: 'App' })),
      missing,
      'The parameter MetricData is required.',
    )
    await refused(put({ Value: 1, Unit: 'Apples' as never }), value, /Unit must be a value in the set \[ Bits, /)
    assert.deepEqual((await client.send(new ListMetricsCommand({ Namespace: 'App' }))).Metrics, [])
  })

  test('keeps nothing of a call that has one bad datum', async () => {
    const MetricData = [{ MetricName: 'Half', Value: 1 }, { MetricName: 'Half' }]
    await assert.rejects(client.send(new PutMetricDataCommand({ Namespace: 'Half', MetricData })))
    assert.deepEqual((await client.send(new ListMetricsCommand({ Namespace: 'Half' }))).Metrics, [])
  })
})

const askStatistics = (more: object) =>
  client.send(
    new GetMetricStatisticsCommand({
      Namespace: 'App',
      MetricName: 'Errors',
      Period: 60,
      Statistics: ['Sum'],
      StartTime: new Date(base),
      EndTime: new Date(base + minute),
      ...more,
    }),
  )

describe('GetMetricStatistics', () => {
  test('refuses what cannot be computed', async () => {
    const combination = 'InvalidParameterCombinationException'
    const value = 'InvalidParameterValueException'
    await refused(
      askStatistics({ EndTime: new Date(base) }),
      value,
      'The parameter StartTime must be less than the parameter EndTime.',
    )
    await refused(
      askStatistics({ EndTime: new Date(base + 1441 * minute) }),
      combination,
      'You have requested up to 1441 datapoints, which exceeds the limit of 1440. You may reduce the datapoints requested by increasing Period, or decreasing the time range.',
    )
    await refused(
      askStatistics({ Statistics: undefined }),
      combination,
      'At least one of the parameters Statistics and ExtendedStatistics must be specified.',
    )
    await refused(askStatistics({ ExtendedStatistics: ['p1'] }), combination, /mutually exclusive/)
    await refused(
      askStatistics({ Statistics: undefined, ExtendedStatistics: ['tm99'] }),
      value,
      /not supported by Teal; use Average/,
    )
    await refused(
      askStatistics({ Statistics: undefined, ExtendedStatistics: ['x'] }),
      value,
      /is not a valid statistic/,
    )
    await refused(askStatistics({ Period: 45 }), value, /must be 1, 5, 10, 20, 30 or a multiple of 60/)
  })

  test('tells datapoints of different units apart', async () => {
    for (const Unit of ['Count', 'Percent'] as const) await put({ Value: 1, Unit, Timestamp: new Date(base) }, 'Units')
    const { Datapoints } = await askStatistics({ Namespace: 'Units' })
    assert.deepEqual(
      Datapoints?.map(({ Unit }) => Unit),
      ['Count', 'Percent'],
    )
    assert.equal((await askStatistics({ Namespace: 'Units', Unit: 'Percent' })).Datapoints?.length, 1)
  })
})

const query = (more: object = {}) => ({
  Id: 'm1',
  MetricStat: { Metric: { Namespace: 'Paged', MetricName: 'Errors' }, Period: 60, Stat: 'Sum' },
  ...more,
})

const ask = (more: object) =>
  client.send(
    new GetMetricDataCommand({
      MetricDataQueries: [query()],
      StartTime: new Date(base),
      EndTime: new Date(base + 10 * minute),
      ...more,
    }),
  )

describe('GetMetricData', () => {
  test('goes on where the page before ended', async () => {
    for (const at of [0, 1, 2]) await put({ Value: at, Timestamp: new Date(base + at * minute) }, 'Paged')
    const input = { MaxDatapoints: 2, ScanBy: 'TimestampAscending', MetricDataQueries: [query(), query({ Id: 'm2' })] }
    const values: string[] = []
    let NextToken: string | undefined
    do {
      const page = await ask({ ...input, NextToken })
      for (const { Id, Values, StatusCode } of page.MetricDataResults ?? [])
        values.push(`${Id} ${Values?.join()} ${StatusCode}`)
      NextToken = page.NextToken
    } while (NextToken !== undefined)
    assert.deepEqual(values, ['m1 0,1 PartialData', 'm1 2 Complete', 'm2 0 PartialData', 'm2 1,2 Complete'])
    await refused(ask({ NextToken: 'x' }), 'InvalidNextToken', /Pass the NextToken of the previous answer/)
  })

  test('shows what is to be returned, and refuses what Teal cannot compute', async () => {
    const hidden = await ask({ MetricDataQueries: [query({ ReturnData: false })] })
    assert.deepEqual(hidden.MetricDataResults, [])
    const stat = { ...query().MetricStat, Stat: 'test' }
    const name = 'ValidationException'
    const refusals: readonly (readonly [object, RegExp])[] = [
      [{ Id: 'e1', Expression: 'm1/2' }, /Expression is not supported by Teal; query the metrics with MetricStat/],
      [{ Id: 'e1' }, /^The parameter MetricDataQueries.member.1.MetricStat is required/],
      [
        query({ MetricStat: stat }),
        /^The value test for parameter MetricDataQueries.member.1.MetricStat.Stat is not a valid statistic/,
      ],
      [query({ Id: 'M1' }), /does not match the expected pattern/],
      [
        query({ Label: 'worst: ${MAX}' }),
        /^The parameter MetricDataQueries.member.1.Label with dynamic values \(\$\{…\}\) is not supported by Teal; give it as plain text/,
      ],
    ]
    for (const [bad, message] of refusals) await refused(ask({ MetricDataQueries: [bad] }), name, message)
    await refused(ask({ MetricDataQueries: [query(), query()] }), name, /not unique/)
  })
})
