import type * as sdk from '@aws-sdk/client-ecs'
import type { Cluster } from '../../domain/cluster.ts'
import { arn, type Place } from '../../domain/identifiers.ts'
import type { AwsError } from '../../domain/aws-error.ts'
import type { DeploymentController, Service } from '../../domain/service.ts'
import type { Engine } from '../../engine/engine.ts'
import type { Checked } from '../handlers.ts'
import { defined } from './defined.ts'
import { invalidParameter, notSupported } from './errors.ts'
import { strategyOf } from './capacity-providers.ts'
import { readDeploymentConfiguration } from './deployment-configurations.ts'
import { readLaunch } from './launch-types.ts'
import { readLoadBalancer, readLoadBalancers } from './load-balancers.ts'
import { isAsked } from './members.ts'
import { findUsableTaskDefinition, namePattern } from './names.ts'
import { readNetworkConfiguration } from './network-configurations.ts'
import { checkSettings, recordedSettings, roleArn } from './service-settings.ts'
import { readTags } from './tags.ts'
import { rootUser } from './task-definitions.ts'
import { checkTrafficConfiguration } from './traffic-configurations.ts'

type Input = Checked<sdk.CreateServiceRequest>

/**
 * The service a CreateService request describes.
 * @throws InvalidParameterException, ClientException, PlatformUnknownException
 * @throws UnsupportedFeatureException for what Teal does not have.
 */
export function newService(engine: Engine, place: Place, cluster: Cluster, input: Input): Service {
  if (!namePattern.test(input.serviceName)) {
    throw invalidParameter('A serviceName has 1 to 255 letters, numbers, hyphens and underscores.')
  }
  const deploymentController = input.deploymentController?.type ?? 'ECS'
  if (input.schedulingStrategy === 'DAEMON') throw daemon(deploymentController)
  const desiredCount = desiredCountUnder(deploymentController, input)
  if ((input.clientToken?.length ?? 0) > 64) throw invalidParameter('clientToken can have at most 64 characters.')
  const launch = launchUnder(deploymentController, engine, place, cluster, input)
  checkSettings(input, launch.launchType, deploymentController)
  return {
    serviceArn: arn.service(cluster.clusterArn, input.serviceName),
    serviceName: input.serviceName,
    clusterArn: cluster.clusterArn,
    status: 'ACTIVE',
    deploymentController,
    desiredCount,
    ...launch,
    healthCheckGracePeriodSeconds: input.healthCheckGracePeriodSeconds ?? 0,
    createdAt: engine.clock.now(),
    createdBy: rootUser(place),
    tags: readTags(input.tags),
    recorded: { ...recordedSettings(input, deploymentController), roleArn: roleArn(place, input.role) },
  }
}

/** Where the client deploys by task sets, the name of a service is all that ECS requires. */
function desiredCountUnder(controller: DeploymentController, { desiredCount }: Input): number {
  if (desiredCount !== undefined) return desiredCount
  if (controller === 'EXTERNAL') return 0
  throw invalidParameter('desiredCount must be specified.')
}

/** ECS has daemons under its own controller; on one machine a service of one task is the same. */
function daemon(controller: DeploymentController): AwsError {
  if (controller === 'ECS') return notSupported('schedulingStrategy DAEMON', 'Use REPLICA with desiredCount 1.')
  return invalidParameter(`schedulingStrategy DAEMON is not supported with the ${controller} deployment controller.`)
}

type ServiceLaunch = Pick<
  Service,
  | 'taskDefinition'
  | 'loadBalancers'
  | 'launchType'
  | 'platformVersion'
  | 'networkConfiguration'
  | 'capacityProviderStrategy'
  | 'deploymentConfiguration'
>

function launchUnder(
  controller: DeploymentController,
  engine: Engine,
  place: Place,
  cluster: Cluster,
  input: Input,
): ServiceLaunch {
  switch (controller) {
    case 'ECS':
      return ecsLaunch(engine, place, cluster, input)
    case 'CODE_DEPLOY':
      return codeDeployLaunch(engine, place, cluster, input)
    case 'EXTERNAL':
      return externalLaunch(input)
  }
}

/** What the first deployment is made of. */
function ecsLaunch({ store }: Engine, place: Place, cluster: Cluster, input: Input): ServiceLaunch {
  if (!input.taskDefinition) throw invalidParameter('TaskDefinition can not be blank.')
  const definition = findUsableTaskDefinition(store, place, input.taskDefinition)
  const launch = readLaunch(input, definition, cluster)
  const capacityProviderStrategy = strategyOf(input, cluster)
  const loadBalancers = readLoadBalancers(store, input.loadBalancers ?? [], definition)
  const deploymentConfiguration = readDeploymentConfiguration(input.deploymentConfiguration)
  checkTrafficConfiguration(loadBalancers, deploymentConfiguration)
  return {
    taskDefinition: definition.taskDefinitionArn,
    loadBalancers,
    ...launch,
    ...defined({
      networkConfiguration: readNetworkConfiguration(input.networkConfiguration, definition, launch.launchType),
      capacityProviderStrategy,
    }),
    deploymentConfiguration,
  }
}

/** What the first task set is made of. */
function codeDeployLaunch({ store }: Engine, place: Place, cluster: Cluster, input: Input): ServiceLaunch {
  if (!input.taskDefinition) throw invalidParameter('TaskDefinition can not be blank.')
  const definition = findUsableTaskDefinition(store, place, input.taskDefinition)
  const launch = readLaunch(input, definition, cluster)
  const capacityProviderStrategy = strategyOf(input, cluster)
  const networkConfiguration = readNetworkConfiguration(input.networkConfiguration, definition, launch.launchType)
  const [entry, ...others] = input.loadBalancers ?? []
  if (entry === undefined || others.length > 0) {
    throw invalidParameter(
      'A service with the CODE_DEPLOY deployment controller needs exactly one entry in loadBalancers: ' +
        'the target group of its first task set.',
    )
  }
  return {
    taskDefinition: definition.taskDefinitionArn,
    loadBalancers: [readLoadBalancer(store, entry, definition)],
    ...launch,
    ...defined({ networkConfiguration, capacityProviderStrategy }),
  }
}

const taskSetMembers = [
  'taskDefinition',
  'loadBalancers',
  'launchType',
  'platformVersion',
  'networkConfiguration',
  'serviceRegistries',
  'capacityProviderStrategy',
] as const satisfies readonly (keyof Input)[]

/** An EXTERNAL service has only its own settings; its task sets bring the rest. */
function externalLaunch(input: Input): ServiceLaunch {
  const member = taskSetMembers.find((name) => isAsked(input[name]))
  if (member !== undefined) {
    throw invalidParameter(
      `${member} cannot be specified for a service with the EXTERNAL deployment controller. Give it to CreateTaskSet.`,
    )
  }
  return { loadBalancers: [], launchType: 'EC2' }
}
