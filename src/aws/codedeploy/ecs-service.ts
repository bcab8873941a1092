import type * as sdk from '@aws-sdk/client-codedeploy'
import { AwsError } from '../../domain/aws-error.ts'
import type { DeploymentGroup, EcsServiceName } from '../../domain/code-deploy.ts'
import { lastPart } from '../../domain/identifiers.ts'
import type { Service } from '../../domain/service.ts'
import { findService } from '../../engine/deployment-plan.ts'
import type { Here } from './lookups.ts'
import { quoted } from './names.ts'

/**
 * Reads the one ECS service of a deployment group, which must be there and leave its deployments to CodeDeploy.
 * @throws AwsError InvalidECSServiceException
 */
export function readEcsService(here: Here, services: readonly sdk.ECSService[] | undefined): EcsServiceName {
  const [given, ...others] = services ?? []
  if (given === undefined) throw invalid('For ECS deployment group, ecsServices must be specified')
  if (others.length > 0) {
    throw invalid(
      `For ECS deployment group, ecsServices must contain exactly one service; it has ${others.length + 1}.`,
    )
  }
  if (!given.serviceName) throw invalid('For ECS deployment group, ecsServices[0].serviceName must be specified')
  const name = { serviceName: given.serviceName, clusterName: given.clusterName || clusterOf(given.serviceName) }
  checkDeployable(here, name)
  return name
}

/** @throws AwsError ECSServiceMappingLimitExceededException where the service is another group's already */
export function refuseMappedElsewhere(
  here: Here,
  name: EcsServiceName,
  self: Pick<DeploymentGroup, 'deploymentGroupId'> | undefined,
): void {
  const serviceArn = serviceOf(here, name)?.serviceArn
  const other = here.store.deploymentGroups
    .list()
    .filter((group) => group.region === here.call.region && group.deploymentGroupId !== self?.deploymentGroupId)
    .find((group) => serviceOf(here, group.ecsService)?.serviceArn === serviceArn)
  if (serviceArn === undefined || other === undefined) return
  throw new AwsError(
    'ECSServiceMappingLimitExceededException',
    `The ECS service ${lastPart(serviceArn)} is in deployment group '${other.deploymentGroupName}' of application ` +
      `'${other.applicationName}' already. A service can be in one deployment group: update or delete that one.`,
  )
}

/** Undefined where the service is not there any more. */
export function serviceOf({ store, call }: Here, name: EcsServiceName): Service | undefined {
  return findService(store, call, name)
}

function checkDeployable(here: Here, name: EcsServiceName): void {
  const service = serviceOf(here, name)
  if (service === undefined) throw unreadable(name, 'The service does not exist in this cluster.')
  const inArn = name.serviceName.startsWith('arn:') && name.serviceName !== service.serviceArn
  if (inArn && name.serviceName.split('/').length > 2) {
    throw unreadable(name, `The service's ARN ${quoted(name.serviceName)} is of another region, account or cluster.`)
  }
  if (service.status !== 'ACTIVE') throw unreadable(name, `The service is ${service.status}, not ACTIVE.`)
  if (service.deploymentController !== 'CODE_DEPLOY') {
    throw invalid("Deployment group's ECS service must be configured for a CODE_DEPLOY deployment controller.")
  }
}

/** ECS's default cluster, unless the service's ARN, `…:service/CLUSTER/SERVICE`, names its cluster. */
function clusterOf(serviceName: string): string {
  const [, cluster, service] = serviceName.split('/')
  return serviceName.startsWith('arn:') && cluster !== undefined && service !== undefined ? cluster : 'default'
}

function unreadable({ clusterName, serviceName }: EcsServiceName, cause: string): AwsError {
  return invalid(
    `Could not load ECS service information for cluster: ${lastPart(clusterName)}, service: ${lastPart(serviceName)}. Cause: ${cause}`,
  )
}

function invalid(message: string): AwsError {
  return new AwsError('InvalidECSServiceException', message)
}
