import type { GetMetricDataCommand, MetricDataQuery } from '@aws-sdk/client-cloudwatch'
import type { TargetGroup } from '@aws-sdk/client-elastic-load-balancing-v2'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AwsClients } from '../../src/cli/aws-clients.ts'
import { TrafficReading } from '../../src/cli/traffic-reading.ts'

const minute = 60_000
const group = {
  TargetGroupName: 'blue',
  TargetGroupArn: 'arn:aws:elasticloadbalancing:us-east-1:1:targetgroup/blue/1',
  LoadBalancerArns: ['arn:aws:elasticloadbalancing:us-east-1:1:loadbalancer/app/web/1'],
} as const

const about = () => Promise.resolve({ isTeal: false, minuteMilliseconds: minute })

/** CloudWatch with one value for each of these metrics. */
function clientsWith(values: Readonly<Record<string, number>>, asked: string[]): AwsClients {
  const answerOf = ({ Id, MetricStat }: MetricDataQuery) => {
    const name = MetricStat?.Metric?.MetricName ?? ''
    asked.push(name)
    return values[name] === undefined ? { Id } : { Id, Timestamps: [new Date(minute)], Values: [values[name]] }
  }
  const cloudWatch = {
    send: ({ input }: GetMetricDataCommand) =>
      Promise.resolve({ MetricDataResults: (input.MetricDataQueries ?? []).map(answerOf) }),
  }
  return { cloudWatch, about } as unknown as AwsClients
}

test('requests that the load balancer had to answer with a 502 are errors', async () => {
  const values = {
    RequestCount: 10,
    HTTPCode_Target_2XX_Count: 6,
    HTTPCode_Target_5XX_Count: 1,
    HTTPCode_ELB_5XX_Count: 3,
  }
  const reading = new TrafficReading(clientsWith(values, []), 0)
  const { traffic } = await reading.read(2 * minute, [{ ...group, LoadBalancerArns: [...group.LoadBalancerArns] }], {
    alarms: [],
  })
  assert.equal(traffic['blue']?.errors, 4)
})

test('requests that came to no TLS with their targets are errors, and are asked for where targets speak TLS', async () => {
  const values = { RequestCount: 10, TargetConnectionErrorCount: 1, TargetTLSNegotiationErrorCount: 4 }
  const errorsOf = async (targetGroup: TargetGroup) => {
    const asked: string[] = []
    const reading = new TrafficReading(clientsWith(values, asked), 0)
    const { traffic } = await reading.read(2 * minute, [targetGroup], { alarms: [] })
    return [traffic['blue']?.errors, asked.includes('TargetTLSNegotiationErrorCount')]
  }
  const LoadBalancerArns = [...group.LoadBalancerArns]
  assert.deepEqual(await errorsOf({ ...group, LoadBalancerArns, Protocol: 'HTTPS' }), [5, true])
  assert.deepEqual(await errorsOf({ ...group, LoadBalancerArns, Protocol: 'HTTP' }), [1, false])
})
