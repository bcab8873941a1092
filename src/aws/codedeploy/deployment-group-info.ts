import type { DeploymentGroup } from '../../domain/code-deploy.ts'
import type { Deployment } from '../../domain/deployment.ts'
import type { Store } from '../../engine/store.ts'
import { blueGreenConfig } from './blue-green-config.ts'
import { loadBalancerInfo } from './load-balancer-info.ts'
import { dateOf, deploymentsOfGroup, lastSuccessful } from './lookups.ts'
import { revisionLocation } from './revision-location.ts'

/** The one style there is for ECS. */
export const deploymentStyle = { deploymentType: 'BLUE_GREEN', deploymentOption: 'WITH_TRAFFIC_CONTROL' } as const

/** A group as GetDeploymentGroup answers it, with the empty lists that AWS sends for ECS. */
export function deploymentGroupInfo(store: Store, group: DeploymentGroup) {
  const deployments = deploymentsOfGroup({ store }, group)
  const successful = lastSuccessful(deployments)
  return {
    applicationName: group.applicationName,
    deploymentGroupId: group.deploymentGroupId,
    deploymentGroupName: group.deploymentGroupName,
    deploymentConfigName: group.deploymentConfigName,
    ec2TagFilters: [],
    onPremisesInstanceTagFilters: [],
    autoScalingGroups: [],
    serviceRoleArn: group.serviceRoleArn,
    targetRevision: successful && revisionLocation(successful.revision, { withContent: false }),
    triggerConfigurations: group.triggerConfigurations ?? [],
    alarmConfiguration: group.alarmConfiguration,
    autoRollbackConfiguration: group.autoRollbackConfiguration,
    deploymentStyle,
    outdatedInstancesStrategy: group.outdatedInstancesStrategy,
    blueGreenDeploymentConfiguration: blueGreenConfig(group),
    loadBalancerInfo: loadBalancerInfo(group.targetGroupPair),
    lastAttemptedDeployment: deployments[0] && lastDeploymentInfo(deployments[0]),
    lastSuccessfulDeployment: successful && lastDeploymentInfo(successful),
    computePlatform: 'ECS' as const,
    ecsServices: [group.ecsService],
    terminationHookEnabled: false,
  }
}

function lastDeploymentInfo({ deploymentId, status, createTime, completeTime }: Deployment) {
  return { deploymentId, status, createTime: dateOf(createTime), endTime: dateOf(completeTime) }
}
