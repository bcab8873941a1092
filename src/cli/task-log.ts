import type { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs'
import type { ContainerDefinition, Task } from '@aws-sdk/client-ecs'
import { shortArn } from '../view/words.ts'
import { forAwsUser, type AwsOptions } from './aws-access.ts'
import { awsClients, type AwsClients } from './aws-clients.ts'
import type { EventLog, WrittenLine } from './event-log.ts'
import { CliError } from './exit-code.ts'
import { logsClient } from './hook-log.ts'
import { allTasks } from './own-tasks.ts'
import { serviceNamed } from './service-access.ts'

type Asked = { readonly task: string | undefined; readonly service: string | undefined }

/** A container's log stream, and how far it was read. */
type Followed = {
  readonly of: string
  readonly region: string
  readonly logGroupName: string
  readonly logStreamName: string
  token?: string | undefined
}

/** What containers write that have the log driver awslogs: of all tasks, those of a service, or one. */
export class TaskLog implements EventLog {
  readonly #asked: Asked
  readonly #options: AwsOptions
  readonly #clients: AwsClients
  readonly #logs = new Map<string, Promise<CloudWatchLogsClient>>()
  readonly #containers = new Map<string, readonly ContainerDefinition[]>()
  /** By task ARN: none for a task whose output cannot be had. */
  readonly #followed = new Map<string, readonly Followed[]>()
  #without: readonly string[] = []

  private constructor(asked: Asked, options: AwsOptions, clients: AwsClients) {
    this.#asked = asked
    this.#options = options
    this.#clients = clients
  }

  /** Throws a `CliError` where there are no such tasks, or none of them writes to CloudWatch Logs. */
  static async open(asked: Asked, options: AwsOptions): Promise<TaskLog> {
    const log = new TaskLog(asked, options, await awsClients(options))
    try {
      await log.#find()
    } catch (error) {
      throw forAwsUser(error, log)
    }
    const followed = [...log.#followed.values()].flat()
    if (log.#without.length > 0 && followed.length === 0) throw new CliError(log.#refusal())
    if (asked.task !== undefined && log.#followed.size === 0) {
      throw new CliError(`there is no task ${asked.task} at ${log.endpoint()}. \`teal tasks\` lists those there are.`)
    }
    if (log.#without.length > 0) console.error(`(${log.#refusal()})`)
    return log
  }

  async news(since: number): Promise<readonly WrittenLine[]> {
    await this.#find()
    const found: WrittenLine[] = []
    for (const followed of [...this.#followed.values()].flat()) found.push(...(await this.#newsOf(followed, since)))
    return found
  }

  emptiness(): string {
    if (this.#followed.size === 0) return 'there are no tasks'
    return 'the tasks wrote nothing in this time; a longer --since may show more'
  }

  endpoint(): string {
    return this.#clients.endpoint()
  }

  async isTeal(): Promise<boolean> {
    return (await this.#clients.about()).isTeal
  }

  /** Takes up tasks that are new. */
  async #find(): Promise<void> {
    const { task, service } = this.#asked
    const tasks = await allTasks(this.#clients, service === undefined ? undefined : serviceNamed(service))
    const meant = tasks.filter(
      ({ taskArn = '' }) => task === undefined || taskArn === task || shortArn(taskArn) === task,
    )
    for (const each of meant) {
      const { taskArn = '' } = each
      if (!this.#followed.has(taskArn)) this.#followed.set(taskArn, await this.#streamsOf(each))
    }
  }

  async #streamsOf({ taskArn = '', taskDefinitionArn = '' }: Task): Promise<readonly Followed[]> {
    const id = shortArn(taskArn) ?? ''
    const containers = await this.#containersOf(taskDefinitionArn)
    return containers.flatMap(({ name = '', logConfiguration }) => {
      const { logDriver, options = {} } = logConfiguration ?? {}
      const { 'awslogs-group': logGroupName, 'awslogs-stream-prefix': prefix, 'awslogs-region': named } = options
      if (logDriver !== 'awslogs' || logGroupName === undefined || prefix === undefined) {
        this.#without = [...new Set([...this.#without, `${name} of ${shortArn(taskDefinitionArn)}`])]
        return []
      }
      const region = named ?? taskArn.split(':')[3] ?? ''
      return [{ of: `${id.slice(0, 8)} ${name}`, region, logGroupName, logStreamName: `${prefix}/${name}/${id}` }]
    })
  }

  async #containersOf(taskDefinition: string): Promise<readonly ContainerDefinition[]> {
    const known = this.#containers.get(taskDefinition)
    if (known !== undefined) return known
    const sdk = await import('@aws-sdk/client-ecs')
    const answer = await this.#clients.ecs.send(new sdk.DescribeTaskDefinitionCommand({ taskDefinition }))
    const containers = answer.taskDefinition?.containerDefinitions ?? []
    this.#containers.set(taskDefinition, containers)
    return containers
  }

  /** A stream is there once its container has started. */
  async #newsOf(followed: Followed, startTime: number): Promise<readonly WrittenLine[]> {
    const { of, region, logGroupName, logStreamName } = followed
    const { GetLogEventsCommand, ResourceNotFoundException } = await import('@aws-sdk/client-cloudwatch-logs')
    const client = await this.#client(region)
    const found: WrittenLine[] = []
    for (;;) {
      const place = { logGroupName, logStreamName, startFromHead: true, startTime }
      const answer = await client
        .send(new GetLogEventsCommand({ ...place, nextToken: followed.token }))
        .catch((error: unknown) => {
          if (error instanceof ResourceNotFoundException) return undefined
          throw error
        })
      for (const { timestamp: at = 0, message: text = '' } of answer?.events ?? []) {
        found.push({ at, of, stream: logStreamName, text })
      }
      const isEnd = answer === undefined || answer.nextForwardToken === followed.token
      followed.token = answer?.nextForwardToken ?? followed.token
      if (isEnd) return found
    }
  }

  #client(region: string): Promise<CloudWatchLogsClient> {
    const client = this.#logs.get(region) ?? logsClient({ ...this.#options, region })
    this.#logs.set(region, client)
    return client
  }

  #refusal(): string {
    const [first = '', ...others] = this.#without
    const more = others.length === 0 ? '' : ` (and ${others.length} more)`
    return (
      `the output of container ${first}${more} is not in CloudWatch Logs. Give it the log driver awslogs with the options ` +
      'awslogs-group, awslogs-region and awslogs-stream-prefix in its task definition, and deploy that.'
    )
  }
}
