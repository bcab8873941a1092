import type * as sdk from '@aws-sdk/client-cloudwatch'
import type { MetricDatum, MetricSamples } from '../../domain/metric.ts'
import type { Engine } from '../../engine/engine.ts'
import type { Metrics } from '../../engine/metrics.ts'
import type { Checked, Handlers } from '../handlers.ts'
import { checkText, readDimensions } from './dimensions.ts'
import { invalidValue, refusal, unsupported } from './errors.ts'

const mostData = 1000
const mostValues = 150
/** CloudWatch's range of values. */
const largestValue = 2 ** 360
const pastMilliseconds = 14 * 86_400_000
const futureMilliseconds = 2 * 3_600_000

type Datum = Checked<sdk.MetricDatum>

/** Data that programs tell of themselves. */
export const metricData = ({ clock }: Pick<Engine, 'clock'>, metrics: Metrics) =>
  ({
    PutMetricData({ Namespace, MetricData = [], EntityMetricData, StrictEntityValidation }, { region }) {
      if (EntityMetricData !== undefined && EntityMetricData.length > 0) {
        throw unsupported('EntityMetricData', 'put the same data in MetricData, without entities')
      }
      if (StrictEntityValidation === true)
        throw unsupported('StrictEntityValidation', 'leave it out, with the entities')
      const namespace = checkNamespace(Namespace)
      if (MetricData.length === 0) {
        throw refusal('MissingRequiredParameterException', 'The parameter MetricData is required.')
      }
      if (MetricData.length > mostData) {
        throw invalidValue(`The collection MetricData must not have a size greater than ${mostData}.`)
      }
      const now = clock.now()
      // All are read before any is kept.
      const data = MetricData.map((datum, at) =>
        readDatum(datum, { place: `MetricData.member.${at + 1}`, namespace, region, now }),
      )
      for (const datum of data) metrics.put(datum)
      return {}
    },
  }) satisfies Handlers<typeof sdk>

function checkNamespace(namespace: string): string {
  checkText(namespace, { place: 'Namespace', most: 255 }, invalidValue)
  if (namespace.startsWith('AWS/')) throw invalidValue('The value AWS/ for parameter Namespace is invalid.')
  if (namespace.startsWith(':')) throw invalidValue(`The value ${namespace} for parameter Namespace is invalid.`)
  return namespace
}

function readDatum(
  datum: Datum,
  {
    place,
    namespace,
    region,
    now,
  }: { readonly place: string; readonly namespace: string; readonly region: string; readonly now: number },
): MetricDatum {
  const { MetricName, Dimensions, Timestamp, Unit = 'None', StorageResolution = 60 } = datum
  checkText(MetricName, { place: `${place}.MetricName`, most: 255 }, invalidValue)
  if (StorageResolution !== 1 && StorageResolution !== 60) {
    throw invalidValue(`The parameter ${place}.StorageResolution must be a value in the set [ 1, 60 ].`)
  }
  const dimensions = readDimensions(Dimensions, `${place}.Dimensions`, invalidValue)
  return {
    id: { region, namespace, metricName: MetricName, dimensions },
    unit: Unit,
    timestamp: checkTimestamp(Timestamp?.getTime() ?? now, place, now),
    isHighResolution: StorageResolution === 1,
    samples: readSamples(datum, place),
  }
}

function checkTimestamp(timestamp: number, place: string, now: number): number {
  if (timestamp < now - pastMilliseconds) {
    throw invalidValue(`The parameter ${place}.Timestamp must specify a time within the past two weeks.`)
  }
  if (timestamp > now + futureMilliseconds) {
    throw invalidValue(`The parameter ${place}.Timestamp must specify a time no more than two hours in the future.`)
  }
  return timestamp
}

function readSamples({ Value, Values, Counts, StatisticValues }: Datum, place: string): MetricSamples {
  const given = Object.entries({ Value, Values, StatisticValues }).filter(([, value]) => value !== undefined)
  const [first, second] = given.map(([name]) => name)
  if (second !== undefined) {
    throw refusal(
      'InvalidParameterCombinationException',
      `The parameters ${place}.${first} and ${place}.${second} are mutually exclusive and you have specified both.`,
    )
  }
  if (Counts !== undefined && Values === undefined) {
    throw refusal(
      'MissingRequiredParameterException',
      `The parameter ${place}.Values is required with ${place}.Counts.`,
    )
  }
  if (StatisticValues !== undefined) return readSet(StatisticValues, `${place}.StatisticValues`)
  if (Values !== undefined) return readValues(Values, Counts, place)
  if (Value === undefined) {
    throw refusal(
      'MissingRequiredParameterException',
      `At least one of the parameters ${place}.Value, ${place}.Values and ${place}.StatisticValues must be specified.`,
    )
  }
  return { kind: 'values', values: [{ value: checkNumber(Value, `${place}.Value`), count: 1 }] }
}

function readValues(values: readonly number[], counts: readonly number[] | undefined, place: string): MetricSamples {
  if (values.length === 0)
    throw refusal('MissingRequiredParameterException', `The parameter ${place}.Values is required.`)
  if (values.length > mostValues) {
    throw invalidValue(`The collection ${place}.Values must not have a size greater than ${mostValues}.`)
  }
  if (counts !== undefined && counts.length !== values.length) {
    throw invalidValue(`The parameters ${place}.Values and ${place}.Counts must be of the same size.`)
  }
  const read = values.map((value, at) => {
    const count = checkNumber(counts?.[at] ?? 1, `${place}.Counts.member.${at + 1}`)
    if (count < 0)
      throw invalidValue(`The parameter ${place}.Counts.member.${at + 1} must be greater than or equal to 0.`)
    return { value: checkNumber(value, `${place}.Values.member.${at + 1}`), count }
  })
  return { kind: 'values', values: read.filter(({ count }) => count > 0) }
}

function readSet(set: Checked<sdk.StatisticSet>, place: string): MetricSamples {
  const { SampleCount, Sum, Minimum, Maximum } = set
  for (const [name, value] of Object.entries(set)) checkNumber(value, `${place}.${name}`)
  if (SampleCount <= 0) throw invalidValue(`The parameter ${place}.SampleCount must be greater than 0.`)
  if (Maximum < Minimum) {
    throw invalidValue(`The parameter ${place}.Maximum must be greater than ${place}.Minimum.`)
  }
  return { kind: 'set', sampleCount: SampleCount, sum: Sum, minimum: Minimum, maximum: Maximum }
}

function checkNumber(value: number, place: string): number {
  if (Number.isFinite(value) && Math.abs(value) <= largestValue) return value
  throw invalidValue(`The value ${value} for parameter ${place} is invalid.`)
}
