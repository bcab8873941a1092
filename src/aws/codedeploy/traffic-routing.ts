import type * as sdk from '@aws-sdk/client-codedeploy'
import { AwsError } from '../../domain/aws-error.ts'
import type { TrafficRouting } from '../../domain/code-deploy.ts'
import { trafficShifts } from '../../domain/deployment-configs.ts'

/** Two days: documented for Lambda, and taken for ECS as well. */
const longestShiftInMinutes = 2880

/** @throws AwsError InvalidTrafficRoutingConfigurationException */
export function checkedTrafficRouting(config: sdk.TrafficRoutingConfig | undefined): TrafficRouting {
  const routing = readTrafficRouting(config)
  const minutes = trafficShifts(routing).reduce((sum, { waitMinutes }) => sum + waitMinutes, 0)
  if (minutes <= longestShiftInMinutes) return routing
  throw invalid(`The traffic would take ${minutes} minutes to shift; ${longestShiftInMinutes} are allowed`)
}

/** As the API answers it. */
export function trafficRoutingConfig(routing: TrafficRouting): sdk.TrafficRoutingConfig {
  if (routing.type === 'AllAtOnce') return { type: routing.type }
  const { type, ...settings } = routing
  return 'canaryInterval' in settings ? { type, timeBasedCanary: settings } : { type, timeBasedLinear: settings }
}

function readTrafficRouting(config: sdk.TrafficRoutingConfig | undefined): TrafficRouting {
  if (config === undefined) {
    throw invalid('For ECS deployment configuration, trafficRoutingConfig must be specified')
  }
  const { type, timeBasedCanary: canary, timeBasedLinear: linear } = config
  switch (type) {
    case 'AllAtOnce':
      refuseOther(type, { timeBasedCanary: canary, timeBasedLinear: linear })
      return { type }
    case 'TimeBasedCanary':
      refuseOther(type, { timeBasedLinear: linear })
      return {
        type,
        canaryPercentage: percentage('timeBasedCanary.canaryPercentage', canary?.canaryPercentage),
        canaryInterval: interval('timeBasedCanary.canaryInterval', canary?.canaryInterval),
      }
    case 'TimeBasedLinear':
      refuseOther(type, { timeBasedCanary: canary })
      return {
        type,
        linearPercentage: percentage('timeBasedLinear.linearPercentage', linear?.linearPercentage),
        linearInterval: interval('timeBasedLinear.linearInterval', linear?.linearInterval),
      }
    case undefined:
      throw invalid('trafficRoutingConfig.type is missing. Pass TimeBasedCanary, TimeBasedLinear or AllAtOnce')
  }
}

function refuseOther(type: string, members: Readonly<Record<string, unknown>>): void {
  const member = Object.keys(members).find((name) => members[name] !== undefined)
  if (member !== undefined) throw invalid(`${member} can not be specified with type ${type}`)
}

function percentage(member: string, value: number | undefined): number {
  if (value !== undefined && Number.isInteger(value) && value >= 1 && value <= 99) return value
  throw invalid(`${member} is ${value ?? 'missing'}. Pass a whole number from 1 to 99, in percent`)
}

function interval(member: string, value: number | undefined): number {
  if (value !== undefined && Number.isInteger(value) && value >= 1) return value
  throw invalid(`${member} is ${value ?? 'missing'}. Pass a whole number of minutes, 1 at least`)
}

function invalid(message: string): AwsError {
  return new AwsError('InvalidTrafficRoutingConfigurationException', `${message}.`)
}
