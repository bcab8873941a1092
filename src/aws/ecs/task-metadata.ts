import type { ContainerDefinition, TaskDefinition } from '../../domain/task-definition.ts'
import type { Task, TaskContainer } from '../../domain/task.ts'
import type { TaskRuntime } from '../../engine/ports.ts'
import type { Store } from '../../engine/store.ts'
import type { ReadableDocument } from '../documents.ts'

/**
 * The task metadata endpoint, version 4, at the address that containers find in ECS_CONTAINER_METADATA_URI_V4: the container
 * itself, `/task` and `/taskWithTags`; and what Docker's engine would say of its use of the machine, `/stats`, by Docker id
 * for all containers of the task, `/task/stats`. A container that does not run has no statistics.
 */
export function containerMetadata(store: Store, runtime: Pick<TaskRuntime, 'stats'>): ReadableDocument {
  return {
    path: /^\/v4\/([0-9a-f]+)-(\d+)(\/task|\/taskWithTags|\/stats|\/task\/stats)?$/,
    async read(taskId = '', index = '', part = '') {
      const task = store.tasks.list().find((each) => each.taskId === taskId)
      const container = task?.containers[Number(index)]
      if (task === undefined || container === undefined) return undefined
      const definition = store.taskDefinitions.get(task.taskDefinitionArn)
      if (part === '') return containerDocument(task, container, definition)
      if (part.endsWith('/stats')) {
        const stats = (await runtime.stats?.(taskId)) ?? {}
        return part === '/stats' ? withNames(task, container, stats[container.name]) : statsByDockerId(task, stats)
      }
      return { ...taskDocument(task, definition), ...(part === '/taskWithTags' ? { TaskTags: task.tags } : {}) }
    },
  }
}

type StatsByName = Readonly<Record<string, object>>

/** Null, as AWS answers it, of a container that has none. */
function statsByDockerId(task: Task, stats: StatsByName): object {
  return Object.fromEntries(
    task.containers.map((container) => [
      container.runtimeId ?? container.name,
      withNames(task, container, stats[container.name]) ?? null,
    ]),
  )
}

/** By the names that the rest of the metadata has for it. */
function withNames(task: Task, { name, runtimeId }: TaskContainer, stats: object | undefined): object | undefined {
  return stats === undefined ? undefined : { ...stats, name: `/${name}`, id: runtimeId ?? task.taskId }
}

function taskDocument(task: Task, definition: TaskDefinition | undefined): object {
  const region = task.taskArn.split(':')[3] ?? ''
  const [cpu, memory] = [task.cpu, task.memory].map((text) => (text === undefined ? undefined : Number(text)))
  return {
    Cluster: task.clusterArn,
    TaskARN: task.taskArn,
    Family: definition?.family,
    Revision: definition === undefined ? undefined : String(definition.revision),
    ServiceName: task.group.startsWith('service:') ? task.group.slice('service:'.length) : undefined,
    DesiredStatus: task.desiredStatus,
    KnownStatus: task.lastStatus,
    Limits: cpu === undefined && memory === undefined ? undefined : { CPU: cpu && cpu / 1024, Memory: memory },
    PullStartedAt: dateText(task.pullStartedAt),
    PullStoppedAt: dateText(task.pullStoppedAt),
    AvailabilityZone: `${region}a`,
    LaunchType: task.launchType,
    Containers: task.containers.map((container) => containerDocument(task, container, definition)),
  }
}

function containerDocument(task: Task, container: TaskContainer, definition: TaskDefinition | undefined): object {
  const defined = definition?.containerDefinitions.find(({ name }) => name === container.name)
  return {
    DockerId: container.runtimeId,
    Name: container.name,
    DockerName: container.name,
    Image: container.image,
    ImageID: container.imageDigest,
    Ports: portsOf(task, container, defined),
    Labels: { ...defined?.dockerLabels, ...labelsOf(task, container, definition) },
    DesiredStatus: task.desiredStatus,
    KnownStatus: container.lastStatus,
    ExitCode: container.exitCode,
    Limits: { CPU: container.cpu, ...(container.memory === undefined ? {} : { Memory: container.memory }) },
    CreatedAt: dateText(container.startedAt),
    StartedAt: dateText(container.startedAt),
    FinishedAt: dateText(container.stoppedAt),
    Type: 'NORMAL',
    Health: container.healthStatus === undefined ? undefined : { status: container.healthStatus },
    LogDriver: defined?.logConfiguration?.logDriver,
    LogOptions: defined?.logConfiguration?.options,
    ContainerARN: container.containerArn,
    Networks: [{ NetworkMode: definition?.networkMode, IPv4Addresses: [addressOf(task)] }],
  }
}

/** What people look for first: the port of this machine at which a container port is really reached. */
function portsOf(task: Task, { name }: TaskContainer, defined: ContainerDefinition | undefined): readonly object[] {
  return task.endpoints
    .filter(({ containerName }) => containerName === name)
    .map(({ containerPort, port, host }) => ({
      ContainerPort: containerPort,
      Protocol: defined?.portMappings.find((mapping) => mapping.containerPort === containerPort)?.protocol ?? 'tcp',
      HostPort: port,
      HostIp: host,
    }))
}

function labelsOf(task: Task, { name }: TaskContainer, definition: TaskDefinition | undefined): object {
  return {
    'com.amazonaws.ecs.cluster': task.clusterArn,
    'com.amazonaws.ecs.container-name': name,
    'com.amazonaws.ecs.task-arn': task.taskArn,
    'com.amazonaws.ecs.task-definition-family': definition?.family,
    'com.amazonaws.ecs.task-definition-version': definition === undefined ? undefined : String(definition.revision),
  }
}

function addressOf({ address, endpoints }: Task): string {
  return address ?? endpoints[0]?.host ?? '127.0.0.1'
}

function dateText(time: number | undefined): string | undefined {
  return time === undefined ? undefined : new Date(time).toISOString()
}
