import { stoppedReason } from './service-events.ts'
import type { StartOrder } from './task-start-order.ts'
import type { HealthStatus, Task, TaskContainer, TaskStopCode } from './task.ts'

/** What a runtime knows of one container. */
export type SeenContainer = {
  readonly name: string
  readonly runtimeId?: string
  readonly imageDigest?: string
  readonly state:
    { readonly kind: 'running' } | { readonly kind: 'exited'; readonly exitCode: number; readonly reason?: string }
}

/** The next thing to do for a task, or `wait`: nothing to do until something changes. */
export type TaskStep =
  | 'pull'
  | 'prepare'
  | 'startContainers'
  | 'giveUp'
  | 'activate'
  | 'register'
  | 'inspect'
  | 'deregister'
  | 'release'
  | 'stop'
  | 'finish'
  | 'wait'

/** What is known of a task beyond its row. */
export type TaskFacts = {
  /** One of its containers may have ended since it was last looked at. */
  readonly mayHaveExited: boolean
  /** The load balancer's last request to it is over, or its deregistration delay is. */
  readonly drained: () => boolean
  /** Which of its containers can start now. */
  readonly startOrder: () => StartOrder
}

/** ECS's way of a task through its statuses; a stop joins it wherever the task is. */
export function nextStep(task: Task, facts: TaskFacts): TaskStep {
  const isToStop = task.desiredStatus === 'STOPPED'
  switch (task.lastStatus) {
    case 'PROVISIONING':
      return isToStop ? 'release' : 'pull'
    case 'PENDING':
      if (facts.mayHaveExited) return 'inspect'
      if (isToStop) return 'release'
      return task.preparedAt === undefined ? 'prepare' : stepOf(facts.startOrder())
    case 'ACTIVATING':
      if (facts.mayHaveExited) return 'inspect'
      return isToStop ? 'deregister' : 'register'
    case 'RUNNING':
      if (facts.mayHaveExited) return 'inspect'
      return isToStop ? 'deregister' : 'wait'
    case 'DEACTIVATING':
      if (facts.mayHaveExited) return 'inspect'
      return hasDied(task) || facts.drained() ? 'release' : 'wait'
    case 'STOPPING':
      return 'stop'
    case 'DEPROVISIONING':
      return 'finish'
    case 'STOPPED':
      return 'wait'
  }
}

function stepOf({ kind }: StartOrder): TaskStep {
  switch (kind) {
    case 'start':
      return 'startContainers'
    case 'complete':
      return 'activate'
    case 'impossible':
      return 'giveUp'
    case 'wait':
      return 'wait'
  }
}

export function pulling(task: Task, now: number): Task {
  return next(task, { lastStatus: 'PENDING', pullStartedAt: now })
}

export function prepared(
  task: Task,
  { endpoints, address, notes }: Pick<Task, 'endpoints' | 'address' | 'notes'>,
  now: number,
): Task {
  return next(task, {
    endpoints,
    preparedAt: now,
    pullStoppedAt: now,
    ...(address === undefined ? {} : { address }),
    ...(notes === undefined || notes.length === 0 ? {} : { notes }),
  })
}

/** Containers were started: those that run now do. Their health is known when it has been looked at. */
export function containersStarted(
  task: Task,
  { names, withHealthCheck }: { readonly names: readonly string[]; readonly withHealthCheck: readonly string[] },
  seen: readonly SeenContainer[],
  now: number,
): Task {
  const containers = task.containers.map((container): TaskContainer => {
    if (!names.includes(container.name) || container.lastStatus !== 'PENDING') return container
    const isChecked = withHealthCheck.includes(container.name)
    return { ...container, lastStatus: 'RUNNING', startedAt: now, ...(isChecked ? { healthStatus: 'UNKNOWN' } : {}) }
  })
  return withContainers(next(task, { containers }), seen, now)
}

export function activating(task: Task): Task {
  return next(task, { lastStatus: 'ACTIVATING' })
}

export function healthSeen(task: Task, containerName: string, healthStatus: HealthStatus): Task {
  const found = task.containers.find(({ name }) => name === containerName)
  if (found === undefined || found.healthStatus === healthStatus || found.lastStatus !== 'RUNNING') return task
  return next(task, {
    containers: task.containers.map((each) => (each === found ? { ...each, healthStatus } : each)),
  })
}

export function running(task: Task, now: number): Task {
  return next(task, { lastStatus: 'RUNNING', startedAt: now })
}

/** The stop is decided; `lastStatus` follows as it is carried out. A task that is stopping already stays as it is. */
export function stopDecided(task: Task, stop: { stopCode: TaskStopCode; stoppedReason: string }, now: number): Task {
  if (task.desiredStatus === 'STOPPED') return task
  return next(task, { desiredStatus: 'STOPPED', stoppingAt: now, ...stop })
}

/** `containerName` is the container that could not start; without it, none could. */
export function startFailed(task: Task, reason: string, now: number, containerName?: string): Task {
  const isConcerned = ({ name, lastStatus }: TaskContainer): boolean =>
    lastStatus === 'PENDING' && (containerName === undefined || name === containerName)
  const containers = task.containers.map((each) =>
    isConcerned(each) ? { ...each, lastStatus: 'STOPPED' as const, reason } : each,
  )
  return stopDecided({ ...task, containers }, { stopCode: 'TaskFailedToStart', stoppedReason: reason }, now)
}

/** The task with its containers as they were seen; its stop is decided where an essential one has ended. */
export function inspected(task: Task, seen: readonly SeenContainer[], now: number): Task {
  const current = withContainers(task, seen, now)
  if (!hasDied(current)) return current
  return stopDecided(
    current,
    { stopCode: 'EssentialContainerExited', stoppedReason: stoppedReason.essentialContainerExited },
    now,
  )
}

export function deactivating(task: Task): Task {
  return next(task, { lastStatus: 'DEACTIVATING' })
}

export function stopping(task: Task): Task {
  return next(task, { lastStatus: 'STOPPING' })
}

export function deprovisioning(task: Task, seen: readonly SeenContainer[], now: number): Task {
  const containers = withContainers(task, seen, now).containers.map((each) => ({
    ...each,
    lastStatus: 'STOPPED' as const,
  }))
  return next({ ...task, containers }, { lastStatus: 'DEPROVISIONING', executionStoppedAt: now })
}

export function stopped(task: Task, now: number): Task {
  return next(task, { lastStatus: 'STOPPED', stoppedAt: now })
}

/** A task ends with any of its essential containers, and with the last of all. */
function hasDied({ containers }: Task): boolean {
  return containers.every(hasEnded) || containers.some((each) => each.essential && hasEnded(each))
}

function hasEnded({ lastStatus }: TaskContainer): boolean {
  return lastStatus === 'STOPPED'
}

/** A container that had started and of which nothing is known any more is gone, with no exit code to tell. */
function withContainers(task: Task, seen: readonly SeenContainer[], now: number): Task {
  const containers = task.containers.map((container) => withSeen(container, seen, now))
  return containers.every((each, index) => each === task.containers[index]) ? task : { ...task, containers }
}

function withSeen(container: TaskContainer, seen: readonly SeenContainer[], now: number): TaskContainer {
  const found = seen.find(({ name }) => name === container.name)
  if (found === undefined) {
    return container.lastStatus === 'RUNNING' ? { ...container, lastStatus: 'STOPPED', stoppedAt: now } : container
  }
  if (container.lastStatus === 'STOPPED' && container.exitCode !== undefined) return container
  const known: TaskContainer = {
    ...container,
    ...(found.runtimeId === undefined ? {} : { runtimeId: found.runtimeId }),
    ...(found.imageDigest === undefined ? {} : { imageDigest: found.imageDigest }),
    startedAt: container.startedAt ?? now,
  }
  if (found.state.kind === 'exited') {
    const { exitCode, reason } = found.state
    return { ...known, lastStatus: 'STOPPED', stoppedAt: now, exitCode, ...(reason === undefined ? {} : { reason }) }
  }
  const isNew = container.lastStatus !== 'RUNNING' || container.runtimeId !== known.runtimeId
  return isNew ? { ...known, lastStatus: 'RUNNING' } : container
}

function next(task: Task, change: Partial<Task>): Task {
  return { ...task, ...change, version: task.version + 1 }
}
