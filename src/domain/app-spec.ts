import { AppSpecError, TreeNode } from './app-spec-tree.ts'
import { hookableEventNames, lifecycleEventNames, type PlannedHook } from './deployment.ts'
import type { NetworkConfiguration } from './service.ts'

export { AppSpecError } from './app-spec-tree.ts'

/** An AppSpec of the ECS compute platform: what to deploy, and the functions which judge it on the way. */
export type AppSpec = {
  /** As written: an ARN, or `family:revision`. */
  readonly taskDefinition: string
  readonly containerName: string
  readonly containerPort: number
  /** These three are the service's own where the AppSpec does not say. */
  readonly platformVersion?: string
  readonly networkConfiguration?: NetworkConfiguration
  readonly capacityProviderStrategy?: readonly CapacityProviderStrategyItem[]
  /** In the order of the events. */
  readonly hooks: readonly PlannedHook[]
}

type CapacityProviderStrategyItem = {
  readonly capacityProvider: string
  readonly base?: number
  readonly weight?: number
}

/**
 * Reads an AppSpec from parsed JSON or YAML. Keys count in any letter case, as AWS's own clients take them.
 * @throws AppSpecError saying what is wrong, where, and how to mend it.
 */
export function readAppSpecTree(tree: unknown): AppSpec {
  const root = new TreeNode(tree, [])
  if (root.isNull()) {
    throw new AppSpecError('It is empty. Begin with version: 0.0 and a Resources list', [], { opening: missing })
  }
  const [version, resources, hooks] = root.members(['version', 'Resources', 'Hooks'], {
    meant: 'an ECS AppSpec',
    foreign: { os: serverKey, files: serverKey, permissions: serverKey, file_exists_behavior: serverKey },
  })
  readVersion(version)
  return { ...readProperties(serviceProperties(resources)), hooks: hooks.isNull() ? [] : readHooks(hooks) }
}

const missing = 'An AppSpec file is required, but could not be found in the revision.'

const serverKey =
  'belongs to AppSpecs of EC2 and on-premises deployments; an ECS AppSpec names a task definition instead'

function readVersion(version: TreeNode): void {
  if (version.isNull()) throw version.error('is required. Write version: 0.0')
  if (!/^[01](\.0)?$/.test(version.text())) throw version.error(`is ${version.shown()}. Write version: 0.0`)
}

/** The one resource's `Properties`, whatever name the resource was given. */
function serviceProperties(resources: TreeNode): TreeNode {
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
  const [type, properties] = resource.members(['Type', 'Properties'], { meant: 'a resource' })
  readType(type)
  if (properties.isNull()) throw properties.error('is required. It holds TaskDefinition and LoadBalancerInfo')
  return properties
}

function readType(type: TreeNode): void {
  if (type.isNull()) throw type.error('is required. Write Type: AWS::ECS::Service')
  if (type.text() === 'AWS::ECS::Service') return
  throw type.error(`is ${type.shown()}, but an ECS deployment deploys AWS::ECS::Service`)
}

function readProperties(properties: TreeNode): Omit<AppSpec, 'hooks'> {
  const [taskDefinition, loadBalancerInfo, platformVersion, network, strategy] = properties.members(
    ['TaskDefinition', 'LoadBalancerInfo', 'PlatformVersion', 'NetworkConfiguration', 'CapacityProviderStrategy'],
    { meant: 'Properties', foreign: lambdaKeys },
  )
  return {
    taskDefinition: readTaskDefinition(taskDefinition),
    ...readLoadBalancerInfo(loadBalancerInfo),
    ...(platformVersion.isNull() ? {} : { platformVersion: platformVersion.filledText('Write LATEST or "1.4.0"') }),
    ...(network.isNull() ? {} : { networkConfiguration: readNetworkConfiguration(network) }),
    ...(strategy.isNull() ? {} : { capacityProviderStrategy: readCapacityProviderStrategy(strategy) }),
  }
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
  const [name, port] = node.members(['ContainerName', 'ContainerPort'], { meant: 'LoadBalancerInfo', shape })
  const named = 'Write the name of the container as in the task definition'
  if (name.isNull()) throw name.error(`is required. ${named}`)
  return { containerName: name.filledText(named), containerPort: readPort(port) }
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
  const [awsvpc] = node.members(['AwsvpcConfiguration'], { meant: 'NetworkConfiguration', shape })
  if (awsvpc.isNull()) throw awsvpc.error(`is required where NetworkConfiguration is given. ${shape}`)
  const members = awsvpc.members(['Subnets', 'SecurityGroups', 'AssignPublicIp'], {
    meant: 'AwsvpcConfiguration',
    shape,
  })
  for (const member of members) {
    if (member.isNull()) throw member.error(`is required where NetworkConfiguration is given. ${shape}`)
  }
  const [subnets, securityGroups, assignPublicIp] = members
  const assigned = assignPublicIp.text()
  if (assigned !== 'ENABLED' && assigned !== 'DISABLED') {
    throw assignPublicIp.error(`is ${assignPublicIp.shown()}. Write ENABLED or DISABLED`)
  }
  if (subnets.list(shape).length === 0) throw subnets.error(`is empty. ${shape}`)
  return {
    awsvpcConfiguration: {
      subnets: subnets.list(shape).map((subnet) => subnet.filledText('Write the id of a subnet')),
      securityGroups: securityGroups.list(shape).map((group) => group.filledText('Write the id of a security group')),
      assignPublicIp: assigned,
    },
  }
}

function readCapacityProviderStrategy(node: TreeNode): readonly CapacityProviderStrategyItem[] {
  const shape = 'Write a list: CapacityProviderStrategy: [{CapacityProvider: FARGATE_SPOT, Base: 1, Weight: 2}]'
  return node.list(shape).map((item) => {
    const [provider, base, weight] = item.members(['CapacityProvider', 'Base', 'Weight'], { meant: 'an entry', shape })
    if (provider.isNull()) throw provider.error(`is required. ${shape}`)
    return {
      capacityProvider: provider.filledText(shape),
      ...(base.isNull() ? {} : { base: base.wholeNumber(0, 100_000) }),
      ...(weight.isNull() ? {} : { weight: weight.wholeNumber(0, 1000) }),
    }
  })
}

function readHooks(node: TreeNode): readonly PlannedHook[] {
  const shape = 'Write a list, one event an entry: Hooks: [{BeforeAllowTraffic: "function-name-or-arn"}]'
  const hooks = node.list(shape).flatMap((item) => (item.isNull() ? [] : item.entries(shape).map(readHook)))
  for (const [index, { hook, node: second }] of hooks.entries()) {
    if (hooks.findIndex((other) => other.hook.event === hook.event) === index) continue
    throw second.error(`is a second hook on ${hook.event}, but an event has one function. Keep one of them`)
  }
  return hookableEventNames.flatMap((event) => hooks.flatMap(({ hook }) => (hook.event === event ? [hook] : [])))
}

function readHook(node: TreeNode): { readonly hook: PlannedHook; readonly node: TreeNode } {
  const event = node.nameAmong(hookableEventNames)
  if (event === undefined) throw node.error(notHookable(node))
  const how = `Write the name or ARN of one Lambda function: ${event}: "function-name-or-arn"`
  if (node.isNull()) throw node.error(`names no function. ${how}`)
  if (node.isList()) throw node.error(`is a list, the form for scripts on EC2 instances. ${how}`)
  return { hook: { event, functionName: node.filledText(how) }, node }
}

function notHookable(node: TreeNode): string {
  const hookable = `Hooks can stand on ${hookableEventNames.slice(0, -1).join(', ')} and ${hookableEventNames.at(-1)}`
  const event = node.nameAmong(lifecycleEventNames)
  if (event !== undefined) return `cannot have a hook: ${event} is CodeDeploy's own work. ${hookable}`
  return `is not a lifecycle event of an ECS deployment${node.suggestion(hookableEventNames)}. ${hookable}`
}
