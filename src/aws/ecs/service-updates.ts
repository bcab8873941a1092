import type * as sdk from '@aws-sdk/client-ecs'
import { isTerminal } from '../../domain/deployment.ts'
import type { DeploymentController, Service } from '../../domain/service.ts'
import type { Store } from '../../engine/store.ts'
import type { Checked } from '../handlers.ts'
import { invalidParameter, notSupported } from './errors.ts'
import { isAsked } from './members.ts'
import { taskSetsOf } from './names.ts'

type Input = Checked<sdk.UpdateServiceRequest>

/** Under which controllers UpdateService may change a member, and what it is called where it may not. */
const rules = {
  cluster: 'both',
  service: 'both',
  desiredCount: 'both',
  healthCheckGracePeriodSeconds: 'both',
  enableECSManagedTags: 'both',
  propagateTags: 'both',
  placementConstraints: 'both',
  placementStrategy: 'both',
  deploymentController: 'both',
  deploymentConfiguration: { codeDeployOnly: 'deployment configuration' },
  // Not in the guide's list for CODE_DEPLOY, but users' tools send them.
  enableExecuteCommand: { codeDeployOnly: 'execute command setting' },
  availabilityZoneRebalancing: { codeDeployOnly: 'Availability Zone rebalancing' },
  taskDefinition: { never: 'task definition' },
  networkConfiguration: { never: 'network parameters' },
  platformVersion: { never: 'platform version' },
  capacityProviderStrategy: { never: 'capacity providers' },
  loadBalancers: { never: 'load balancers' },
  serviceRegistries: { never: 'service registries' },
  serviceConnectConfiguration: { never: 'Service Connect configuration' },
  volumeConfigurations: { never: 'volume configurations' },
  vpcLatticeConfigurations: { never: 'VPC Lattice configurations' },
  gatewayConnectors: { never: 'gateway connectors' },
  monitoring: { never: 'monitoring configuration' },
  forceNewDeployment: { never: 'forced deployment' },
} as const satisfies Record<keyof sdk.UpdateServiceRequest, Rule>

type Rule = 'both' | { readonly codeDeployOnly: string } | { readonly never: string }

/**
 * Refuses the members which the service's deployment controller does not let UpdateService change, also where the value
 * is the one the service has.
 * @throws InvalidParameterException
 */
export function checkUpdate(controller: DeploymentController, input: Input): void {
  if (controller === 'ECS') return
  if (input.forceNewDeployment === true) throw refusal('Cannot force a new deployment', controller)
  for (const [member, rule] of Object.entries<Rule>(rules)) {
    const words = forbidden(rule, controller)
    const value = input[member as keyof Input]
    // An empty list of load balancers asks for their removal.
    const isGiven = isAsked(value) || (member === 'loadBalancers' && value !== undefined)
    if (words !== undefined && isGiven) throw refusal(`Unable to update ${words}`, controller)
  }
}

/** The controllers under which somebody else deploys. */
type OtherController = Exclude<DeploymentController, 'ECS'>

function forbidden(rule: Rule, controller: OtherController): string | undefined {
  if (rule === 'both') return undefined
  if ('never' in rule) return rule.never
  return controller === 'EXTERNAL' ? rule.codeDeployOnly : undefined
}

const instead = {
  CODE_DEPLOY: 'a CODE_DEPLOY deployment controller. Use AWS CodeDeploy to trigger a new deployment.',
  EXTERNAL: 'an EXTERNAL deployment controller. Use CreateTaskSet to create a task set with the new settings.',
} as const satisfies Record<OtherController, string>

const refusal = (what: string, controller: OtherController) =>
  invalidParameter(`${what} on services with ${instead[controller]}`)

/**
 * The controller an update asks for. A CODE_DEPLOY service can become EXTERNAL while nothing is being deployed.
 * @throws InvalidParameterException for changes ECS does not have, or during a deployment.
 * @throws UnsupportedFeatureException for the ECS controller.
 */
export function updatedController(store: Store, service: Service, input: Input): DeploymentController {
  const type = input.deploymentController?.type
  if (type === undefined || type === service.deploymentController) return service.deploymentController
  if (type === 'ECS') throw rollingUpdatesNotSupported('deploymentController ECS')
  if (type === 'CODE_DEPLOY') {
    throw invalidParameter('The deployment controller of a service cannot be changed from EXTERNAL to CODE_DEPLOY.')
  }
  if (isDeploying(store, service)) {
    throw invalidParameter('The deployment controller of a service cannot be changed during a deployment.')
  }
  return type
}

export const rollingUpdatesNotSupported = (parameter: string) =>
  notSupported(
    parameter,
    'Rolling updates are not done yet: create the service with deploymentController type=CODE_DEPLOY for blue/green ' +
      'deployments, or type=EXTERNAL to manage task sets yourself.',
  )

function isDeploying(store: Store, service: Service): boolean {
  const unfinished = store.deployments
    .list()
    .some(({ status, plan }) => !isTerminal(status) && plan?.serviceArn === service.serviceArn)
  return unfinished || taskSetsOf(store, service).length > 1
}
