import { AppSpecError, together, TreeNode } from './app-spec-tree.ts'
import { hookableEventNames, lifecycleEventNames, type PlannedHook } from './deployment.ts'
import type { CapacityProviderStrategyItem, NetworkConfiguration } from './service.ts'

export { AppSpecError } from './app-spec-tree.ts'

/** An AppSpec of the ECS compute platform: what to deploy, and the functions which judge it on the way. */
export type AppSpec = {
  /** As written: an ARN, or `family:revision`. */
  readonly taskDefinition: string
  readonly containerName: string
  readonly containerPort: number
  /** LATEST on Fargate where the AppSpec does not say. */
  readonly platformVersion?: string
  /** The service's own where the AppSpec does not say. */
  readonly networkConfiguration?: NetworkConfiguration
  /** None where the AppSpec does not say: tasks have a launch type then. */
  readonly capacityProviderStrategy?: readonly CapacityProviderStrategyItem[]
  /** In the order of the events. */
  readonly hooks: readonly PlannedHook[]
}

/** As an AppSpec writes it, with what it means where it says nothing. */
export function strategyInAppSpec(strategy: readonly CapacityProviderStrategyItem[]) {
  return strategy.map(({ capacityProvider: CapacityProvider, base: Base = 0, weight: Weight = 0 }) => {
    return { CapacityProvider, Base, Weight }
  })
}

/**
 * Reads an AppSpec from parsed JSON or YAML. Keys count in any letter case, as AWS's own clients take them.
 * @throws AppSpecError saying what is wrong, where, and how to mend it; all that is wrong, not the first of it alone.
 */
export function readAppSpecTree(tree: unknown): AppSpec {
  const root = new TreeNode(tree, [])
  if (root.isNull()) {
    throw new AppSpecError('It is empty. Begin with version: 0.0 and a Resources list', [], { opening: missing })
  }
  const foreign = { os: serverKey, files: serverKey, permissions: serverKey, file_exists_behavior: serverKey }
  const names = ['version', 'Resources', 'Hooks'] as const
  return root.members(names, { meant: 'an ECS AppSpec', foreign }, (version, resources, hooks) => {
    const [, properties, planned] = together(
      () => readVersion(version),
      () => readResources(resources),
      () => (hooks.isNull() ? [] : readHooks(hooks)),
    )
    return { ...properties, hooks: planned }
  })
}

const missing = 'An AppSpec file is required, but could not be found in the revision.'

const serverKey =
  'belongs to AppSpecs of EC2 and on-premises deployments; an ECS AppSpec names a task definition instead'

function readVersion(version: TreeNode): void {
  if (version.isNull()) throw version.error('is required. Write version: 0.0')
  if (!/^[01](\.0)?$/.test(version.text())) throw version.error(`is ${version.shown()}. Write version: 0.0`)
}

/** The `Properties` of the one resource, whatever name the resource was given. */
function readResources(resources: TreeNode): Omit<AppSpec, 'hooks'> {
  const shape = 'Write a list with one entry: Resources: [{TargetService: {Type: AWS::ECS::Service, Properties: {…}}}]'
  if (resources.isNull()) throw resources.error(`is required. ${shape}`)
  const entries = resources.list(shape)
  const named = entries.flatMap((entry) => entry.entries(shape))
  const resource = named[0]
  if (resource === undefined) throw resources.error(`holds no resource. ${shape}`)
  const second = named[1]
  if (second !== undefined) {
    throw second.error(
      'is a second resource, but one deployment deploys one ECS service. Give it an AppSpec of its own',
    )
  }
  return resource.members(['Type', 'Properties'], { meant: 'a resource' }, (type, properties) => {
    const [, read] = together(
      () => readType(type),
      () => readProperties(properties),
    )
    return read
  })
}

function readType(type: TreeNode): void {
  if (type.isNull()) throw type.error('is required. Write Type: AWS::ECS::Service')
  if (type.text() === 'AWS::ECS::Service') return
  throw type.error(`is ${type.shown()}, but an ECS deployment deploys AWS::ECS::Service`)
}

function readProperties(node: TreeNode): Omit<AppSpec, 'hooks'> {
  if (node.isNull()) throw node.error('is required. It holds TaskDefinition and LoadBalancerInfo')
  return node.members(
    ['TaskDefinition', 'LoadBalancerInfo', 'PlatformVersion', 'NetworkConfiguration', 'CapacityProviderStrategy'],
    { meant: 'Properties', foreign: lambdaKeys },
    (definition, loadBalancerInfo, platform, network, strategy) => {
      const [taskDefinition, container, platformVersion, networkConfiguration, capacityProviderStrategy] = together(
        () => readTaskDefinition(definition),
        () => readLoadBalancerInfo(loadBalancerInfo),
        () => (platform.isNull() ? undefined : platform.filledText('Write LATEST or "1.4.0"')),
        () => (network.isNull() ? undefined : readNetworkConfiguration(network)),
        () => (strategy.isNull() ? undefined : readCapacityProviderStrategy(strategy)),
      )
      return {
        taskDefinition,
        ...container,
        ...(platformVersion === undefined ? {} : { platformVersion }),
        ...(networkConfiguration === undefined ? {} : { networkConfiguration }),
        ...(capacityProviderStrategy === undefined ? {} : { capacityProviderStrategy }),
      }
    },
  )
}

const lambdaKey = 'belongs to AppSpecs of Lambda deployments; an ECS AppSpec has TaskDefinition and LoadBalancerInfo'
const lambdaKeys = { Alias: lambdaKey, CurrentVersion: lambdaKey, TargetVersion: lambdaKey }

function readTaskDefinition(node: TreeNode): string {
  const how = 'Write the ARN of an ACTIVE task definition, arn:aws:ecs:REGION:ACCOUNT:task-definition/FAMILY:REVISION'
  if (node.isNull()) throw node.error(`is required. ${how}`)
  const text = node.filledText(how)
  if (!/^<.*>$/.test(text)) return text
  throw node.error(
    `still holds the placeholder ${text}. CodePipeline, aws ecs deploy and the GitHub action put the ARN in its place; ` +
      `without them, ${how.charAt(0).toLowerCase()}${how.slice(1)}`,
  )
}

function readLoadBalancerInfo(node: TreeNode): Pick<AppSpec, 'containerName' | 'containerPort'> {
  const shape = 'Write a mapping: LoadBalancerInfo: {ContainerName: "web", ContainerPort: 8080}'
  if (node.isNull()) throw node.error(`is required. ${shape}`)
  if (node.isList())
    throw node.error(`is a list, but an ECS deployment has one container behind its load balancer. ${shape}`)
  return node.members(['ContainerName', 'ContainerPort'], { meant: 'LoadBalancerInfo', shape }, (name, port) => {
    const [containerName, containerPort] = together(
      () => readContainerName(name),
      () => readPort(port),
    )
    return { containerName, containerPort }
  })
}

function readContainerName(name: TreeNode): string {
  const how = 'Write the name of the container as in the task definition'
  if (name.isNull()) throw name.error(`is required. ${how}`)
  return name.filledText(how)
}

function readPort(port: TreeNode): number {
  const how = "Write the container's port as in the task definition, a number from 1 to 65535: ContainerPort: 8080"
  if (port.isNull()) throw port.error(`is required. ${how}`)
  const text = port.text()
  const number = /^\d{1,5}$/.test(text) ? Number(text) : 0
  if (number < 1 || number > 65_535) throw port.error(`is ${port.shown()}. ${how}`)
  return number
}

function readNetworkConfiguration(node: TreeNode): NetworkConfiguration {
  const shape =
    'Write NetworkConfiguration: {AwsvpcConfiguration: {Subnets: [subnet-1], SecurityGroups: [sg-1], AssignPublicIp: DISABLED}}'
  return node.members(['AwsvpcConfiguration'], { meant: 'NetworkConfiguration', shape }, (awsvpc) => {
    requireIn(awsvpc, shape)
    return awsvpc.members(
      ['Subnets', 'SecurityGroups', 'AssignPublicIp'],
      { meant: 'AwsvpcConfiguration', shape },
      (subnetList, groupList, publicIp) => {
        const [subnets, securityGroups, assignPublicIp] = together(
          () => readSubnets(subnetList, shape),
          () => readTexts(groupList, shape, 'Write the id of a security group'),
          () => readAssignPublicIp(publicIp, shape),
        )
        return { awsvpcConfiguration: { subnets, securityGroups, assignPublicIp } }
      },
    )
  })
}

function requireIn(member: TreeNode, shape: string): void {
  if (member.isNull()) throw member.error(`is required where NetworkConfiguration is given. ${shape}`)
}

function readSubnets(node: TreeNode, shape: string): readonly string[] {
  const subnets = readTexts(node, shape, 'Write the id of a subnet')
  if (subnets.length === 0) throw node.error(`is empty. ${shape}`)
  return subnets
}

function readTexts(node: TreeNode, shape: string, how: string): readonly string[] {
  requireIn(node, shape)
  return together(...node.list(shape).map((item) => () => item.filledText(how)))
}

function readAssignPublicIp(node: TreeNode, shape: string): 'ENABLED' | 'DISABLED' {
  requireIn(node, shape)
  const assigned = node.text()
  if (assigned === 'ENABLED' || assigned === 'DISABLED') return assigned
  throw node.error(`is ${node.shown()}. Write ENABLED or DISABLED`)
}

function readCapacityProviderStrategy(node: TreeNode): readonly CapacityProviderStrategyItem[] {
  const shape = 'Write a list: CapacityProviderStrategy: [{CapacityProvider: FARGATE_SPOT, Base: 1, Weight: 2}]'
  const names = ['CapacityProvider', 'Base', 'Weight'] as const
  return together(
    ...node.list(shape).map((item) => () => item.members(names, { meant: 'an entry', shape }, readStrategyItem)),
  )
}

function readStrategyItem(provider: TreeNode, baseNode: TreeNode, weightNode: TreeNode): CapacityProviderStrategyItem {
  const [capacityProvider, base, weight] = together(
    () => readProvider(provider),
    () => (baseNode.isNull() ? undefined : baseNode.wholeNumber(0, 100_000)),
    () => (weightNode.isNull() ? undefined : weightNode.wholeNumber(0, 1000)),
  )
  return {
    capacityProvider,
    ...(base === undefined ? {} : { base }),
    ...(weight === undefined ? {} : { weight }),
  }
}

function readProvider(node: TreeNode): string {
  const how = 'Write the name of a capacity provider, such as FARGATE_SPOT'
  if (node.isNull()) throw node.error(`is required. ${how}`)
  return node.filledText(how)
}

function readHooks(node: TreeNode): readonly PlannedHook[] {
  const shape = 'Write a list, one event an entry: Hooks: [{BeforeAllowTraffic: "function-name-or-arn"}]'
  const items = together(...node.list(shape).map((item) => () => (item.isNull() ? [] : item.entries(shape))))
  const seen = new Set<string>()
  const hooks = together(...items.flat().map((entry) => () => readHook(entry, seen)))
  return hookableEventNames.flatMap((event) => hooks.filter((hook) => hook.event === event))
}

function readHook(node: TreeNode, seen: Set<string>): PlannedHook {
  const event = node.nameAmong(hookableEventNames)
  if (event === undefined) throw node.error(notHookable(node))
  if (seen.has(event)) {
    throw node.error(`is a second hook on ${event}, but an event has one function. Keep one of them`)
  }
  seen.add(event)
  const how = `Write the name or ARN of one Lambda function: ${event}: "function-name-or-arn"`
  if (node.isNull()) throw node.error(`names no function. ${how}`)
  if (node.isList()) throw node.error(`is a list, the form for scripts on EC2 instances. ${how}`)
  return { event, functionName: node.filledText(how) }
}

function notHookable(node: TreeNode): string {
  const hookable = `Hooks can stand on ${hookableEventNames.slice(0, -1).join(', ')} and ${hookableEventNames.at(-1)}`
  const event = node.nameAmong(lifecycleEventNames)
  if (event !== undefined) return `cannot have a hook: ${event} is CodeDeploy's own work. ${hookable}`
  return `is not a lifecycle event of an ECS deployment${node.suggestion(hookableEventNames)}. ${hookable}`
}
