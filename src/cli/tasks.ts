import type { Task } from '@aws-sdk/client-ecs'
import type { Command } from 'commander'
import { endOfTask } from '../view/surroundings.ts'
import { minutesInWords, shortArn } from '../view/words.ts'
import { awsCommand, awsHelp, forAwsUser, type AwsOptions } from './aws-access.ts'
import { awsClients, type AwsClients } from './aws-clients.ts'
import { allTasks } from './own-tasks.ts'
import { serviceNamed } from './service-access.ts'
import { table, spanOf } from './text.ts'

type TasksOptions = AwsOptions & { readonly cluster?: string; readonly stopped: boolean; readonly json: boolean }

export function tasksCommand(): Command {
  return awsCommand('tasks')
    .summary('show tasks, and how those ended that did')
    .description(
      'Shows the tasks of services, and those that RunTask started: their ids, what they run, whose they are, how long they ' +
        'have run; and how those ended that are gone, which ECS remembers for an hour.',
    )
    .argument('[service]', 'CLUSTER/SERVICE (default: all tasks)')
    .option('--cluster <name>', 'the tasks of this cluster')
    .option('--stopped', 'only those that have ended', false)
    .option('--json', 'print them as JSON, as DescribeTasks answers', false)
    .addHelpText('after', help)
    .action(showTasks)
}

const help = `
Examples:
  $ teal tasks
  $ teal tasks prod/web
  $ teal tasks --stopped
  $ teal exec $(teal tasks prod/web --json | jq -r '.[-1].taskArn') -- env
${awsHelp}`

/** On Teal the hour for which ECS remembers tasks is one of configured minutes, but a minute of the world's at least. */
async function noTasks(clients: AwsClients, stopped: boolean): Promise<string> {
  const where = `in ${await clients.region()} at ${clients.endpoint()}`
  if (!stopped) return `There are no tasks ${where}.`
  const { minuteMilliseconds } = await clients.about()
  const time = minutesInWords(60, Math.max(minuteMilliseconds, 1_000))
  return `No tasks ${where} have ended within the last ${time}, for which ECS remembers them.`
}

async function showTasks(text: string | undefined, options: TasksOptions): Promise<void> {
  const clients = await awsClients(options)
  try {
    const { cluster, stopped } = options
    const tasks = await allTasks(clients, text === undefined ? undefined : serviceNamed(text), { cluster, stopped })
    if (options.json) console.log(JSON.stringify(tasks, undefined, 2))
    else if (tasks.length === 0) console.log(await noTasks(clients, stopped))
    else console.log(table([heading, ...tasks.map(row)]).join('\n'))
  } catch (error) {
    throw forAwsUser(error, clients)
  }
}

/** Whose it is: its service's, or what RunTask was told to start. */
const heading = ['TASK', 'STATUS', 'RUNS', 'WHOSE', 'SINCE / END']

function row(task: Task): readonly string[] {
  const { taskArn, lastStatus = '', taskDefinitionArn, group = '', healthStatus, startedAt, createdAt } = task
  const health = healthStatus === undefined || healthStatus === 'UNKNOWN' ? '' : ` ${healthStatus}`
  const begun = startedAt ?? createdAt
  const since = begun === undefined ? '' : spanOf(Date.now() - begun.getTime())
  return [
    shortArn(taskArn) ?? '',
    `${lastStatus}${health}`,
    shortArn(taskDefinitionArn) ?? '',
    group.replace('service:', ''),
    lastStatus === 'STOPPED' ? endOfTask(task) : since,
  ]
}
