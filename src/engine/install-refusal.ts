import { associationRefusal, strategyRefusal, unknownProviderRefusal } from '../domain/capacity-provider.ts'
import { capacityProvidersOf } from '../domain/cluster.ts'
import type { Cluster } from '../domain/cluster.ts'
import type { DeploymentPlan } from '../domain/deployment.ts'
import { lastPart, parseArn, type Place } from '../domain/identifiers.ts'
import { containerFindings } from '../domain/preflight/container-findings.ts'
import { definitionElsewhere, missingDefinition, statusFindings } from '../domain/preflight/task-definition-findings.ts'
import { platformVersions } from '../domain/service.ts'
import type { Service } from '../domain/service.ts'
import type { TaskDefinition } from '../domain/task-definition.ts'
import { refusedByEcs } from './deployment-failure.ts'

type Install = DeploymentPlan['install']
type Around = Pick<Service, 'launchType' | 'serviceArn'> & { readonly cluster?: Cluster | undefined }

/**
 * What ECS says against a replacement task set, as it would against one of CreateTaskSet.
 * @throws DeploymentInterrupted ECS_UPDATE_ERROR
 */
export function refuseInstall(install: Install, taskDefinition: TaskDefinition | undefined, around: Around): void {
  // A family of which no revision is ACTIVE is `family:0` here.
  const name = lastPart(install.taskDefinition).replace(/:0$/, '')
  const elsewhere = definitionElsewhere(install.taskDefinition, placeOf(around))
  if (taskDefinition === undefined || elsewhere !== undefined) {
    throw refusedByEcs('Unable to describe task definition.', [missingDefinition(name, elsewhere)])
  }
  if (taskDefinition.status !== 'ACTIVE') {
    throw refusedByEcs('TaskDefinition is inactive', statusFindings({ ...taskDefinition, name }))
  }
  refuseStrategy(install, around)
  refuseLaunch(install, taskDefinition, around)
  if (taskDefinition.networkMode === 'awsvpc' && install.networkConfiguration === undefined) {
    throw refusedByEcs("Network Configuration must be provided when networkMode 'awsvpc' is specified.")
  }
  refuseContainer(install, { ...taskDefinition, name })
}

function placeOf({ serviceArn }: Around): Place {
  const { region = '', accountId = '' } = parseArn(serviceArn) ?? {}
  return { region, accountId }
}

function refuseStrategy({ capacityProviderStrategy: strategy }: Install, { cluster }: Around): void {
  if (strategy === undefined) return
  const associated = cluster === undefined ? [] : capacityProvidersOf(cluster)
  const refusal =
    unknownProviderRefusal(strategy) ?? strategyRefusal(strategy) ?? associationRefusal(strategy, associated)
  if (refusal !== undefined) throw refusedByEcs(refusal)
}

function refuseLaunch({ platformVersion }: Install, { compatibilities }: TaskDefinition, { launchType }: Around): void {
  // Where nothing is said of them, an earlier version has kept it.
  if (compatibilities.length > 0 && !compatibilities.includes(launchType)) {
    throw refusedByEcs(`Task definition does not support launch_type ${launchType}.`)
  }
  if (platformVersion === undefined) return
  if (launchType !== 'FARGATE') {
    throw refusedByEcs('The platform version must be null when specifying an EC2 launch type.')
  }
  if (!platformVersions.includes(platformVersion)) {
    throw refusedByEcs("The specified platform version doesn't exist.", [], 'PlatformUnknownException')
  }
}

function refuseContainer({ loadBalancer }: Install, taskDefinition: TaskDefinition & { readonly name: string }): void {
  const { containerName, containerPort } = loadBalancer
  const container = taskDefinition.containerDefinitions.find((each) => each.name === containerName)
  const findings = () => containerFindings(loadBalancer, taskDefinition)
  if (container === undefined) {
    throw refusedByEcs('The container does not exist in the task definition.', findings())
  }
  if (!container.portMappings.some((mapping) => mapping.containerPort === containerPort)) {
    const refusal = `The container ${containerName} did not have a container port ${containerPort} defined.`
    throw refusedByEcs(refusal, findings())
  }
}
