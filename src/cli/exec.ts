import { InvalidArgumentError, Option } from 'commander'
import type { Command } from 'commander'
import { counted } from '../view/words.ts'
import { awsCommand, clientConfiguration } from './aws-access.ts'
import type { AwsOptions } from './aws-access.ts'
import { CliError } from './exit-code.ts'
import { signedUrl } from './signed-url.ts'

type ExecOptions = AwsOptions & { readonly container?: string; readonly timeout: number }

/** How timeout(1) ends when the time is over. */
const timedOutExitCode = 124

export function execCommand(exitWith: (code: number) => void): Command {
  return awsCommand('exec')
    .summary('run a command in a task')
    .description(
      'Runs a command in a container of a task that Teal runs, shows what it writes when it has ended, and ends as it ' +
        'does. Nothing can be typed into it. On AWS that is `aws ecs execute-command`, which needs its session manager.',
    )
    .argument('<task>', "the task's id or ARN")
    .argument('<command...>', 'the program and its arguments, after --')
    .option('--container <name>', 'the container, where the task has several')
    .addOption(new Option('--timeout <seconds>', 'end it after so long').argParser(parseSeconds).default(60))
    .addHelpText('after', help)
    .action(async (task: string, command: readonly string[], options: ExecOptions) =>
      exitWith(await execute(task, command, options)),
    )
}

const help = `
Examples:
  $ teal exec 0123456789abcdef0123456789abcdef -- env
  $ teal exec TASK --container web -- sh -c 'ls -l | wc -l'

Exit codes: the command's own · 124 it took too long · 1 failed`

async function execute(task: string, command: readonly string[], options: ExecOptions): Promise<number> {
  const { endpoint } = clientConfiguration(options)
  if (endpoint === undefined || /\.amazonaws\.com(\.cn)?$/.test(new URL(endpoint).hostname)) {
    throw new CliError('teal exec works with Teal only. For a task on AWS use: aws ecs execute-command.')
  }
  const taskId = task.slice(task.lastIndexOf('/') + 1)
  if (!/^[0-9a-f]{32}$/.test(taskId)) {
    throw new CliError(`'${task}' is no task's id or ARN. \`teal tasks\` lists those there are.`)
  }
  const url = `${endpoint.replace(/\/$/, '')}/tasks/${encodeURIComponent(taskId)}/exec`
  const { container, timeout } = options
  const body = JSON.stringify({ command, container, timeoutSeconds: timeout })
  const answer = await ask(await signedUrl(url, options, { method: 'POST', body }), body, endpoint)
  const result = (await answer.json().catch(() => ({}))) as {
    readonly message?: string
    readonly exitCode?: number
    readonly stdout?: string
    readonly stderr?: string
    readonly isCut?: boolean
  }
  if (!answer.ok || result.stdout === undefined) {
    throw new CliError(result.message ?? `${endpoint} does not answer as Teal does (HTTP ${answer.status}).`)
  }
  process.stdout.write(result.stdout)
  process.stderr.write(result.stderr ?? '')
  if (result.isCut === true) console.error('teal: what it wrote is cut after 1 MiB.')
  if (result.exitCode === undefined) console.error(`teal: it was ended after ${counted(timeout, 'second')}.`)
  return result.exitCode ?? timedOutExitCode
}

async function ask(url: string, body: string, endpoint: string): Promise<Response> {
  try {
    return await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
  } catch (error) {
    throw new CliError(`nothing answers at ${endpoint}. Run \`teal serve\` there, or set AWS_ENDPOINT_URL.`, {
      cause: error,
    })
  }
}

function parseSeconds(text: string): number {
  const seconds = Number(text)
  if (!Number.isInteger(seconds) || seconds < 1 || seconds > 280) {
    throw new InvalidArgumentError('It is a number of seconds from 1 to 280.')
  }
  return seconds
}
