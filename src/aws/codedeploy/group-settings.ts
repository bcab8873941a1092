import type * as sdk from '@aws-sdk/client-codedeploy'
import { AwsError } from '../../domain/aws-error.ts'
import type { DeploymentGroup, DeploymentGroupSettings } from '../../domain/code-deploy.ts'
import { ecsAllAtOnce } from '../../domain/deployment-configs.ts'
import { readBlueGreenConfig } from './blue-green-config.ts'
import { ecsTrafficRouting } from './deployment-configs.ts'
import { readEcsService, refuseMappedElsewhere } from './ecs-service.ts'
import { readLoadBalancerInfo } from './load-balancer-info.ts'
import type { Here } from './lookups.ts'
import { quoted } from './names.ts'
import { readAlarms, readAutoRollback } from './rollback-and-alarms.ts'
import { readTriggers } from './triggers.ts'

/** What CreateDeploymentGroup and UpdateDeploymentGroup both take. */
export type GroupInput = Omit<
  sdk.UpdateDeploymentGroupInput,
  'applicationName' | 'currentDeploymentGroupName' | 'newDeploymentGroupName'
>

/** The settings of a new group: what an ECS group needs must be there. */
export function newSettings(here: Here, input: GroupInput): DeploymentGroupSettings {
  const serviceRoleArn = readRole(input.serviceRoleArn)
  const deploymentConfigName = readConfigName(here, input.deploymentConfigName ?? ecsAllAtOnce)
  checkDeploymentStyle(input.deploymentStyle)
  refuseServerMembers(input)
  const ecsService = readEcsService(here, input.ecsServices)
  const targetGroupPair = readLoadBalancerInfo(here, input.loadBalancerInfo)
  const waits = readBlueGreenConfig(input.blueGreenDeploymentConfiguration)
  const optional = readOptionalSettings(input)
  refuseMappedElsewhere(here, ecsService, undefined)
  return {
    serviceRoleArn,
    deploymentConfigName,
    ecsService,
    targetGroupPair,
    ...waits,
    autoRollbackConfiguration: { enabled: false, events: [] },
    outdatedInstancesStrategy: 'UPDATE',
    ...optional,
  }
}

/** The settings of a group after an update: each top-level member that is present replaces the group's, whole. */
export function updatedSettings(here: Here, group: DeploymentGroup, input: GroupInput): DeploymentGroupSettings {
  const { serviceRoleArn: role, deploymentConfigName: config, ecsServices, loadBalancerInfo: info } = input
  const given: Partial<DeploymentGroupSettings> = {
    ...(role === undefined ? {} : { serviceRoleArn: readRole(role) }),
    ...(config === undefined ? {} : { deploymentConfigName: readConfigName(here, config) }),
  }
  if (input.deploymentStyle !== undefined) checkDeploymentStyle(input.deploymentStyle)
  refuseServerMembers(input)
  const waits = input.blueGreenDeploymentConfiguration
  const settings = {
    ...settingsOf(group),
    ...given,
    ...(ecsServices === undefined ? {} : { ecsService: readEcsService(here, ecsServices) }),
    ...(info === undefined ? {} : { targetGroupPair: readLoadBalancerInfo(here, info) }),
    ...(waits === undefined ? {} : readBlueGreenConfig(waits)),
    ...readOptionalSettings(input),
  }
  refuseMappedElsewhere(here, settings.ecsService, group)
  return settings
}

/** A group's settings without what makes it this group. */
export function settingsOf(group: DeploymentGroup): DeploymentGroupSettings {
  return {
    deploymentConfigName: group.deploymentConfigName,
    serviceRoleArn: group.serviceRoleArn,
    ecsService: group.ecsService,
    targetGroupPair: group.targetGroupPair,
    deploymentReadyOption: group.deploymentReadyOption,
    terminateBlueInstances: group.terminateBlueInstances,
    autoRollbackConfiguration: group.autoRollbackConfiguration,
    ...(group.alarmConfiguration === undefined ? {} : { alarmConfiguration: group.alarmConfiguration }),
    outdatedInstancesStrategy: group.outdatedInstancesStrategy,
    ...(group.triggerConfigurations === undefined ? {} : { triggerConfigurations: group.triggerConfigurations }),
  }
}

function readOptionalSettings(input: GroupInput): Partial<DeploymentGroupSettings> {
  const { triggerConfigurations: triggers, alarmConfiguration: alarms, autoRollbackConfiguration: autoRollback } = input
  return {
    ...(alarms === undefined ? {} : { alarmConfiguration: readAlarms('alarmConfiguration', alarms) }),
    ...(autoRollback === undefined ? {} : { autoRollbackConfiguration: readAutoRollback(autoRollback) }),
    ...(input.outdatedInstancesStrategy === undefined
      ? {}
      : { outdatedInstancesStrategy: input.outdatedInstancesStrategy }),
    ...(triggers === undefined ? {} : { triggerConfigurations: readTriggers(triggers) }),
  }
}

/** Recorded, not enforced: no role is assumed, but what cannot be the ARN of one is refused as on AWS. */
function readRole(serviceRoleArn: string | undefined): string {
  if (serviceRoleArn === undefined || serviceRoleArn === '') {
    throw new AwsError('RoleRequiredException', 'ServiceRoleArn is missing')
  }
  if (/^arn:[^:]+:iam::\d{12}:role\/.+$/.test(serviceRoleArn)) return serviceRoleArn
  throw new AwsError(
    'InvalidRoleException',
    `serviceRoleArn ${quoted(serviceRoleArn)} is not the ARN of an IAM role. Pass e.g. arn:aws:iam::000000000000:role/CodeDeploy.`,
  )
}

function readConfigName(here: Here, name: string): string {
  ecsTrafficRouting(here, name)
  return name
}

function checkDeploymentStyle(style: sdk.DeploymentStyle | undefined): void {
  if (style?.deploymentType === 'BLUE_GREEN' && style.deploymentOption === 'WITH_TRAFFIC_CONTROL') return
  throw new AwsError(
    'InvalidDeploymentStyleException',
    'For ECS deployment, the deployment type must be BLUE_GREEN, and deployment option must be WITH_TRAFFIC_CONTROL.',
  )
}

/** Members for instances; empty ones are accepted, because clients of other platforms' habits send them. */
function refuseServerMembers(input: GroupInput): void {
  const present: readonly [string, string, boolean][] = [
    ['autoScalingGroups', 'InvalidAutoScalingGroupException', isFilled(input.autoScalingGroups)],
    ['ec2TagFilters', 'InvalidEC2TagException', isFilled(input.ec2TagFilters)],
    ['onPremisesInstanceTagFilters', 'InvalidTagException', isFilled(input.onPremisesInstanceTagFilters)],
    ['ec2TagSet', 'InvalidEC2TagCombinationException', isFilled(input.ec2TagSet?.ec2TagSetList)],
    [
      'onPremisesTagSet',
      'InvalidOnPremisesTagCombinationException',
      isFilled(input.onPremisesTagSet?.onPremisesTagSetList),
    ],
    ['terminationHookEnabled', 'InvalidInputException', input.terminationHookEnabled === true],
  ]
  for (const [member, code, isPresent] of present) {
    if (isPresent) throw new AwsError(code, `For ECS deployment group, ${member} can not be specified`)
  }
}

function isFilled(list: readonly unknown[] | undefined): boolean {
  return list !== undefined && list.length > 0
}
