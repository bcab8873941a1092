import type { GetMetricDataCommandOutput, MetricAlarm, MetricDataQuery } from '@aws-sdk/client-cloudwatch'
import type { TargetGroup } from '@aws-sdk/client-elastic-load-balancing-v2'
import type { TrafficView } from '../view/deployment-view.ts'
import { TrafficMeter, type Series } from '../view/traffic-meter.ts'
import { unanswered } from '../view/unanswered.ts'
import type { AwsClients } from './aws-clients.ts'

const periodSeconds = 60
/** CloudWatch is asked again only so often on AWS, where metrics come once a minute and each one asked for costs. */
const awsPauseMilliseconds = 15_000
/** The account of requests does not go back further; in minutes. */
const longestLookBackMinutes = 1_440
/** After the first answer only the newest periods are asked for. */
const overlapPeriods = 6

type Measured = {
  readonly traffic: Readonly<Record<string, TrafficView>>
  /** The newest value of each alarm's metric. */
  readonly alarmValues: Readonly<Record<string, number>>
}

/** Reads from CloudWatch what went to target groups since a deployment began, and how near alarms are. */
export class TrafficReading {
  readonly #clients: AwsClients
  readonly #since: number
  readonly #meters = new Map<string, TrafficMeter>()
  #askedAt = Number.NEGATIVE_INFINITY
  #last: Measured = { traffic: {}, alarmValues: {} }

  constructor(clients: AwsClients, since: number) {
    this.#clients = clients
    this.#since = since
  }

  /** `until`: when the deployment ended; what came later is not its. */
  async read(
    at: number,
    groups: readonly TargetGroup[],
    { alarms, until }: { readonly alarms: readonly MetricAlarm[]; readonly until?: number | undefined },
  ): Promise<Measured> {
    const { isTeal, minuteMilliseconds } = await this.#clients.about()
    if (!isTeal && at - this.#askedAt < awsPauseMilliseconds) return this.#last
    const isFirst = this.#askedAt === Number.NEGATIVE_INFINITY
    const queries = [...groups.flatMap(groupQueries), ...alarms.flatMap(alarmQuery)]
    if (queries.length === 0) return this.#last
    const end = until ?? at
    const oldest = Math.max(this.#since - minuteMilliseconds, end - longestLookBackMinutes * minuteMilliseconds)
    const from = isFirst ? oldest : Math.max(oldest, end - overlapPeriods * minuteMilliseconds)
    const series = await this.#series(queries, { from, to: end + minuteMilliseconds })
    this.#askedAt = at
    this.#last = {
      traffic: Object.fromEntries(
        groups.map((group, place) => [
          group.TargetGroupName ?? '',
          this.#meter(group, { isTeal, minuteMilliseconds }).take(at, {
            requests: series(`requests${place}`),
            errors: errorsOf((id) => series(`${id}${place}`)),
            p50: series(`p50x${place}`),
            p99: series(`p99x${place}`),
          }),
        ]),
      ),
      alarmValues: Object.fromEntries(
        alarms.flatMap(({ AlarmName = '' }, place) => {
          const newest = series(`alarm${place}`).toSorted(([one], [other]) => other - one)[0]
          return newest === undefined ? [] : [[AlarmName, newest[1]]]
        }),
      ),
    }
    return this.#last
  }

  #meter({ TargetGroupArn = '' }: TargetGroup, about: { isTeal: boolean; minuteMilliseconds: number }): TrafficMeter {
    const known = this.#meters.get(TargetGroupArn)
    if (known !== undefined) return known
    const meter = new TrafficMeter({ periodMilliseconds: about.minuteMilliseconds, isLive: about.isTeal })
    this.#meters.set(TargetGroupArn, meter)
    return meter
  }

  async #series(
    queries: MetricDataQuery[],
    { from, to }: { readonly from: number; readonly to: number },
  ): Promise<(id: string) => Series> {
    const { GetMetricDataCommand } = await import('@aws-sdk/client-cloudwatch')
    const found = new Map<string, (readonly [number, number])[]>()
    let NextToken: string | undefined
    do {
      const answer: GetMetricDataCommandOutput = await this.#clients.cloudWatch.send(
        new GetMetricDataCommand({
          StartTime: new Date(from),
          EndTime: new Date(to),
          MetricDataQueries: queries,
          ...(NextToken === undefined ? {} : { NextToken }),
        }),
      )
      for (const { Id = '', Timestamps = [], Values = [] } of answer.MetricDataResults ?? []) {
        const points = Timestamps.map((time, place) => [time.getTime(), Values[place] ?? 0] as const)
        found.set(Id, [...(found.get(Id) ?? []), ...points])
      }
      NextToken = answer.NextToken
    } while (NextToken !== undefined)
    return (id) => found.get(id) ?? []
  }
}

/** Of a target group, or of the requests to it that the load balancer had to answer itself. */
function errorsOf(series: (id: string) => Series): Series {
  const failedConnections = [...series('connections'), ...series('handshakes')]
  const requests = series('requests')
  const answers = answerClasses.map((each) => series(`answers${each}`))
  const gaps = unanswered({
    requests,
    answers: [...answers, series('errors')],
    serverErrors: series('own'),
    failedConnections,
  })
  return [...series('errors'), ...failedConnections, ...gaps]
}

const answerClasses = ['2XX', '3XX', '4XX']

function groupQueries(
  { TargetGroupArn = '', LoadBalancerArns = [], Protocol }: TargetGroup,
  place: number,
): readonly MetricDataQuery[] {
  const loadBalancer = LoadBalancerArns[0]?.split(':loadbalancer/')[1]
  const targetGroup = TargetGroupArn.split(':').at(-1)
  if (loadBalancer === undefined || targetGroup === undefined) return []
  const whole = [{ Name: 'LoadBalancer', Value: loadBalancer }]
  const part = [...whole, { Name: 'TargetGroup', Value: targetGroup }]
  const query = (id: string, MetricName: string, Stat: string, Dimensions = part): MetricDataQuery => ({
    Id: `${id}${place}`,
    MetricStat: {
      Metric: { Namespace: 'AWS/ApplicationELB', MetricName, Dimensions },
      Stat,
      Period: periodSeconds,
    },
  })
  return [
    ...answerClasses.map((each) => query(`answers${each}`, `HTTPCode_Target_${each}_Count`, 'Sum')),
    query('own', 'HTTPCode_ELB_5XX_Count', 'Sum', whole),
    query('requests', 'RequestCount', 'Sum'),
    query('errors', 'HTTPCode_Target_5XX_Count', 'Sum'),
    query('connections', 'TargetConnectionErrorCount', 'Sum'),
    ...(Protocol === 'HTTPS' ? [query('handshakes', 'TargetTLSNegotiationErrorCount', 'Sum')] : []),
    query('p50x', 'TargetResponseTime', 'p50'),
    query('p99x', 'TargetResponseTime', 'p99'),
  ]
}

/** None of an alarm on an expression: what it is made of is not one metric. */
function alarmQuery(alarm: MetricAlarm, place: number): readonly MetricDataQuery[] {
  const { Namespace, MetricName, Dimensions = [], Statistic, ExtendedStatistic, Period = periodSeconds } = alarm
  const Stat = ExtendedStatistic ?? Statistic
  if (Namespace === undefined || MetricName === undefined || Stat === undefined) return []
  return [{ Id: `alarm${place}`, MetricStat: { Metric: { Namespace, MetricName, Dimensions }, Stat, Period } }]
}
