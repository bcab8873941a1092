import type * as sdk from '@aws-sdk/client-ecs'
import type { TargetGroup } from '../../domain/load-balancer.ts'
import type { ServiceLoadBalancer } from '../../domain/service.ts'
import type { TaskDefinition } from '../../domain/task-definition.ts'
import type { Store } from '../../engine/store.ts'
import { invalidParameter } from './errors.ts'
import { readAdvancedConfiguration } from './traffic-configurations.ts'

/**
 * Checks one entry of a service's or task set's loadBalancers against the target group and the task definition.
 * @throws InvalidParameterException
 */
export function readLoadBalancer(
  store: Store,
  entry: sdk.LoadBalancer,
  definition: TaskDefinition,
): ServiceLoadBalancer {
  if (entry.advancedConfiguration !== undefined) {
    throw invalidParameter('advancedConfiguration is only supported with the ECS deployment controller. Remove it.')
  }
  return readTargetGroup(store, entry, definition)
}

function readTargetGroup(store: Store, entry: sdk.LoadBalancer, definition: TaskDefinition): ServiceLoadBalancer {
  const { targetGroupArn, loadBalancerName, containerName, containerPort, advancedConfiguration } = entry
  if (loadBalancerName && advancedConfiguration !== undefined) {
    throw invalidParameter('advancedConfiguration field is not allowed with ELBv1 loadBalancers')
  }
  if (loadBalancerName) {
    throw invalidParameter(
      'loadBalancerName names a Classic Load Balancer, which Teal does not have. Use targetGroupArn.',
    )
  }
  if (!targetGroupArn) throw invalidParameter('Each entry of loadBalancers needs a targetGroupArn.')
  if (!containerName) throw invalidParameter('Each entry of loadBalancers needs a containerName.')
  if (containerPort === undefined) throw invalidParameter('Each entry of loadBalancers needs a containerPort.')
  checkTargetGroup(store, targetGroupArn, definition)
  checkContainer(definition, containerName, containerPort)
  return { targetGroupArn, containerName, containerPort }
}

/**
 * All entries of a service under the ECS controller: each task is registered with every one of the groups.
 * @throws InvalidParameterException
 */
export function readLoadBalancers(
  store: Store,
  entries: readonly sdk.LoadBalancer[],
  definition: TaskDefinition,
): readonly ServiceLoadBalancer[] {
  const classic = entries.filter(({ loadBalancerName }) => loadBalancerName)
  if (classic.length > 0 && entries.some(({ targetGroupArn }) => targetGroupArn)) {
    throw invalidParameter(
      'All loadBalancers must be strictly either ELBv1 (defining loadBalancerName) or ELBv2 (defining targetGroupArn)',
    )
  }
  if (entries.length > mostTargetGroups) {
    throw invalidParameter(`loadBalancers can have at most ${mostTargetGroups} items.`)
  }
  const read = entries.map((entry): ServiceLoadBalancer => {
    const { advancedConfiguration: advanced } = entry
    const plain = readTargetGroup(store, entry, definition)
    if (advanced === undefined) return plain
    return { ...plain, advancedConfiguration: readAdvancedConfiguration(store, plain.targetGroupArn, advanced) }
  })
  const groups = read.map(({ targetGroupArn }) => targetGroupArn)
  const duplicate = groups.find((group, index) => groups.indexOf(group) < index)
  if (duplicate !== undefined) throw invalidParameter(`Duplicate targetGroupArn found: ${duplicate}`)
  return read
}

/** ECS's quota of target groups of a service. */
const mostTargetGroups = 5

function checkTargetGroup(store: Store, targetGroupArn: string, { networkMode }: TaskDefinition): void {
  const targetGroup = store.targetGroups.get(targetGroupArn)
  if (targetGroup === undefined) {
    throw invalidParameter(`The target group with targetGroupArn ${targetGroupArn} does not exist.`)
  }
  if (!hasLoadBalancer(store, targetGroup)) {
    throw invalidParameter(
      `The target group with targetGroupArn ${targetGroupArn} does not have an associated load balancer.`,
    )
  }
  const targetType = networkMode === 'awsvpc' ? 'ip' : 'instance'
  if (targetGroup.targetType !== targetType) {
    throw invalidParameter(
      `The provided target group ${targetGroupArn} has target type ${targetGroup.targetType}, which is incompatible ` +
        `with the ${networkMode} network mode specified in the task definition.`,
    )
  }
}

/** A target group belongs to a load balancer once a listener or one of its rules forwards to it. */
function hasLoadBalancer(store: Store, { targetGroupArn }: TargetGroup): boolean {
  const actions = [
    ...store.listeners.list().flatMap(({ defaultActions }) => defaultActions),
    ...store.rules.list().flatMap((rule) => rule.actions),
  ]
  return actions.some(
    (action) =>
      action.type === 'forward' && action.targetGroups.some((target) => target.targetGroupArn === targetGroupArn),
  )
}

function checkContainer({ containerDefinitions }: TaskDefinition, containerName: string, containerPort: number): void {
  const container = containerDefinitions.find(({ name }) => name === containerName)
  if (container === undefined) throw invalidParameter('The container does not exist in the task definition.')
  if (!container.portMappings.some((mapping) => mapping.containerPort === containerPort)) {
    throw invalidParameter(`The container ${containerName} did not have a container port ${containerPort} defined.`)
  }
}
