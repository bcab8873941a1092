import type { Task } from '@aws-sdk/client-ecs'
import { textOfProgram } from '../domain/program-text.ts'
import type { AwsClients } from './aws-clients.ts'

const mostLines = 8

/** The last lines that the container which ended a task wrote, where its log is in CloudWatch Logs; otherwise none. */
export async function containerLogLines({ ecs, logs }: AwsClients, task: Task): Promise<readonly string[]> {
  const ended =
    task.containers?.find(({ exitCode }) => exitCode !== undefined && exitCode !== 0) ?? task.containers?.[0]
  if (ended?.name === undefined || task.taskDefinitionArn === undefined) return []
  const { DescribeTaskDefinitionCommand } = await import('@aws-sdk/client-ecs')
  const { taskDefinition } = await ecs.send(
    new DescribeTaskDefinitionCommand({ taskDefinition: task.taskDefinitionArn }),
  )
  const container = taskDefinition?.containerDefinitions?.find(({ name }) => name === ended.name)
  const { logDriver, options = {} } = container?.logConfiguration ?? {}
  const [logGroupName, prefix] = [options['awslogs-group'], options['awslogs-stream-prefix']]
  if (logDriver !== 'awslogs' || logGroupName === undefined || prefix === undefined) return []
  const logStreamName = `${prefix}/${ended.name}/${task.taskArn?.split('/').at(-1)}`
  const { GetLogEventsCommand, ResourceNotFoundException } = await import('@aws-sdk/client-cloudwatch-logs')
  try {
    const { events = [] } = await logs.send(
      new GetLogEventsCommand({ logGroupName, logStreamName, limit: mostLines, startFromHead: false }),
    )
    return events.flatMap(({ message }) => (message === undefined ? [] : [textOfProgram(message).trimEnd()]))
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return []
    throw error
  }
}
