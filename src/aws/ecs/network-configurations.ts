import type * as sdk from '@aws-sdk/client-ecs'
import type { NetworkConfiguration } from '../../domain/service.ts'
import type { TaskDefinition } from '../../domain/task-definition.ts'
import type { Answer } from '../handlers.ts'
import { invalidParameter } from './errors.ts'

/**
 * The subnets and security groups of a service's or task set's tasks: recorded, not enforced. Required under awsvpc and
 * not allowed otherwise.
 * @throws InvalidParameterException
 */
export function readNetworkConfiguration(
  input: Answer<sdk.NetworkConfiguration> | undefined,
  { networkMode }: TaskDefinition,
  launchType: sdk.LaunchType,
): NetworkConfiguration | undefined {
  const given = input?.awsvpcConfiguration
  if (networkMode !== 'awsvpc') {
    if (given === undefined) return undefined
    throw invalidParameter('Network Configuration is not valid for the given networkMode of this task definition.')
  }
  if (given === undefined) {
    throw invalidParameter("Network Configuration must be provided when networkMode 'awsvpc' is specified.")
  }
  const { subnets = [], securityGroups = [], assignPublicIp = 'DISABLED' } = given
  if (subnets.length === 0) throw invalidParameter('subnets can not be empty.')
  if (subnets.length > 16) throw invalidParameter('subnets can have at most 16 items.')
  if (securityGroups.length > 5) throw invalidParameter('securityGroups can have at most 5 items.')
  if (assignPublicIp === 'ENABLED' && launchType !== 'FARGATE') {
    throw invalidParameter('Assign public IP is not supported for this launch type.')
  }
  return { awsvpcConfiguration: { subnets, securityGroups, assignPublicIp } }
}
