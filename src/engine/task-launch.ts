import { arn, parseArn } from '../domain/identifiers.ts'
import type { Service, ServiceLoadBalancer, TaskSet } from '../domain/service.ts'
import type { ContainerDefinition, TaskDefinition } from '../domain/task-definition.ts'
import type { Task, TaskContainer } from '../domain/task.ts'
import { TaskStartError } from './ports.ts'
import type { Chance, ContainerLaunch, EngineSettings, TaskLaunch } from './ports.ts'

/** ECS's default between SIGTERM and SIGKILL. */
const defaultStopTimeoutSeconds = 30

/** A task as it is when it is decided to start it. */
export function newTask(
  service: Service,
  taskSet: TaskSet,
  definition: TaskDefinition | undefined,
  { chance, now }: { readonly chance: Chance; readonly now: number },
): Task {
  const taskId = chance.hex(32)
  return {
    taskArn: arn.task(service.clusterArn, taskId),
    taskId,
    clusterArn: service.clusterArn,
    serviceArn: service.serviceArn,
    taskSetId: taskSet.taskSetId,
    taskDefinitionArn: taskSet.taskDefinition,
    desiredStatus: 'RUNNING',
    lastStatus: 'PROVISIONING',
    containers: (definition?.containerDefinitions ?? []).map((container) =>
      newContainer(container, arn.container(service.clusterArn, taskId, chance.uuid())),
    ),
    endpoints: [],
    group: `service:${service.serviceName}`,
    startedBy: taskSet.taskSetId,
    ...(definition?.cpu === undefined ? {} : { cpu: definition.cpu }),
    ...(definition?.memory === undefined ? {} : { memory: definition.memory }),
    launchType: taskSet.launchType,
    ...(taskSet.platformVersion === undefined ? {} : { platformVersion: taskSet.platformVersion }),
    createdAt: now,
    version: 1,
    tags: {},
  }
}

/**
 * What the runtime is told to start. Throws TaskStartError where the definition cannot be started for this task set.
 */
export function taskLaunch(
  task: Task,
  definition: TaskDefinition | undefined,
  loadBalancers: readonly ServiceLoadBalancer[],
  settings: EngineSettings,
): TaskLaunch {
  if (definition === undefined) {
    throw new TaskStartError(`ResourceInitializationError: there is no task definition ${task.taskDefinitionArn}`)
  }
  for (const loadBalancer of loadBalancers) checkPort(definition, loadBalancer)
  const environment = engineEnvironment(task, settings)
  return {
    taskId: task.taskId,
    taskArn: task.taskArn,
    containers: definition.containerDefinitions.map((container) => containerLaunch(container, environment)),
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
function engineEnvironment(task: Task, { endpointUrl }: EngineSettings): Readonly<Record<string, string>> {
  const region = parseArn(task.taskArn)?.region ?? ''
  return {
    AWS_ENDPOINT_URL: endpointUrl,
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_ACCESS_KEY_ID: 'teal',
    AWS_SECRET_ACCESS_KEY: 'teal',
  }
}

function containerLaunch(
  definition: ContainerDefinition,
  environment: Readonly<Record<string, string>>,
): ContainerLaunch {
  const { name, image, entryPoint, command, workingDirectory, stopTimeout } = definition
  const own = Object.fromEntries(definition.environment.map((variable) => [variable.name, variable.value]))
  return {
    name,
    image,
    ...(entryPoint === undefined ? {} : { entryPoint }),
    ...(command === undefined ? {} : { command }),
    ...(workingDirectory === undefined ? {} : { workingDirectory }),
    environment: { ...environment, ...own },
    containerPorts: definition.portMappings.map(({ containerPort }) => containerPort),
    stopTimeoutSeconds: stopTimeout ?? defaultStopTimeoutSeconds,
  }
}
