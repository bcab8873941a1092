import { parseArn } from '../domain/identifiers.ts'
import type { LogStream } from '../domain/log-group.ts'
import type { LogConfiguration, TaskDefinition } from '../domain/task-definition.ts'
import type { Task } from '../domain/task.ts'
import type { LogStore } from './log-store.ts'
import { TaskStartError } from './ports.ts'
import type { Clock, Log, OutputBatch, TaskRuntime } from './ports.ts'
import type { ContainerLogs } from './scheduler-context.ts'
import type { Store } from './store.ts'
import { Trouble } from './trouble.ts'

type Context = {
  readonly store: Store
  readonly clock: Clock
  readonly log: Log
  readonly runtime: TaskRuntime
  readonly logs: LogStore
}

/**
 * Sends what containers write to the log streams that their log configuration (driver awslogs) names. How far it has come
 * is kept with the events themselves, so that the next engine goes on there; what a crash cut in two may come twice.
 */
export class AwsLogs implements ContainerLogs {
  readonly #context: Context
  readonly #ended = new AbortController()
  readonly #trouble: Trouble
  /** By container ARN: what is followed, or was to its end. */
  readonly #followed = new Map<string, Promise<void>>()

  constructor(context: Context) {
    this.#context = context
    this.#trouble = new Trouble(context.clock, context.log)
  }

  prepare(task: Task, definition: TaskDefinition): void {
    for (const { name, logConfiguration } of definition.containerDefinitions) {
      if (logConfiguration?.logDriver === 'awslogs') this.#streamOf(task, name, logConfiguration)
    }
  }

  follow(task: Task): void {
    if (this.#ended.signal.aborted || task.lastStatus === 'STOPPED') return
    const definition = this.#context.store.taskDefinitions.get(task.taskDefinitionArn)
    for (const { name, logConfiguration } of definition?.containerDefinitions ?? []) {
      const container = task.containers.find((each) => each.name === name)
      if (logConfiguration?.logDriver !== 'awslogs' || container?.startedAt === undefined) continue
      if (this.#followed.has(container.containerArn)) continue
      const following = this.#follow(task, name, logConfiguration)
      this.#followed.set(container.containerArn, following)
    }
  }

  /** What is known of tasks that are gone is forgotten. */
  forget(task: Task): void {
    for (const { containerArn } of task.containers) this.#followed.delete(containerArn)
  }

  /** Ends following; what is not sent yet the next engine sends. */
  async stop(): Promise<void> {
    this.#ended.abort(new Error('The engine has ended.'))
    await Promise.allSettled(this.#followed.values())
  }

  async #follow(task: Task, containerName: string, configuration: LogConfiguration): Promise<void> {
    const { clock, runtime, store, logs } = this.#context
    const { signal } = this.#ended
    const subject = `the log of container ${containerName} of task ${task.taskId}`
    while (!signal.aborted && store.tasks.has(task.taskArn)) {
      try {
        const stream = this.#streamOf(task, containerName, configuration)
        const position = (await logs.summary(stream))?.position
        const source = { taskId: task.taskId, containerName, ...(position === undefined ? {} : { position }) }
        await runtime.followLog(source, (batch) => this.#send(stream, batch), signal)
        return this.#trouble.worked(subject)
      } catch (error) {
        if (signal.aborted) return
        this.#trouble.failed(subject, error)
        const at = this.#trouble.retryAt(subject) ?? clock.now()
        await clock.sleep(Math.max(0, at - clock.now()), signal).catch(() => undefined)
      }
    }
    this.#trouble.worked(subject)
  }

  /** Empty lines are no events, as for AWS's driver. */
  #send(stream: LogStream, { lines, position }: OutputBatch): Promise<void> {
    const events = lines.filter(({ message }) => message !== '')
    return this.#context.logs.append(stream, events, position)
  }

  /** Throws TaskStartError where there is no such group, and none may be made. */
  #streamOf(task: Task, containerName: string, { options = {} }: LogConfiguration): LogStream {
    const { logs } = this.#context
    const parsed = parseArn(task.taskArn)
    const region = options['awslogs-region'] ?? parsed?.region ?? ''
    const groupName = options['awslogs-group'] ?? ''
    const prefix = options['awslogs-stream-prefix']
    const streamName = [...(prefix === undefined ? [] : [prefix]), containerName, task.taskId].join('/')
    const mayCreate = options['awslogs-create-group'] === 'true'
    const place = { region, accountId: parsed?.accountId ?? '' }
    const group = logs.group(region, groupName) ?? (mayCreate ? logs.createGroup(place, groupName) : undefined)
    if (group === undefined) {
      throw new TaskStartError(
        'ResourceInitializationError: failed to validate logger args: failed to create Cloudwatch log stream: ' +
          `ResourceNotFoundException: The specified log group does not exist. Make it with: aws logs create-log-group ` +
          `--log-group-name ${groupName} --region ${region}, or give the option awslogs-create-group`,
      )
    }
    return logs.stream(region, groupName, streamName) ?? logs.createStream(group, streamName)
  }
}
