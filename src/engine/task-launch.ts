import { arn, lastPart, parseArn } from '../domain/identifiers.ts'
import type { Service, ServiceLoadBalancer, TaskSet } from '../domain/service.ts'
import type { ContainerDefinition, ContainerHealthCheck, TaskDefinition, Volume } from '../domain/task-definition.ts'
import type { ContainerOverride, Task, TaskContainer } from '../domain/task.ts'
import { containerValues } from './container-values.ts'
import type { ContainerValues } from './container-values.ts'
import { TaskStartError } from './ports.ts'
import type { Chance, ContainerLaunch, EngineSettings, ResourceLimits, TaskLaunch, TaskVolume } from './ports.ts'
import { registryCredentials } from './registry-credentials.ts'
import type { SchedulerContext } from './scheduler-context.ts'
import { taskSetOf } from './task-targets.ts'

/** ECS's default between SIGTERM and SIGKILL. */
const defaultStopTimeoutSeconds = 30

/** What a task is told of the engine. */
type ToldSettings = EngineSettings & { readonly roleEndpointUrl?: string }
type Made = { readonly chance: Chance; readonly now: number }

/** A task of a service as it is when it is decided to start it. */
export function newTask(
  service: Service,
  taskSet: TaskSet,
  definition: TaskDefinition | undefined,
  made: Made & Pick<Task, 'capacityProviderName'>,
): Task {
  const { launchType, platformVersion } = taskSet
  return bareTask(service.clusterArn, definition, made, {
    serviceArn: service.serviceArn,
    taskSetId: taskSet.taskSetId,
    taskDefinitionArn: taskSet.taskDefinition,
    group: `service:${service.serviceName}`,
    startedBy: taskSet.taskSetId,
    launchType,
    ...defined({ platformVersion, capacityProviderName: made.capacityProviderName }),
    tags: { ...managedTags(service), ...propagated(service, definition) },
  })
}

/** A task of RunTask: no service looks after it. */
export function newStandaloneTask(
  clusterArn: string,
  definition: TaskDefinition,
  made: Made,
  asked: Pick<Task, 'group' | 'startedBy' | 'launchType' | 'tags'> &
    Partial<Pick<Task, 'platformVersion' | 'capacityProviderName' | 'overrides'>> &
    Partial<Pick<Task, 'networkConfiguration' | 'enableExecuteCommand' | 'request'>>,
): Task {
  const { taskDefinitionArn } = definition
  const task = bareTask(clusterArn, definition, made, { serviceArn: '', taskSetId: '', taskDefinitionArn, ...asked })
  const { cpu = task.cpu, memory = task.memory } = asked.overrides ?? {}
  return { ...task, ...defined({ cpu, memory }) }
}

function bareTask(
  clusterArn: string,
  definition: TaskDefinition | undefined,
  { chance, now }: Made,
  own: Omit<Task, 'taskArn' | 'taskId' | 'clusterArn' | 'desiredStatus' | 'lastStatus' | 'containers' | BareMember>,
): Task {
  const taskId = chance.hex(32)
  return {
    taskArn: arn.task(clusterArn, taskId),
    taskId,
    clusterArn,
    desiredStatus: 'RUNNING',
    lastStatus: 'PROVISIONING',
    containers: (definition?.containerDefinitions ?? []).map((container) =>
      newContainer(container, arn.container(clusterArn, taskId, chance.uuid())),
    ),
    endpoints: [],
    ...(definition?.cpu === undefined ? {} : { cpu: definition.cpu }),
    ...(definition?.memory === undefined ? {} : { memory: definition.memory }),
    createdAt: now,
    version: 1,
    ...own,
  }
}
type BareMember = 'endpoints' | 'cpu' | 'memory' | 'createdAt' | 'version'

/** The tags which ECS gives by itself (CreateService: enableECSManagedTags). */
function managedTags({ recorded, clusterArn, serviceName }: Service): Task['tags'] {
  if (recorded['enableECSManagedTags'] !== true) return {}
  return { 'aws:ecs:clusterName': lastPart(clusterArn), 'aws:ecs:serviceName': serviceName }
}

/** The tags which a service hands on to its tasks (CreateService: propagateTags). */
function propagated({ recorded, tags }: Service, definition: TaskDefinition | undefined): Task['tags'] {
  switch (recorded['propagateTags']) {
    case 'SERVICE':
      return tags
    case 'TASK_DEFINITION':
      return definition?.tags ?? {}
    default:
      return {}
  }
}

/** What the runtime is told about a task, its secrets and files read. Rejects with TaskStartError where it cannot be. */
export async function launchOf(context: SchedulerContext, task: Task): Promise<TaskLaunch> {
  const { store, settings, runtime } = context
  const definition = store.taskDefinitions.get(task.taskDefinitionArn)
  const { loadBalancers = [], imageDigests = {} } = taskSetOf(store, task) ?? {}
  const endpointUrl = runtime.endpointUrlFor?.(settings.endpointUrl) ?? settings.endpointUrl
  const told = {
    ...settings,
    endpointUrl,
    ...defined({ roleEndpointUrl: runtime.roleEndpointUrlFor?.(settings.endpointUrl) }),
  }
  if (definition === undefined) return taskLaunch(task, definition, loadBalancers, told)
  context.logs?.prepare(task, definition)
  const launch = taskLaunch(task, definition, loadBalancers, told, await containerValues(context, task, definition))
  const credentials = registryCredentials(context, task, definition)
  return {
    ...launch,
    containers: launch.containers.map((each) => ({
      ...each,
      ...defined({
        registryCredentials: credentials[each.name],
        imageDigest: each.image.includes('@') ? undefined : imageDigests[each.name],
      }),
    })),
  }
}

/** The names of the containers whose health is looked at. */
export function launchedWithHealthCheck({ store }: SchedulerContext, task: Task): readonly string[] {
  const containers = store.taskDefinitions.get(task.taskDefinitionArn)?.containerDefinitions ?? []
  return containers.flatMap(({ name, healthCheck }) => (hasCheck(healthCheck) ? [name] : []))
}

/** A check whose command is NONE is no check. */
export function hasCheck(check: ContainerDefinition['healthCheck']): check is ContainerHealthCheck {
  return check !== undefined && check.command[0] !== 'NONE'
}

/**
 * What the runtime is told to start. Throws TaskStartError where the definition cannot be started for this task set.
 */
export function taskLaunch(
  task: Task,
  definition: TaskDefinition | undefined,
  loadBalancers: readonly ServiceLoadBalancer[],
  settings: ToldSettings,
  values: ContainerValues = {},
): TaskLaunch {
  if (definition === undefined) {
    throw new TaskStartError(`ResourceInitializationError: there is no task definition ${task.taskDefinitionArn}`)
  }
  for (const loadBalancer of loadBalancers) checkPort(definition, loadBalancer)
  return {
    taskId: task.taskId,
    taskArn: task.taskArn,
    networkMode: definition.networkMode,
    namespaces: namespacesOf(definition),
    limits: taskLimits(task, definition),
    volumes: (definition.volumes ?? []).map(taskVolume),
    labels: taskLabels(task, definition),
    containers: definition.containerDefinitions.map((container, index) =>
      containerLaunch(container, {
        override: task.overrides?.containerOverrides?.find(({ name }) => name === container.name),
        environment: { ...engineEnvironment(task, definition, index, settings), ...values[container.name] },
      }),
    ),
  }
}

function namespacesOf({ recorded: { pidMode, ipcMode } }: TaskDefinition): NonNullable<TaskLaunch['namespaces']> {
  return {
    ...(typeof pidMode === 'string' ? { pidMode } : {}),
    ...(typeof ipcMode === 'string' ? { ipcMode } : {}),
  }
}

function newContainer(definition: ContainerDefinition, containerArn: string): TaskContainer {
  const { name, image, essential, cpu, memory } = definition
  return {
    name,
    containerArn,
    image,
    essential,
    lastStatus: 'PENDING',
    cpu,
    ...(memory === undefined ? {} : { memory }),
  }
}

function checkPort(definition: TaskDefinition, { containerName, containerPort }: ServiceLoadBalancer): void {
  const container = definition.containerDefinitions.find(({ name }) => name === containerName)
  if (container?.portMappings.some((mapping) => mapping.containerPort === containerPort) === true) return
  throw new TaskStartError(
    `ResourceInitializationError: the load balancer of the task set names port ${containerPort} of container ` +
      `${containerName}, and task definition ${definition.family}:${definition.revision} has no such port mapping`,
  )
}

/** So that an AWS client in a task reaches this engine without being told; the definition's own values win. */
function engineEnvironment(
  task: Task,
  definition: TaskDefinition,
  index: number,
  { endpointUrl, roleEndpointUrl = endpointUrl, accessKey = anyKey }: ToldSettings,
): Readonly<Record<string, string>> {
  const region = parseArn(task.taskArn)?.region ?? ''
  const role = task.overrides?.taskRoleArn ?? definition.recorded['taskRoleArn']
  const hasRole = typeof role === 'string' && role !== '' && trustedHost.test(roleEndpointUrl)
  return {
    AWS_ENDPOINT_URL: endpointUrl,
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_EXECUTION_ENV: `AWS_ECS_${task.launchType}`,
    ECS_CONTAINER_METADATA_URI_V4: `${endpointUrl}/v4/${task.taskId}-${index}`,
    ECS_AGENT_URI: `${endpointUrl}/v4/${task.taskId}-${index}/api`,
    ...(hasRole
      ? { AWS_CONTAINER_CREDENTIALS_FULL_URI: `${roleEndpointUrl}/v2/credentials/${task.taskId}` }
      : { AWS_ACCESS_KEY_ID: accessKey.accessKeyId, AWS_SECRET_ACCESS_KEY: accessKey.secretAccessKey }),
  }
}

/** SDKs take credentials over plain HTTP from loopback and from ECS's own address only. */
const trustedHost = /^http:\/\/(127\.|localhost|\[::1\]|169\.254\.170\.2:)/
const anyKey = { accessKeyId: 'teal', secretAccessKey: 'teal' }

function containerLaunch(
  definition: ContainerDefinition,
  given: { readonly override: ContainerOverride | undefined; readonly environment: Readonly<Record<string, string>> },
): ContainerLaunch {
  const { name, image, entryPoint, workingDirectory, stopTimeout, linuxParameters } = definition
  const { override, environment } = given
  const own = [...definition.environment, ...(override?.environment ?? [])]
  return {
    name,
    image,
    ...defined({
      entryPoint,
      command: override?.command ?? definition.command,
      workingDirectory,
      user: definition.user,
      readonlyRootFilesystem: definition.readonlyRootFilesystem,
      ulimits: definition.ulimits,
      labels: definition.dockerLabels,
      initProcessEnabled: linuxParameters?.initProcessEnabled,
      sharedMemoryMebibytes: linuxParameters?.sharedMemorySize,
      tmpfs: linuxParameters?.tmpfs?.map(({ containerPath, size, mountOptions = [] }) => ({
        containerPath,
        sizeMebibytes: size,
        mountOptions,
      })),
      capabilities: linuxParameters?.capabilities && {
        add: linuxParameters.capabilities.add ?? [],
        drop: linuxParameters.capabilities.drop ?? [],
      },
      mounts: definition.mountPoints?.map(({ sourceVolume, containerPath, readOnly = false }) => ({
        volumeName: sourceVolume,
        containerPath,
        readOnly,
      })),
    }),
    limits: limitsOf({
      cpuUnits: override?.cpu ?? definition.cpu,
      memoryMebibytes: override?.memory ?? definition.memory,
      memoryReservationMebibytes: override?.memoryReservation ?? definition.memoryReservation,
    }),
    environment: { ...environment, ...Object.fromEntries(own.map((variable) => [variable.name, variable.value])) },
    containerPorts: definition.portMappings.map(({ containerPort }) => containerPort),
    stopTimeoutSeconds: stopTimeout ?? defaultStopTimeoutSeconds,
  }
}

function taskLimits({ overrides }: Task, definition: TaskDefinition): ResourceLimits {
  const [cpu, memory] = [overrides?.cpu ?? definition.cpu, overrides?.memory ?? definition.memory]
  return limitsOf({
    cpuUnits: cpu === undefined ? undefined : Number(cpu),
    memoryMebibytes: memory === undefined ? undefined : Number(memory),
  })
}

function limitsOf(limits: { readonly [Name in keyof ResourceLimits]: number | undefined }): ResourceLimits {
  return defined(limits)
}

function taskVolume({ name, host, dockerVolumeConfiguration: docker }: Volume): TaskVolume {
  return {
    name,
    ...defined({
      hostPath: host?.sourcePath,
      docker: docker && {
        scope: docker.scope ?? 'task',
        autoprovision: docker.autoprovision ?? false,
        ...defined({ driver: docker.driver, driverOpts: docker.driverOpts, labels: docker.labels }),
      },
    }),
  }
}

/** The labels that ECS's agent gives containers, and the task's tags. */
function taskLabels(task: Task, { family, revision }: TaskDefinition): Readonly<Record<string, string>> {
  const tags = Object.entries(task.tags).map(([key, value]) => [`teal.tag.${key}`, value])
  return {
    ...(Object.fromEntries(tags) as Record<string, string>),
    'com.amazonaws.ecs.cluster': task.clusterArn,
    'com.amazonaws.ecs.task-arn': task.taskArn,
    'com.amazonaws.ecs.task-definition-family': family,
    'com.amazonaws.ecs.task-definition-version': String(revision),
  }
}

/** Without the members that are undefined. */
function defined<Members extends object>(
  members: Members,
): { [Name in keyof Members]?: Exclude<Members[Name], undefined> } {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as {
    [Name in keyof Members]?: Exclude<Members[Name], undefined>
  }
}
