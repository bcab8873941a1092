import type * as sdk from '@aws-sdk/client-ecs'
import type { ServiceDeploymentConfiguration } from '../../domain/service-deployment-configuration.ts'
import { defaultConfiguration } from '../../engine/service-deployments.ts'
import type { Answer } from '../handlers.ts'
import { defined } from './defined.ts'
import { invalidParameter, notSupported } from './errors.ts'
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
  const configuration: ServiceDeploymentConfiguration = {
    ...before,
    ...defined({
      strategy: given.strategy,
      maximumPercent: given.maximumPercent,
      minimumHealthyPercent: given.minimumHealthyPercent,
      deploymentCircuitBreaker: given.deploymentCircuitBreaker && readCircuitBreaker(given.deploymentCircuitBreaker),
      alarms: given.alarms && readAlarms(given.alarms),
      bakeTimeInMinutes: given.bakeTimeInMinutes,
    }),
  }
  checkPercents(configuration)
  checkStrategy(configuration.strategy, given)
  return configuration
}

/** The strategies that shift traffic bring these members; a rolling update has no use for them. */
const shiftingMembers = ['lifecycleHooks', 'linearConfiguration', 'canaryConfiguration'] as const

function checkMembers(given: Given): void {
  const { bakeTimeInMinutes = 0 } = given
  if (bakeTimeInMinutes < 0 || bakeTimeInMinutes > 1440) {
    throw invalidParameter('deploymentConfiguration.bakeTimeInMinutes must be between 0 and 1440.')
  }
  if (isAsked(given.earlySuccessCriteria)) {
    throw notSupported(
      'deploymentConfiguration.earlySuccessCriteria',
      'Remove it: a deployment succeeds when all of its tasks are healthy.',
    )
  }
}

function checkStrategy(strategy: ServiceDeploymentConfiguration['strategy'], given: Given): void {
  if (strategy !== 'ROLLING') {
    throw notSupported(
      `deploymentConfiguration.strategy ${strategy}`,
      'Use strategy ROLLING, or deploymentController type=CODE_DEPLOY for blue/green deployments.',
    )
  }
  const unused = shiftingMembers.find((member) => isAsked(given[member]))
  if (unused !== undefined) {
    throw invalidParameter(
      `deploymentConfiguration.${unused} cannot be used with deployment strategy ROLLING. Remove it.`,
    )
  }
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
