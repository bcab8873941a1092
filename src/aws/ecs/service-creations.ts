import type * as sdk from '@aws-sdk/client-ecs'
import type { Cluster } from '../../domain/cluster.ts'
import { arn, type Place } from '../../domain/identifiers.ts'
import type { Service } from '../../domain/service.ts'
import type { Engine } from '../../engine/engine.ts'
import type { Checked } from '../handlers.ts'
import { invalidParameter } from './errors.ts'
import { readLaunch } from './launch-types.ts'
import { readLoadBalancer } from './load-balancers.ts'
import { isAsked } from './members.ts'
import { findUsableTaskDefinition, namePattern } from './names.ts'
import { readNetworkConfiguration } from './network-configurations.ts'
import { checkSettings, recordedSettings, roleArn } from './service-settings.ts'
import { rollingUpdatesNotSupported } from './service-updates.ts'
import { readTags } from './tags.ts'
import { rootUser } from './task-definitions.ts'

type Input = Checked<sdk.CreateServiceRequest>

/**
 * The service a CreateService request describes.
 * @throws InvalidParameterException, ClientException, PlatformUnknownException
 * @throws UnsupportedFeatureException for the ECS deployment controller and what else Teal does not have.
 */
export function newService(engine: Engine, place: Place, cluster: Cluster, input: Input): Service {
  if (!namePattern.test(input.serviceName)) {
    throw invalidParameter('A serviceName has 1 to 255 letters, numbers, hyphens and underscores.')
  }
  const deploymentController = controllerOf(input)
  if (input.schedulingStrategy === 'DAEMON') {
    throw invalidParameter(
      `schedulingStrategy DAEMON is not supported with the ${deploymentController} deployment controller.`,
    )
  }
  if (input.desiredCount === undefined) throw invalidParameter('desiredCount must be specified.')
  if ((input.clientToken?.length ?? 0) > 64) throw invalidParameter('clientToken can have at most 64 characters.')
  const launch =
    deploymentController === 'CODE_DEPLOY' ? codeDeployLaunch(engine, place, cluster, input) : externalLaunch(input)
  checkSettings(input, launch.launchType)
  return {
    serviceArn: arn.service(cluster.clusterArn, input.serviceName),
    serviceName: input.serviceName,
    clusterArn: cluster.clusterArn,
    status: 'ACTIVE',
    deploymentController,
    desiredCount: input.desiredCount,
    ...launch,
    healthCheckGracePeriodSeconds: input.healthCheckGracePeriodSeconds ?? 0,
    createdAt: engine.clock.now(),
    createdBy: rootUser(place),
    tags: readTags(input.tags),
    recorded: { ...recordedSettings(input), roleArn: roleArn(place, input.role) },
  }
}

function controllerOf({ deploymentController }: Input): Service['deploymentController'] {
  const type = deploymentController?.type ?? 'ECS'
  if (type !== 'ECS') return type
  throw rollingUpdatesNotSupported(
    deploymentController === undefined ? 'A service without deploymentController' : 'deploymentController ECS',
  )
}

type ServiceLaunch = Pick<
  Service,
  'taskDefinition' | 'loadBalancers' | 'launchType' | 'platformVersion' | 'networkConfiguration'
>

/** What the first task set is made of. */
function codeDeployLaunch({ store }: Engine, place: Place, cluster: Cluster, input: Input): ServiceLaunch {
  if (!input.taskDefinition) throw invalidParameter('TaskDefinition can not be blank.')
  const definition = findUsableTaskDefinition(store, place, input.taskDefinition)
  const launch = readLaunch(input, definition, cluster)
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
    ...(networkConfiguration === undefined ? {} : { networkConfiguration }),
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
