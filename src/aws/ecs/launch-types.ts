import type * as sdk from '@aws-sdk/client-ecs'
import { AwsError } from '../../domain/aws-error.ts'
import type { Cluster } from '../../domain/cluster.ts'
import { platformVersions } from '../../domain/service.ts'
import type { TaskDefinition } from '../../domain/task-definition.ts'
import { invalidParameter, notSupported } from './errors.ts'
import { isAsked } from './members.ts'

export type Launch = { readonly launchType: 'EC2' | 'FARGATE'; readonly platformVersion?: string }

/**
 * Where a service's or task set's tasks are said to run. It is recorded; the engine's runtime decides how they really do.
 * Without a launch type it is EC2, or FARGATE where a capacity provider strategy says so: the request's, or the cluster's
 * default one.
 * @throws InvalidParameterException, PlatformUnknownException, UnsupportedFeatureException
 */
export function readLaunch(
  input: Pick<sdk.CreateServiceRequest, 'launchType' | 'platformVersion' | 'capacityProviderStrategy'>,
  { compatibilities }: TaskDefinition,
  cluster: Cluster,
): Launch {
  if (input.launchType !== undefined && isAsked(input.capacityProviderStrategy)) {
    throw invalidParameter(
      'Specifying both a launch type and capacity provider strategy is not supported. Remove one and try again.',
    )
  }
  const hasProviders =
    isAsked(input.capacityProviderStrategy) || isAsked(cluster.recorded['defaultCapacityProviderStrategy'])
  const launchType = input.launchType ?? (hasProviders ? 'FARGATE' : 'EC2')
  if (launchType !== 'EC2' && launchType !== 'FARGATE') {
    throw notSupported(`launchType ${launchType}`, 'Use launchType FARGATE or EC2.')
  }
  if (!compatibilities.includes(launchType)) {
    throw invalidParameter(`Task definition does not support launch_type ${launchType}.`)
  }
  if (launchType === 'FARGATE') return { launchType, platformVersion: readPlatformVersion(input.platformVersion) }
  if (!input.platformVersion) return { launchType }
  throw invalidParameter('The platform version must be null when specifying an EC2 launch type.')
}

function readPlatformVersion(platformVersion: string | undefined): string {
  if (!platformVersion) return 'LATEST'
  if (platformVersions.includes(platformVersion)) return platformVersion
  throw new AwsError('PlatformUnknownException', "The specified platform version doesn't exist.")
}
