import { AwsError } from '../../domain/aws-error.ts'
import { refuseByMember, type Refuse } from '../wire/refusal.ts'

/**
 * How CodeDeploy words an input its model refuses: `<Member>RequiredException` for what is missing, `Invalid…Exception` for
 * a value that is not in the enum, or no integer. Where the exception is not called like the member, the tables below say its name.
 */
export const refuseAsCodeDeploy: Refuse = (problems, call) => {
  const error = byMember(problems, call)
  const [problem] = problems
  const isValue = problem.kind === 'notInEnum' || problem.kind === 'notInteger'
  if (!isValue || error.code !== 'ValidationException') return error
  const code = problem.path.map((part) => invalidValues[part]).find((name) => name !== undefined)
  return code === undefined ? error : new AwsError(code, error.message)
}

const byMember = refuseByMember({
  exceptions: {
    applicationNames: 'ApplicationNameRequiredException',
    currentDeploymentGroupName: 'DeploymentGroupNameRequiredException',
    deploymentGroupNames: 'DeploymentGroupNameRequiredException',
    deploymentIds: 'DeploymentIdRequiredException',
    revisions: 'RevisionRequiredException',
    serviceRoleArn: 'RoleRequiredException',
    TagKeys: 'TagRequiredException',
    Tags: 'TagRequiredException',
    targetId: 'DeploymentTargetIdRequiredException',
    targetIds: 'DeploymentTargetIdRequiredException',
  },
})

/** Which exception a value outside its enum, or a number that is no integer, is, by the member it stands in. */
const invalidValues: Readonly<Record<string, string>> = {
  autoRollbackConfiguration: 'InvalidAutoRollbackConfigException',
  deployed: 'InvalidDeployedStateFilterException',
  deploymentMode: 'InvalidInputException',
  ec2TagFilters: 'InvalidEC2TagException',
  ec2TagSet: 'InvalidEC2TagException',
  includeOnlyStatuses: 'InvalidDeploymentStatusException',
  minimumHealthyHosts: 'InvalidMinimumHealthyHostValueException',
  onPremisesInstanceTagFilters: 'InvalidTagException',
  onPremisesTagSet: 'InvalidTagException',
  outdatedInstancesStrategy: 'InvalidInputException',
  status: 'InvalidLifecycleEventHookExecutionStatusException',
  targetInstances: 'InvalidTargetInstancesException',
  trafficRoutingConfig: 'InvalidTrafficRoutingConfigurationException',
  triggerConfigurations: 'InvalidTriggerConfigException',
  zonalConfig: 'InvalidZonalDeploymentConfigurationException',
}
