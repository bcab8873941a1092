import type * as sdk from '@aws-sdk/client-ecs'
import { taskHealthStatus } from '../../domain/container-health.ts'
import { numberedPlatformVersion } from '../../domain/service.ts'
import type { NetworkConfiguration } from '../../domain/service.ts'
import type { Task, TaskContainer } from '../../domain/task.ts'
import type { PortMapping, TaskDefinition } from '../../domain/task-definition.ts'
import type { Store } from '../../engine/store.ts'
import type { Answer } from '../handlers.ts'
import { tagList } from './tags.ts'

/** A task as DescribeTasks and StopTask answer it. */
export function taskAnswer(store: Store, task: Task, withTags: boolean): Answer<sdk.Task> {
  const definition = store.taskDefinitions.get(task.taskDefinitionArn)
  const service = store.services.get(task.serviceArn)
  const attachment = attachmentOf(store, task, definition)
  return {
    ...timesOf(task),
    taskArn: task.taskArn,
    clusterArn: task.clusterArn,
    taskDefinitionArn: task.taskDefinitionArn,
    desiredStatus: task.desiredStatus,
    lastStatus: task.lastStatus,
    healthStatus: taskHealthStatus(task),
    stopCode: task.stopCode,
    stoppedReason: task.stoppedReason,
    containers: task.containers.map((container) => containerAnswer(task, container, definition, attachment)),
    overrides: overridesOf(task),
    attachments: attachment === undefined ? [] : [attachment],
    attributes: [],
    availabilityZone: `${regionOf(task.taskArn)}a`,
    group: task.group,
    startedBy: task.startedBy || undefined,
    cpu: task.cpu ?? definition?.cpu,
    memory: task.memory ?? definition?.memory,
    launchType: task.launchType,
    capacityProviderName: task.capacityProviderName,
    ...fargateMembers(task),
    enableExecuteCommand: task.enableExecuteCommand ?? service?.recorded['enableExecuteCommand'] === true,
    version: task.version,
    tags: withTags ? tagList(task.tags) : [],
  }
}

/** Every container has its entry, also one of which nothing is different. */
function overridesOf({ containers, overrides = {} }: Task): Answer<sdk.TaskOverride> {
  const { containerOverrides = [], ...ofTask } = overrides
  return {
    ...ofTask,
    containerOverrides: containers.map(
      ({ name }) => containerOverrides.find((override) => override.name === name) ?? { name },
    ),
    inferenceAcceleratorOverrides: [],
  }
}

function timesOf(task: Task): Answer<Partial<sdk.Task>> {
  return {
    createdAt: date(task.createdAt),
    connectivity: task.pullStartedAt === undefined ? undefined : 'CONNECTED',
    connectivityAt: date(task.pullStartedAt),
    pullStartedAt: date(task.pullStartedAt),
    pullStoppedAt: date(task.pullStoppedAt),
    startedAt: date(task.startedAt),
    stoppingAt: date(task.stoppingAt),
    executionStoppedAt: date(task.executionStoppedAt),
    stoppedAt: date(task.stoppedAt),
  }
}

const date = (time: number | undefined): Date | undefined => (time === undefined ? undefined : new Date(time))

/** A task has a real platform version where its service says LATEST. */
function fargateMembers({ launchType, platformVersion = 'LATEST' }: Task): Answer<Partial<sdk.Task>> {
  if (launchType !== 'FARGATE') return {}
  return { platformVersion: numberedPlatformVersion(platformVersion), platformFamily: 'Linux' }
}

/**
 * The network interface of an awsvpc task. Its ids are made of the task's id, so that they stay the same; its address is
 * the one the task is really reached at.
 */
function attachmentOf(
  store: Store,
  task: Task,
  definition: TaskDefinition | undefined,
): Answer<sdk.Attachment> | undefined {
  const isAwsvpc = definition === undefined ? task.launchType === 'FARGATE' : definition.networkMode === 'awsvpc'
  if (!isAwsvpc) return undefined
  const { taskId } = task
  const address = addressOf(task)
  const details = {
    subnetId: subnetOf(store, task),
    networkInterfaceId: `eni-${taskId.slice(0, 17)}`,
    macAddress: ['0a', ...(taskId.slice(0, 10).match(/../g) ?? [])].join(':'),
    privateDnsName: address && privateDnsName(address, task.taskArn),
    privateIPv4Address: address,
  }
  return {
    id: [taskId.slice(0, 8), taskId.slice(8, 12), taskId.slice(12, 16), taskId.slice(16, 20), taskId.slice(20)].join(
      '-',
    ),
    type: 'ElasticNetworkInterface',
    status: attachmentStatus(task),
    details: Object.entries(details).flatMap(([name, value]) => (value === undefined ? [] : [{ name, value }])),
  }
}

/** `ip-127-0-0-1.eu-west-1.compute.internal`; the first region has a domain of its own. */
function privateDnsName(address: string, taskArn: string): string {
  const region = regionOf(taskArn)
  const domain = region === 'us-east-1' ? 'ec2.internal' : `${region}.compute.internal`
  return `ip-${address.replaceAll(/[.:]/g, '-')}.${domain}`
}

const regionOf = (taskArn: string): string => taskArn.split(':')[3] ?? ''

const addressOf = ({ address, endpoints }: Task): string | undefined => address ?? endpoints[0]?.host

function attachmentStatus({ lastStatus }: Task): string {
  switch (lastStatus) {
    case 'PROVISIONING':
      return 'ATTACHING'
    case 'DEPROVISIONING':
      return 'DETACHING'
    case 'STOPPED':
      return 'DELETED'
    case 'PENDING':
    case 'ACTIVATING':
    case 'RUNNING':
    case 'DEACTIVATING':
    case 'STOPPING':
      return 'ATTACHED'
  }
}

/** Tasks are spread over the subnets of their task set by their ids. */
function subnetOf(store: Store, task: Task): string | undefined {
  const taskSet = store.taskSets
    .list()
    .find(({ serviceArn, taskSetId }) => serviceArn === task.serviceArn && taskSetId === task.taskSetId)
  const network: NetworkConfiguration | undefined =
    task.networkConfiguration ??
    taskSet?.networkConfiguration ??
    store.services.get(task.serviceArn)?.networkConfiguration
  const subnets = network?.awsvpcConfiguration.subnets ?? []
  return subnets[Number.parseInt(task.taskId.slice(0, 8), 16) % subnets.length]
}

function containerAnswer(
  task: Task,
  container: TaskContainer,
  definition: TaskDefinition | undefined,
  attachment: Answer<sdk.Attachment> | undefined,
): Answer<sdk.Container> {
  const { name, containerArn, image, runtimeId, lastStatus, exitCode, reason, cpu, memory } = container
  const defined = definition?.containerDefinitions.find((candidate) => candidate.name === name)
  const reservation = defined?.memoryReservation
  const address = addressOf(task)
  return {
    containerArn,
    taskArn: task.taskArn,
    name,
    image,
    runtimeId,
    lastStatus,
    exitCode,
    reason,
    networkBindings: bindingsOf(task, name, attachment !== undefined, defined?.portMappings),
    networkInterfaces:
      attachment === undefined || address === undefined
        ? []
        : [{ attachmentId: attachment.id, privateIpv4Address: address }],
    healthStatus: container.healthStatus ?? 'UNKNOWN',
    imageDigest: container.imageDigest,
    cpu: String(cpu),
    memory: memory === undefined ? undefined : String(memory),
    memoryReservation: reservation === undefined ? undefined : String(reservation),
  }
}

/**
 * The ports of a container that are reached at others. ECS never answers any for awsvpc tasks; a process task has them
 * all the same, and without them nobody could find it.
 */
function bindingsOf(
  { endpoints }: Task,
  name: string,
  isAwsvpc: boolean,
  mappings: readonly PortMapping[] = [],
): Answer<sdk.NetworkBinding[]> {
  return endpoints
    .filter(({ containerName, containerPort, port }) => containerName === name && !(isAwsvpc && port === containerPort))
    .map(({ host, port, containerPort }) => {
      const mapping = mappings.find((each) => each.containerPort === containerPort)
      return { bindIP: host, containerPort, hostPort: port, protocol: mapping?.protocol ?? 'tcp' }
    })
}
