import type { ContainerLaunch, ResourceLimits, TaskLaunch, TaskVolume } from '../engine/ports.ts'
import { dockerLabel } from './docker-identity.ts'
import { dockerLogConfig } from './docker-logs.ts'

/** The names of a task's things, which follow from its id: made twice, they are one. */
export class DockerNames {
  readonly dataDirectoryId: string

  constructor(dataDirectoryId: string) {
    this.dataDirectoryId = dataDirectoryId
  }

  /** The container that holds the task's network. A container of a task definition has no dot in its name. */
  pause(taskId: string): string {
    return `teal-${this.dataDirectoryId}-${taskId}.pause`
  }

  container(taskId: string, containerName: string): string {
    return `teal-${this.dataDirectoryId}-${taskId}-${containerName}`
  }

  volume(taskId: string, volumeName: string): string {
    return `teal-${this.dataDirectoryId}-${taskId}-${volumeName}`
  }

  labels(taskId: string): Readonly<Record<string, string>> {
    return { [dockerLabel.dataDirectory]: this.dataDirectoryId, [dockerLabel.task]: taskId }
  }
}

/** The machine on which Docker runs. */
export type DockerHost = { readonly cpus: number }

/** What POST /containers/create is sent for the container that holds a task's network. */
export function pauseContainer(launch: TaskLaunch, image: string, network: string, names: DockerNames): object {
  return {
    Image: image,
    Hostname: launch.taskId.slice(0, 12),
    Labels: { ...launch.labels, ...names.labels(launch.taskId) },
    // Nothing in it would hear anything else.
    StopSignal: 'SIGKILL',
    Healthcheck: { Test: ['NONE'] },
    HostConfig: {
      NetworkMode: launch.networkMode === 'none' ? 'none' : network,
      LogConfig: { Type: 'none' },
      ReadonlyRootfs: true,
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges'],
    },
  }
}

/** What POST /containers/create is sent for a container of a task. */
export function taskContainer(
  container: ContainerLaunch,
  launch: TaskLaunch,
  given: {
    readonly names: DockerNames
    readonly host: DockerHost
    readonly image: string
    readonly imageDigest: string
  },
): object {
  const { taskId } = launch
  const { names, image, imageDigest } = given
  return {
    Image: image,
    ...defined({
      Entrypoint: container.entryPoint,
      Cmd: container.command,
      WorkingDir: container.workingDirectory,
      User: container.user,
    }),
    Env: Object.entries(container.environment).map(([name, value]) => `${name}=${value}`),
    Labels: {
      ...container.labels,
      ...launch.labels,
      'com.amazonaws.ecs.container-name': container.name,
      ...names.labels(taskId),
      [dockerLabel.container]: container.name,
      [dockerLabel.stopTimeout]: String(container.stopTimeoutSeconds),
      [dockerLabel.imageDigest]: imageDigest,
    },
    StopTimeout: container.stopTimeoutSeconds,
    // Only the task definition's health check counts; the engine performs it.
    Healthcheck: { Test: ['NONE'] },
    HostConfig: hostConfig(container, launch, given),
  }
}

function hostConfig(
  container: ContainerLaunch,
  launch: TaskLaunch,
  { names, host }: { readonly names: DockerNames; readonly host: DockerHost },
): object {
  const { readonlyRootFilesystem, initProcessEnabled, sharedMemoryMebibytes, capabilities } = container
  return {
    NetworkMode: launch.networkMode === 'host' ? 'host' : `container:${names.pause(launch.taskId)}`,
    LogConfig: dockerLogConfig,
    RestartPolicy: { Name: 'no' },
    ...limitsOf(container.limits ?? {}, launch.limits ?? {}, host),
    ...defined({
      ReadonlyRootfs: readonlyRootFilesystem,
      Init: initProcessEnabled,
      ShmSize: sharedMemoryMebibytes === undefined ? undefined : sharedMemoryMebibytes * mebibyte,
      CapAdd: capabilities?.add,
      CapDrop: capabilities?.drop,
      Ulimits: container.ulimits?.map(({ name, softLimit, hardLimit }) => ({
        Name: name,
        Soft: softLimit,
        Hard: hardLimit,
      })),
      Tmpfs:
        container.tmpfs && Object.fromEntries(container.tmpfs.map((each) => [each.containerPath, tmpfsOptions(each)])),
      Binds: container.mounts?.map((mount) => bindOf(mount, launch, names)),
    }),
  }
}

const mebibyte = 1024 * 1024
/** What the kernel takes at least; ECS's agent gives this to a container that asks for none. */
const fewestShares = 2

/**
 * A container's cpu is a share, as on ECS; its memory a limit, with no swap beyond it. The limits of a task hold for each of
 * its containers: Docker has no group of containers with a limit of its own.
 */
function limitsOf(own: ResourceLimits, ofTask: ResourceLimits, { cpus }: DockerHost): object {
  const memory = own.memoryMebibytes ?? ofTask.memoryMebibytes
  const cores = (ofTask.cpuUnits ?? 0) / 1024
  return {
    CpuShares: Math.max(fewestShares, own.cpuUnits ?? 0),
    ...(cores > 0 && cores < cpus ? { NanoCpus: Math.round(cores * 1e9) } : {}),
    ...(memory === undefined ? {} : { Memory: memory * mebibyte, MemorySwap: memory * mebibyte }),
    ...(own.memoryReservationMebibytes === undefined
      ? {}
      : { MemoryReservation: own.memoryReservationMebibytes * mebibyte }),
  }
}

function tmpfsOptions({ sizeMebibytes, mountOptions }: NonNullable<ContainerLaunch['tmpfs']>[number]): string {
  return [`size=${sizeMebibytes}m`, ...mountOptions].join(',')
}

/** `source:target` or `source:target:ro`. Docker makes a directory of this machine that is not there. */
function bindOf(
  { volumeName, containerPath, readOnly }: NonNullable<ContainerLaunch['mounts']>[number],
  { taskId, volumes = [] }: TaskLaunch,
  names: DockerNames,
): string {
  const volume = volumes.find(({ name }) => name === volumeName)
  const named = volume?.docker?.scope === 'shared' ? volumeName : names.volume(taskId, volumeName)
  return [volume?.hostPath ?? named, containerPath, ...(readOnly ? ['ro'] : [])].join(':')
}

/** What POST /volumes/create is sent. */
export function dockerVolume({ name, docker }: TaskVolume, taskId: string, names: DockerNames): object {
  const isShared = docker?.scope === 'shared'
  return {
    Name: isShared ? name : names.volume(taskId, name),
    Driver: docker?.driver ?? 'local',
    DriverOpts: docker?.driverOpts ?? {},
    Labels: { ...docker?.labels, ...(isShared ? {} : names.labels(taskId)) },
  }
}

/** What a task asks for and does not get as it would on ECS, a sentence each. */
export function dockerNotes(
  { containers, limits = {}, networkMode, namespaces = {} }: TaskLaunch,
  { cpus }: DockerHost,
): readonly string[] {
  const { pidMode, ipcMode } = namespaces
  const isSeveral = containers.length > 1
  const cores = (limits.cpuUnits ?? 0) / 1024
  return [
    isSeveral && (cores > 0 || limits.memoryMebibytes !== undefined)
      ? 'The cpu and memory of the task bound each of its containers by itself: Docker has no limit for them together.'
      : undefined,
    cores > cpus ? `The task may use ${cores} cores, and this machine has ${cpus}.` : undefined,
    networkMode === 'bridge' && isSeveral
      ? 'The containers of a task share an address and localhost here, also in network mode bridge.'
      : undefined,
    pidMode === undefined ? undefined : `pidMode ${pidMode} has no effect: each container sees its own processes.`,
    ipcMode === undefined
      ? undefined
      : `ipcMode ${ipcMode} has no effect: each container has shared memory of its own.`,
  ].flatMap((sentence) => sentence ?? [])
}

function defined(members: object): object {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined))
}
