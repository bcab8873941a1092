import { InvalidArgumentError, Option, type Command } from 'commander'
import { awsCommand, awsHelp, type AwsOptions } from './aws-access.ts'
import { showEventLog } from './event-log.ts'
import { WrongUsageError } from './exit-code.ts'
import { hookLog } from './hook-log.ts'
import { showLoadBalancerLog } from './load-balancer-log.ts'
import { endWithOutput } from './output.ts'
import { TaskLog } from './task-log.ts'

type LogsOptions = AwsOptions & {
  /** True where no name was given. */
  readonly lb?: string | true
  readonly tasks: boolean
  readonly task?: string
  readonly service?: string
  readonly hook?: string
  readonly follow: boolean
  readonly since: number
  readonly json: boolean
}

export function logsCommand(): Command {
  return awsCommand('logs')
    .summary('show what load balancers, tasks and hooks log')
    .description(
      'Shows one of three logs. Of tasks: what containers with the log driver awslogs wrote, also of tasks that have ended ' +
        'while ECS remembers them. Of a hook: what its Lambda function wrote. Of a load balancer: its access log, which has ' +
        'to be switched on: what is in its bucket, and on Teal also the last seconds that are not there yet.',
    )
    .option('--tasks', 'what all tasks write, those that RunTask started too', false)
    .option('--service <cluster/service>', 'what the tasks of this service write')
    .option('--task <id>', 'what this task writes: its id, or its ARN')
    .option('--hook <name>', 'what this Lambda function writes')
    .option('--lb [name]', "a load balancer's access log; its name can be left out where there is one only")
    .option('--follow', 'go on with what comes, until Ctrl-C', false)
    .addOption(
      new Option('--since <time>', 'begin so long ago: 90s, 5m, 2h, 1d').argParser(parseSince).default(300_000, '5m'),
    )
    .option('--json', 'print all fields, a JSON object a line', false)
    .addHelpText('after', help)
    .action(logs)
}

const help = `
Examples:
  $ teal logs --tasks --follow
  $ teal logs --service prod/web --since 1h
  $ teal logs --hook check-green
  $ teal logs --lb web --follow
  $ teal logs --lb web --since 1h --json | jq 'select(.elbStatusCode >= 500)'
${awsHelp}`

async function logs(given: LogsOptions): Promise<void> {
  const { lb, tasks, task, service, hook, follow, since, json, ...options } = given
  const asked = [lb, tasks || undefined, task, service, hook].filter((each) => each !== undefined)
  if (asked.length !== 1) {
    throw new WrongUsageError(
      `say whose log${asked.length > 1 ? ', one of them' : ''}: \`teal logs --tasks\`, \`--service CLUSTER/SERVICE\` or \`--task ID\` is that of tasks, ` +
        '`--hook NAME` that of a hook, `--lb [NAME]` that of a load balancer.',
    )
  }
  endWithOutput()
  const span = { follow, sinceMilliseconds: since, json }
  if (lb !== undefined) await showLoadBalancerLog(lb === true ? undefined : lb, span, options)
  else if (hook !== undefined) await showEventLog(await hookLog(hook, options), span)
  else await showEventLog(await TaskLog.open({ task, service }, options), span)
}

const unitMilliseconds: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

function parseSince(text: string): number {
  const [, amount, unit = ''] = /^(\d{1,6})([smhd])$/.exec(text) ?? []
  if (amount === undefined) throw new InvalidArgumentError('It is a number and a unit, s, m, h or d: 90s, 5m, 2h, 1d.')
  return Number(amount) * (unitMilliseconds[unit] ?? 0)
}
