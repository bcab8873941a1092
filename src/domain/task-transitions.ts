import { stoppedReason } from './service-events.ts'
import type { Task, TaskContainer, TaskEndpoint, TaskStopCode } from './task.ts'

/** What a runtime knows of one container. */
export type SeenContainer = {
  readonly name: string
  readonly runtimeId?: string
  readonly state: { readonly kind: 'running' } | { readonly kind: 'exited'; readonly exitCode: number }
}

/** The next thing to do for a task, or `wait`: nothing to do until something changes. */
export type TaskStep = 'pull' | 'start' | 'register' | 'inspect' | 'deregister' | 'release' | 'stop' | 'finish' | 'wait'

/** What is known of a task beyond its row. */
export type TaskFacts = {
  /** One of its containers may have ended since it was last looked at. */
  readonly mayHaveExited: boolean
  /** The load balancer's last request to it is over, or its deregistration delay is. */
  readonly drained: () => boolean
}

/** ECS's way of a task through its statuses; a stop joins it wherever the task is. */
export function nextStep(task: Task, facts: TaskFacts): TaskStep {
  const isToStop = task.desiredStatus === 'STOPPED'
  switch (task.lastStatus) {
    case 'PROVISIONING':
      return isToStop ? 'release' : 'pull'
    case 'PENDING':
      if (facts.mayHaveExited) return 'inspect'
      return isToStop ? 'release' : 'start'
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

export function pulling(task: Task, now: number): Task {
  return next(task, { lastStatus: 'PENDING', pullStartedAt: now })
}

export function started(
  task: Task,
  endpoints: readonly TaskEndpoint[],
  seen: readonly SeenContainer[],
  now: number,
): Task {
  return next(withContainers(task, seen), { lastStatus: 'ACTIVATING', endpoints, pullStoppedAt: now })
}

export function running(task: Task, now: number): Task {
  return next(task, { lastStatus: 'RUNNING', startedAt: now })
}

/** The stop is decided; `lastStatus` follows as it is carried out. A task that is stopping already stays as it is. */
export function stopDecided(task: Task, stop: { stopCode: TaskStopCode; stoppedReason: string }, now: number): Task {
  if (task.desiredStatus === 'STOPPED') return task
  return next(task, { desiredStatus: 'STOPPED', stoppingAt: now, ...stop })
}

export function startFailed(task: Task, reason: string, now: number): Task {
  const containers = task.containers.map((each) => ({ ...each, lastStatus: 'STOPPED' as const, reason }))
  return stopDecided({ ...task, containers }, { stopCode: 'TaskFailedToStart', stoppedReason: reason }, now)
}

/** The task with its containers as they were seen; its stop is decided where an essential one has ended. */
export function inspected(task: Task, seen: readonly SeenContainer[], now: number): Task {
  const current = withContainers(task, seen)
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
  const containers = withContainers(task, seen).containers.map((each) => ({ ...each, lastStatus: 'STOPPED' as const }))
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
function withContainers(task: Task, seen: readonly SeenContainer[]): Task {
  const containers = task.containers.map((container) => withSeen(container, seen))
  return containers.every((each, index) => each === task.containers[index]) ? task : { ...task, containers }
}

function withSeen(container: TaskContainer, seen: readonly SeenContainer[]): TaskContainer {
  const now = seen.find(({ name }) => name === container.name)
  if (now === undefined) return container.lastStatus === 'RUNNING' ? { ...container, lastStatus: 'STOPPED' } : container
  const runtimeId = now.runtimeId ?? container.runtimeId
  const known = runtimeId === undefined ? container : { ...container, runtimeId }
  if (now.state.kind === 'exited') return { ...known, lastStatus: 'STOPPED', exitCode: now.state.exitCode }
  return container.lastStatus === 'RUNNING' && container.runtimeId === runtimeId
    ? container
    : { ...known, lastStatus: 'RUNNING' }
}

function next(task: Task, change: Partial<Task>): Task {
  return { ...task, ...change, version: task.version + 1 }
}
