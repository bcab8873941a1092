import type * as sdk from '@aws-sdk/client-ecs'
import type { Place } from '../../domain/identifiers.ts'
import { mostTasksOfService } from '../../domain/service.ts'
import type { DeploymentController, Service } from '../../domain/service.ts'
import type { Answer } from '../handlers.ts'
import { defined } from './defined.ts'
import { invalidParameter, notSupported } from './errors.ts'
import { deploymentConfigurationMembers, isAsked, refusedMember, serviceMembers } from './members.ts'

/** The settings of a service that nothing in its tasks depends on: CreateService and UpdateService set them alike. */
export type ServiceSettings = Pick<
  sdk.CreateServiceRequest,
  | 'desiredCount'
  | 'healthCheckGracePeriodSeconds'
  | 'deploymentConfiguration'
  | 'placementConstraints'
  | 'placementStrategy'
  | 'availabilityZoneRebalancing'
  | 'enableECSManagedTags'
  | 'enableExecuteCommand'
  | 'propagateTags'
>

/** How ECS answers the settings nobody set. */
const defaults = {
  deploymentConfiguration: { maximumPercent: 200, minimumHealthyPercent: 100 },
  placementConstraints: [],
  placementStrategy: [],
  availabilityZoneRebalancing: 'DISABLED',
  enableECSManagedTags: false,
  enableExecuteCommand: false,
  propagateTags: 'NONE',
} satisfies ServiceSettings

/** The members of a service that are kept to be answered back. Under the ECS controller its configuration is acted on. */
export function recordedSettings(
  input: ServiceSettings,
  controller: DeploymentController,
  before: Service['recorded'] = {},
): Service['recorded'] {
  const previous = { ...defaults, ...before }
  const { deploymentConfiguration, ...others } = previous
  return {
    ...others,
    ...defined({
      placementConstraints: input.placementConstraints,
      placementStrategy: input.placementStrategy,
      availabilityZoneRebalancing: input.availabilityZoneRebalancing,
      enableECSManagedTags: input.enableECSManagedTags,
      enableExecuteCommand: input.enableExecuteCommand,
      propagateTags: input.propagateTags,
    }),
    ...(controller === 'ECS'
      ? {}
      : { deploymentConfiguration: { ...deploymentConfiguration, ...defined(input.deploymentConfiguration ?? {}) } }),
  }
}

/**
 * @throws InvalidParameterException for values ECS does not take.
 * @throws UnsupportedFeatureException for members Teal does not have.
 */
export function checkSettings(
  input: ServiceSettings,
  launchType: string | undefined,
  controller: DeploymentController,
): void {
  const refused = refusedMember(serviceMembers, input)
  if (refused !== undefined) throw notSupported(refused.member, refused.advice)
  checkNumbers(input)
  if (launchType === 'FARGATE' && isAsked(input.placementConstraints)) {
    throw invalidParameter('Placement constraints are not supported with FARGATE launch type.')
  }
  if (launchType === 'FARGATE' && isAsked(input.placementStrategy)) {
    throw invalidParameter('Placement strategies are not supported with FARGATE launch type.')
  }
  if (controller !== 'ECS') checkDeploymentConfiguration(input.deploymentConfiguration ?? {})
}

function checkNumbers({ desiredCount = 0, healthCheckGracePeriodSeconds = 0 }: ServiceSettings): void {
  if (desiredCount < 0) throw invalidParameter('desiredCount cannot be negative.')
  if (desiredCount > mostTasksOfService) {
    throw invalidParameter(
      `desiredCount can be at most ${mostTasksOfService}, as many tasks as ECS lets a service have.`,
    )
  }
  if (healthCheckGracePeriodSeconds < 0 || healthCheckGracePeriodSeconds > 2_147_483_647) {
    throw invalidParameter('healthCheckGracePeriodSeconds must be between 0 and 2147483647.')
  }
}

/** The parts of a deployment configuration that need rolling updates are refused, as ECS does without its own controller. */
function checkDeploymentConfiguration(configuration: Answer<sdk.DeploymentConfiguration>): void {
  const {
    alarms,
    deploymentCircuitBreaker,
    strategy = 'ROLLING',
    maximumPercent,
    minimumHealthyPercent,
  } = configuration
  if (alarms?.enable === true) throw onlyEcs('Alarm based rollback feature')
  if (deploymentCircuitBreaker?.enable === true) throw onlyEcs('Deployment circuit breaker feature')
  if (strategy !== 'ROLLING') throw onlyEcs(`Deployment strategy ${strategy}`)
  const refused = refusedMember(deploymentConfigurationMembers, configuration)
  if (refused !== undefined) throw invalidParameter(`deploymentConfiguration.${refused.member}: ${refused.advice}`)
  if ((maximumPercent ?? 200) < 100 || (minimumHealthyPercent ?? 0) < 0 || (minimumHealthyPercent ?? 0) > 100) {
    throw invalidParameter('maximumPercent must be at least 100, and minimumHealthyPercent between 0 and 100.')
  }
  if (maximumPercent === 100 && (minimumHealthyPercent ?? 100) === 100) {
    throw invalidParameter(
      'Both maximumPercent and minimumHealthyPercent cannot be 100 as this will block deployments.',
    )
  }
}

const onlyEcs = (feature: string) =>
  invalidParameter(
    `${feature} is only supported with ECS deployment controller. Update to ECS deployment controller and try again.`,
  )

/** The role that ECS registers targets with: its own unless one is named. Recorded, not enforced. */
export function roleArn({ accountId }: Place, role: string | undefined): string {
  if (!role) return `arn:aws:iam::${accountId}:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS`
  return role.startsWith('arn:') ? role : `arn:aws:iam::${accountId}:role/${role}`
}
