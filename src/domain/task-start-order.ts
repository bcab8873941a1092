import { counted } from './counted.ts'
import type { ContainerDefinition, ContainerDependency } from './task-definition.ts'
import type { Task, TaskContainer } from './task.ts'

/** What can be done next to start a task's containers. */
export type StartOrder =
  | { readonly kind: 'start'; readonly containerNames: readonly string[] }
  /** All have been started. */
  | { readonly kind: 'complete' }
  /** Until something changes, or until this time (epoch milliseconds, Infinity for none): somebody gives up then. */
  | { readonly kind: 'wait'; readonly until: number }
  /** Something this container depends on has not come about and will not. */
  | { readonly kind: 'impossible'; readonly containerName: string; readonly reason: string }

/** Fargate's start time-out where a definition has none, in seconds. */
const fargateStartTimeout = 180

/**
 * Which containers of a prepared task can start: those without dependencies, and those whose dependencies are all met.
 * START: the other one has been started. HEALTHY: its health check has passed. COMPLETE: it has ended. SUCCESS: it has
 * ended with 0. The other's startTimeout, from its start, is how long that may take (AWS: ContainerDependency).
 */
export function startOrder(task: Task, definitions: readonly ContainerDefinition[], now: number): StartOrder {
  const waiting = task.containers.filter(({ lastStatus }) => lastStatus === 'PENDING')
  const startable: string[] = []
  let until = Infinity
  for (const { name } of waiting) {
    const outcomes = (definitionOf(definitions, name)?.dependsOn ?? []).map((dependency) =>
      dependencyState(task, dependency, definitionOf(definitions, dependency.containerName), now),
    )
    const failed = outcomes.find((outcome) => outcome.kind === 'failed')
    if (failed !== undefined) {
      const reason = `CannotStartContainerError: container ${name} depends on ${failed.because}`
      return { kind: 'impossible', containerName: name, reason }
    }
    const open = outcomes.filter((outcome) => outcome.kind === 'open')
    if (open.length === 0) startable.push(name)
    until = Math.min(until, ...open.map((each) => each.until))
  }
  if (startable.length > 0) return { kind: 'start', containerNames: startable }
  return waiting.length === 0 ? { kind: 'complete' } : { kind: 'wait', until }
}

/** The containers in the order they are stopped: first those that no other one depends on, and so on. */
export function stopOrder(definitions: readonly ContainerDefinition[]): readonly (readonly string[])[] {
  let left = definitions
  const waves: (readonly string[])[] = []
  while (left.length > 0) {
    const needed = new Set(left.flatMap(({ dependsOn = [] }) => dependsOn.map(({ containerName }) => containerName)))
    const free = left.filter(({ name }) => !needed.has(name))
    // A circle cannot be registered; should there be one, its containers stop together.
    const wave = free.length > 0 ? free : left
    waves.push(wave.map(({ name }) => name))
    left = left.filter((each) => !wave.includes(each))
  }
  return waves
}

type DependencyState =
  | { readonly kind: 'met' }
  | { readonly kind: 'open'; readonly until: number }
  | { readonly kind: 'failed'; readonly because: string }

function dependencyState(
  task: Task,
  { containerName, condition }: ContainerDependency,
  definition: ContainerDefinition | undefined,
  now: number,
): DependencyState {
  const container = task.containers.find(({ name }) => name === containerName)
  if (container === undefined || definition === undefined) {
    return { kind: 'failed', because: `${containerName}, which is not a container of the task` }
  }
  if (isMet(container, condition)) return { kind: 'met' }
  const failure = whyNever(container, condition)
  if (failure !== undefined) return { kind: 'failed', because: `${containerName} (${condition}), which ${failure}` }
  const seconds = definition.startTimeout ?? (task.launchType === 'FARGATE' ? fargateStartTimeout : Infinity)
  const until = (container.startedAt ?? Infinity) + seconds * 1000
  if (until > now) return { kind: 'open', until }
  return {
    kind: 'failed',
    because: `${containerName} (${condition}), which took longer than ${counted(seconds, 'second')}`,
  }
}

function isMet({ lastStatus, healthStatus, exitCode }: TaskContainer, condition: ContainerDependency['condition']) {
  switch (condition) {
    case 'START':
      return lastStatus === 'RUNNING' || exitCode !== undefined
    case 'HEALTHY':
      return lastStatus === 'RUNNING' && healthStatus === 'HEALTHY'
    case 'COMPLETE':
      return lastStatus === 'STOPPED'
    case 'SUCCESS':
      return lastStatus === 'STOPPED' && exitCode === 0
  }
}

/** A container ends once only. */
function whyNever(container: TaskContainer, condition: ContainerDependency['condition']): string | undefined {
  const { lastStatus, exitCode } = container
  if (lastStatus !== 'STOPPED') return undefined
  if (exitCode === undefined) return 'has gone without an exit code'
  return condition === 'START' ? undefined : `has ended with exit code ${exitCode}`
}

function definitionOf(definitions: readonly ContainerDefinition[], name: string): ContainerDefinition | undefined {
  return definitions.find((definition) => definition.name === name)
}
