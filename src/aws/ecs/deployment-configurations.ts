import type * as sdk from '@aws-sdk/client-ecs'
import type { ServiceDeploymentConfiguration } from '../../domain/service-deployment-configuration.ts'
import { defaultConfiguration } from '../../engine/service-deployments.ts'
import type { Answer } from '../handlers.ts'
import { defined } from './defined.ts'
import { invalidParameter, notSupported } from './errors.ts'
import { readLifecycleHooks } from './lifecycle-hooks.ts'
import { isAsked } from './members.ts'

type Given = Answer<sdk.DeploymentConfiguration>

/**
 * The deployment configuration of a service under the ECS controller. A member that is not given stays as it was.
 * @throws InvalidParameterException for values ECS does not take.
 * @throws UnsupportedFeatureException for what Teal does not have.
 */
export function readDeploymentConfiguration(
  given: Given | undefined,
  before: ServiceDeploymentConfiguration = defaultConfiguration,
): ServiceDeploymentConfiguration {
  if (given === undefined) return before
  checkMembers(given)
  const { lifecycleHooks: _hooks, linearConfiguration: _linear, canaryConfiguration: _canary, ...kept } = before
  const strategy = given.strategy ?? before.strategy
  const configuration: ServiceDeploymentConfiguration = {
    ...kept,
    ...readShifting(strategy, given, before),
    strategy,
    ...defined({
      maximumPercent: given.maximumPercent,
      minimumHealthyPercent: given.minimumHealthyPercent,
      deploymentCircuitBreaker: given.deploymentCircuitBreaker && readCircuitBreaker(given.deploymentCircuitBreaker),
      alarms: given.alarms && readAlarms(given.alarms),
      bakeTimeInMinutes: given.bakeTimeInMinutes,
    }),
  }
  checkPercents(configuration)
  return configuration
}

function checkMembers(given: Given): void {
  checkBakeTime('bakeTimeInMinutes', given.bakeTimeInMinutes ?? 0)
  if (isAsked(given.earlySuccessCriteria)) {
    throw notSupported(
      'deploymentConfiguration.earlySuccessCriteria',
      'Remove it: a deployment succeeds when all of its tasks are healthy.',
    )
  }
}

/** What only the strategies that shift traffic have, each its own. A strategy that is left takes these with it. */
function readShifting(
  strategy: ServiceDeploymentConfiguration['strategy'],
  given: Given,
  before: ServiceDeploymentConfiguration,
): Pick<ServiceDeploymentConfiguration, 'lifecycleHooks' | 'linearConfiguration' | 'canaryConfiguration'> {
  const owners = { linearConfiguration: 'LINEAR', canaryConfiguration: 'CANARY' } as const
  for (const [member, owner] of Object.entries(owners)) {
    if (strategy !== owner && isAsked(given[member as keyof typeof owners])) {
      throw invalidParameter(
        `deploymentConfiguration.${member} cannot be used with deployment strategy ${strategy}. Remove it.`,
      )
    }
  }
  if (strategy === 'ROLLING') {
    if (!isAsked(given.lifecycleHooks)) return {}
    throw invalidParameter(
      'deploymentConfiguration.lifecycleHooks cannot be used with deployment strategy ROLLING. Remove it.',
    )
  }
  const linear = given.linearConfiguration ?? before.linearConfiguration
  const canary = given.canaryConfiguration ?? before.canaryConfiguration
  const hooks = given.lifecycleHooks === undefined ? before.lifecycleHooks : readLifecycleHooks(given.lifecycleHooks)
  return defined({
    lifecycleHooks: hooks,
    linearConfiguration: strategy === 'LINEAR' ? readLinear(linear ?? {}) : undefined,
    canaryConfiguration: strategy === 'CANARY' ? readCanary(canary ?? {}) : undefined,
  })
}

function readLinear({ stepPercent = 10, stepBakeTimeInMinutes = 6 }: NonNullable<Given['linearConfiguration']>) {
  checkPercent('linearConfiguration.stepPercent', stepPercent, 3)
  checkBakeTime('linearConfiguration.stepBakeTimeInMinutes', stepBakeTimeInMinutes)
  return { stepPercent, stepBakeTimeInMinutes }
}

function readCanary({ canaryPercent = 5, canaryBakeTimeInMinutes = 10 }: NonNullable<Given['canaryConfiguration']>) {
  checkPercent('canaryConfiguration.canaryPercent', canaryPercent, 0.1)
  checkBakeTime('canaryConfiguration.canaryBakeTimeInMinutes', canaryBakeTimeInMinutes)
  return { canaryPercent, canaryBakeTimeInMinutes }
}

/** In steps of a tenth of a percent. */
function checkPercent(member: string, value: number, least: number): void {
  const isTenths = Math.abs(value * 10 - Math.round(value * 10)) < 1e-6
  if (value >= least && value <= 100 && isTenths) return
  throw invalidParameter(`deploymentConfiguration.${member} must be between ${least} and 100.0, in multiples of 0.1.`)
}

function checkBakeTime(member: string, minutes: number): void {
  if (Number.isInteger(minutes) && minutes >= 0 && minutes <= 1440) return
  throw invalidParameter(`deploymentConfiguration.${member} must be between 0 and 1440.`)
}

function checkPercents({ maximumPercent, minimumHealthyPercent }: ServiceDeploymentConfiguration): void {
  if (maximumPercent < 100 || minimumHealthyPercent < 0 || minimumHealthyPercent > 100) {
    throw invalidParameter('maximumPercent must be at least 100, and minimumHealthyPercent between 0 and 100.')
  }
  if (maximumPercent === 100 && minimumHealthyPercent === 100) {
    throw invalidParameter(
      'Both maximumPercent and minimumHealthyPercent cannot be 100 as this will block deployments.',
    )
  }
}

function readCircuitBreaker(
  given: NonNullable<Given['deploymentCircuitBreaker']>,
): NonNullable<ServiceDeploymentConfiguration['deploymentCircuitBreaker']> {
  const { enable = false, rollback = false, resetOnHealthyTask, thresholdConfiguration } = given
  if (rollback && !enable) {
    throw invalidParameter('deploymentCircuitBreaker: rollback cannot be enabled while enable is false.')
  }
  if (resetOnHealthyTask === false) {
    throw notSupported(
      'deploymentCircuitBreaker.resetOnHealthyTask false',
      'Remove it or set it to true: a task that becomes healthy starts the count of failed tasks anew.',
    )
  }
  if (isAsked(thresholdConfiguration)) {
    throw notSupported(
      'deploymentCircuitBreaker.thresholdConfiguration',
      'Remove it: the threshold is half of the desired count, 3 at least and 200 at most.',
    )
  }
  return { enable, rollback }
}

function readAlarms(given: NonNullable<Given['alarms']>): NonNullable<ServiceDeploymentConfiguration['alarms']> {
  const { alarmNames, enable, rollback } = given
  if (alarmNames === undefined || enable === undefined || rollback === undefined) {
    throw invalidParameter('deploymentConfiguration.alarms needs alarmNames, enable and rollback.')
  }
  if (enable && alarmNames.length === 0) throw invalidParameter('alarmNames cannot be empty while alarms are enabled.')
  return { alarmNames, enable, rollback }
}
