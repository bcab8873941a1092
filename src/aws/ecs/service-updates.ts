import type * as sdk from '@aws-sdk/client-ecs'
import { isDeepStrictEqual } from 'node:util'
import { completedStrategy } from '../../domain/capacity-provider.ts'
import { parseArn } from '../../domain/identifiers.ts'
import { isOver } from '../../domain/service-deployment.ts'
import type { DeploymentController, Service } from '../../domain/service.ts'
import { currentDeployment } from '../../engine/service-deployments.ts'
import type { Store } from '../../engine/store.ts'
import type { Checked } from '../handlers.ts'
import { givenStrategy } from './capacity-providers.ts'
import { invalidParameter } from './errors.ts'
import { isAsked } from './members.ts'
import { taskSetsOf } from './names.ts'

type Input = Checked<sdk.UpdateServiceRequest>

/** Under which controllers UpdateService may change a member, and what it is called where it may not. */
const rules = {
  cluster: 'all',
  service: 'all',
  desiredCount: 'all',
  healthCheckGracePeriodSeconds: 'all',
  enableECSManagedTags: 'all',
  propagateTags: 'all',
  placementConstraints: 'all',
  placementStrategy: 'all',
  deploymentController: 'all',
  deploymentConfiguration: { notExternal: 'deployment configuration' },
  // Not in the guide's list for CODE_DEPLOY, but users' tools send them.
  enableExecuteCommand: { notExternal: 'execute command setting' },
  availabilityZoneRebalancing: { notExternal: 'Availability Zone rebalancing' },
  taskDefinition: { ecsOnly: 'task definition' },
  networkConfiguration: { ecsOnly: 'network parameters' },
  platformVersion: { ecsOnly: 'platform version' },
  capacityProviderStrategy: { ecsOnly: 'capacity providers' },
  loadBalancers: { ecsOnly: 'load balancers' },
  serviceRegistries: { ecsOnly: 'service registries' },
  serviceConnectConfiguration: { ecsOnly: 'Service Connect configuration' },
  volumeConfigurations: { ecsOnly: 'volume configurations' },
  vpcLatticeConfigurations: { ecsOnly: 'VPC Lattice configurations' },
  gatewayConnectors: { ecsOnly: 'gateway connectors' },
  monitoring: { ecsOnly: 'monitoring configuration' },
  forceNewDeployment: { ecsOnly: 'forced deployment' },
} as const satisfies Record<keyof sdk.UpdateServiceRequest, Rule>

type Rule = 'all' | { readonly notExternal: string } | { readonly ecsOnly: string }

/** The controllers under which somebody else deploys. */
type OtherController = Exclude<DeploymentController, 'ECS'>

/**
 * Refuses the members which the service's deployment controller, or the one it is to have, does not let UpdateService
 * change, also where the value is the one the service has.
 * @throws InvalidParameterException
 */
export function checkUpdate(service: Service, to: OtherController, input: Input): void {
  const from = service.deploymentController
  // What leaves the ECS controller is not deployed by it any more.
  const controller = from === 'ECS' ? to : from
  if (input.forceNewDeployment === true) throw refusal('Cannot force a new deployment', controller)
  for (const [member, rule] of Object.entries<Rule>(rules)) {
    const words = forbidden(rule, from)
    const value = input[member as keyof Input]
    // An empty list of load balancers asks for their removal.
    const isGiven = isAsked(value) || (member === 'loadBalancers' && value !== undefined)
    const isChange = member === 'capacityProviderStrategy' ? isOtherStrategy(service, input) : isGiven
    if (words !== undefined && isChange) throw refusal(`Unable to update ${words}`, controller)
  }
}

/** ECS takes the strategy which the service has, as tools send it with every update; an empty one asks for its removal. */
function isOtherStrategy(service: Service, { capacityProviderStrategy: given }: Input): boolean {
  if (given === undefined) return false
  return !isDeepStrictEqual(givenStrategy(given), completedStrategy(service.capacityProviderStrategy))
}

function forbidden(rule: Rule, from: DeploymentController): string | undefined {
  if (rule === 'all') return undefined
  if ('ecsOnly' in rule) return rule.ecsOnly
  return from === 'EXTERNAL' ? rule.notExternal : undefined
}

const instead = {
  CODE_DEPLOY: 'a CODE_DEPLOY deployment controller. Use AWS CodeDeploy to trigger a new deployment.',
  EXTERNAL: 'an EXTERNAL deployment controller. Use CreateTaskSet to create a task set with the new settings.',
} as const satisfies Record<OtherController, string>

const refusal = (what: string, controller: OtherController) =>
  invalidParameter(`${what} on services with ${instead[controller]}`)

const changesOfController = {
  ECS: ['EXTERNAL'],
  CODE_DEPLOY: ['ECS', 'EXTERNAL'],
  EXTERNAL: ['ECS'],
} as const satisfies Record<DeploymentController, readonly DeploymentController[]>

/**
 * The controller an update asks for. It can change while nothing is being deployed; nothing becomes CODE_DEPLOY.
 * @throws InvalidParameterException for changes ECS does not have, or during a deployment.
 */
export function updatedController(store: Store, service: Service, input: Input): DeploymentController {
  const from = service.deploymentController
  const to = input.deploymentController?.type
  if (to === undefined || to === from) return from
  const allowed: readonly DeploymentController[] = changesOfController[from]
  if (!allowed.includes(to)) {
    throw invalidParameter(`The deployment controller of a service cannot be changed from ${from} to ${to}.`)
  }
  if (isDeploying(store, service)) {
    throw invalidParameter('The deployment controller of a service cannot be changed during a deployment.')
  }
  if (from === 'ECS') checkLeavingEcs(service)
  if (to === 'ECS' && !taskSetsOf(store, service).some(({ status }) => status === 'PRIMARY')) {
    throw invalidParameter(
      'The deployment controller of a service without a PRIMARY task set cannot be changed to ECS. Make one PRIMARY with ' +
        'UpdateServicePrimaryTaskSet first.',
    )
  }
  return to
}

/** ECS lets nothing leave its controller that only it can do. */
function checkLeavingEcs({ deploymentConfiguration }: Service): void {
  const { alarms, deploymentCircuitBreaker, strategy = 'ROLLING' } = deploymentConfiguration ?? {}
  const feature =
    (alarms?.enable === true && 'deployment alarms') ||
    (deploymentCircuitBreaker?.enable === true && 'the deployment circuit breaker') ||
    (strategy !== 'ROLLING' && `deployment strategy ${strategy}`)
  if (feature === false) return
  throw invalidParameter(
    `The deployment controller of a service with ${feature} cannot be changed from ECS. Disable that first.`,
  )
}

function isDeploying(store: Store, service: Service): boolean {
  const unfinished = store.deployments
    .runningIn(parseArn(service.serviceArn)?.region ?? '')
    .some(({ plan }) => plan?.serviceArn === service.serviceArn)
  const deployment = currentDeployment(store, service)
  if (service.deploymentController === 'ECS' && deployment !== undefined && !isOver(deployment)) return true
  return unfinished || taskSetsOf(store, service).length > 1
}
