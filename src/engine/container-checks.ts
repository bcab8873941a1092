import { afterCheck, healthCheckArguments, healthCheckTimes } from '../domain/container-health.ts'
import type { HealthProgress } from '../domain/container-health.ts'
import type { ContainerHealthCheck } from '../domain/task-definition.ts'
import type { HealthStatus, Task, TaskContainer } from '../domain/task.ts'
import type { SchedulerContext } from './scheduler-context.ts'
import { hasCheck } from './task-launch.ts'
import { messageOf } from './trouble.ts'

const mostOutputBytes = 4_096

/**
 * Runs the health checks of running containers, each at its own interval, the first an interval after its start. Only a
 * change of health is told and kept; a later engine begins to count failures anew.
 */
export class ContainerChecks {
  readonly #context: SchedulerContext
  readonly #ended: AbortSignal
  readonly #seen: (task: Task, containerName: string, status: HealthStatus) => void
  /** By container ARN, what is being checked. */
  readonly #running = new Set<string>()

  constructor(
    context: SchedulerContext,
    ended: AbortSignal,
    seen: (task: Task, containerName: string, status: HealthStatus) => void,
  ) {
    this.#context = context
    this.#ended = ended
    this.#seen = seen
  }

  /** Begins to check what has a health check and runs; cheap where it already does. */
  follow(task: Task): void {
    const definition = this.#context.store.taskDefinitions.get(task.taskDefinitionArn)
    for (const { name, healthCheck } of definition?.containerDefinitions ?? []) {
      const container = task.containers.find((each) => each.name === name)
      if (!hasCheck(healthCheck) || container?.lastStatus !== 'RUNNING') continue
      if (this.#running.has(container.containerArn)) continue
      this.#running.add(container.containerArn)
      void this.#check(task, container, healthCheck)
    }
  }

  async #check(task: Task, container: TaskContainer, check: ContainerHealthCheck): Promise<void> {
    const { clock } = this.#context
    const { interval, startPeriod, retries } = healthCheckTimes(check)
    const startedAt = container.startedAt ?? clock.now()
    let progress: HealthProgress = { status: container.healthStatus ?? 'UNKNOWN', failures: 0 }
    try {
      for (;;) {
        await clock.sleep(interval * 1000, this.#ended)
        if (!this.#runs(task, container)) return
        const isInStartPeriod = clock.now() < startedAt + startPeriod * 1000
        const passed = await this.#passes(task, container, check)
        this.#ended.throwIfAborted()
        if (passed === undefined) continue
        const next = afterCheck(progress, passed, { retries, isInStartPeriod })
        if (next.status === progress.status || this.#tell(task, container, next.status)) progress = next
      }
    } catch (error) {
      if (!this.#ended.aborted) throw error
    } finally {
      this.#running.delete(container.containerArn)
    }
  }

  /** Undefined where nothing can be known: the runtime does not answer, or the container has ended meanwhile. */
  async #passes(task: Task, container: TaskContainer, check: ContainerHealthCheck): Promise<boolean | undefined> {
    const command = {
      arguments: healthCheckArguments(check),
      timeoutMilliseconds: healthCheckTimes(check).timeout * 1000,
      mostOutputBytes,
    }
    try {
      const { exitCode } = await this.#context.runtime.exec(task.taskId, container.name, command, this.#ended)
      return exitCode === 0
    } catch {
      return (await this.#isSeenRunning(task, container)) ? false : undefined
    }
  }

  /** A check that cannot even be run in a container that runs has failed. */
  async #isSeenRunning({ taskId }: Task, { name }: TaskContainer): Promise<boolean> {
    if (this.#ended.aborted) return false
    const seen = await this.#context.runtime.inspect(taskId).catch(() => [])
    return seen.some((each) => each.name === name && each.state.kind === 'running')
  }

  /** False where the store cannot be written now: the next check tries again. */
  #tell(task: Task, container: TaskContainer, status: HealthStatus): boolean {
    try {
      this.#seen(task, container.name, status)
      return true
    } catch (error) {
      this.#ended.throwIfAborted()
      this.#context.log.warn(`The health of container ${container.name} could not be kept: ${messageOf(error)}`)
      return false
    }
  }

  #runs({ taskArn }: Task, { name }: TaskContainer): boolean {
    const now = this.#context.store.tasks.get(taskArn)?.containers.find((each) => each.name === name)
    return now?.lastStatus === 'RUNNING'
  }
}
