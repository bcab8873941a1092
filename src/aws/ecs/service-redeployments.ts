import type * as sdk from '@aws-sdk/client-ecs'
import type { Cluster } from '../../domain/cluster.ts'
import type { Place } from '../../domain/identifiers.ts'
import type { Service } from '../../domain/service.ts'
import type { Engine } from '../../engine/engine.ts'
import type { Checked } from '../handlers.ts'
import { changedStrategy } from './capacity-providers.ts'
import { defined } from './defined.ts'
import { readDeploymentConfiguration } from './deployment-configurations.ts'
import { readLaunch } from './launch-types.ts'
import { readLoadBalancers } from './load-balancers.ts'
import { findUsableTaskDefinition } from './names.ts'
import { readNetworkConfiguration } from './network-configurations.ts'
import { checkRollingUpdate, checkTrafficConfiguration } from './traffic-configurations.ts'

type Input = Checked<sdk.UpdateServiceRequest>

/** What a new deployment is made of: a change of any of these begins one. */
const deployedMembers = [
  'taskDefinition',
  'loadBalancers',
  'launchType',
  'platformVersion',
  'capacityProviderStrategy',
  'networkConfiguration',
] as const satisfies readonly (keyof Service)[]

/**
 * A service under the ECS controller with what an UpdateService request changes of it, and whether that needs a new
 * deployment. The parts are checked against one another as in CreateService.
 * @throws InvalidParameterException, ClientException, PlatformUnknownException, UnsupportedFeatureException
 */
export function withDeployedSettings(
  engine: Engine,
  place: Place,
  cluster: Cluster,
  service: Service,
  input: Input,
): { readonly service: Service; readonly needsDeployment: boolean } {
  const deploymentConfiguration = readDeploymentConfiguration(
    input.deploymentConfiguration,
    service.deploymentConfiguration,
  )
  const configured = { ...service, deploymentConfiguration }
  const asksForNothing =
    !input.forceNewDeployment &&
    !input.taskDefinition &&
    input.loadBalancers === undefined &&
    input.networkConfiguration === undefined &&
    input.platformVersion === undefined &&
    input.capacityProviderStrategy === undefined
  if (asksForNothing) {
    checkTrafficConfiguration(configured.loadBalancers, deploymentConfiguration)
    return { service: configured, needsDeployment: false }
  }
  const {
    platformVersion: _version,
    capacityProviderStrategy: _strategy,
    networkConfiguration: _network,
    ...others
  } = configured
  const changed: Service = { ...others, ...deployedOf(engine, place, cluster, service, input) }
  const isChanged = deployedMembers.some(
    (member) => JSON.stringify(changed[member]) !== JSON.stringify(service[member]),
  )
  const needsDeployment = isChanged || input.forceNewDeployment === true
  checkTrafficConfiguration(changed.loadBalancers, deploymentConfiguration)
  if (needsDeployment) checkRollingUpdate(engine.store, service, changed)
  return { service: changed, needsDeployment }
}

function deployedOf(
  { store }: Engine,
  place: Place,
  cluster: Cluster,
  service: Service,
  input: Input,
): Pick<Service, (typeof deployedMembers)[number]> {
  const definition = findUsableTaskDefinition(store, place, input.taskDefinition || (service.taskDefinition ?? ''))
  const capacityProviderStrategy = changedStrategy(input, service.capacityProviderStrategy, cluster)
  // Capacity providers bring their launch type with them; without any it stays what it is.
  const launchType = capacityProviderStrategy === undefined ? service.launchType : 'FARGATE'
  const platformVersion = input.platformVersion ?? service.platformVersion
  const launch = readLaunch({ launchType, ...defined({ platformVersion }) }, definition, cluster)
  const network =
    input.networkConfiguration ?? (definition.networkMode === 'awsvpc' ? service.networkConfiguration : undefined)
  return {
    taskDefinition: definition.taskDefinitionArn,
    loadBalancers: readLoadBalancers(store, input.loadBalancers ?? service.loadBalancers, definition),
    ...launch,
    ...defined({
      capacityProviderStrategy,
      networkConfiguration: readNetworkConfiguration(network, definition, launch.launchType),
    }),
  }
}
