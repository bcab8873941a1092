import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { InvalidArgumentError, Option } from 'commander'
import type { Command } from 'commander'
import { hookableEventNames } from '../domain/deployment.ts'
import { awsCommand, awsHelp, forAwsUser, type AwsOptions } from './aws-access.ts'
import { CliError } from './exit-code.ts'
import { lambdaAccess, type LambdaAccess } from './hook-access.ts'
import { wrapped } from './text.ts'

type HookRunOptions = AwsOptions & { readonly event: string; readonly payload?: string; readonly json: boolean }

const refusalMilliseconds = 1_000

/** Of the form of a deployment's id, and of none. */
const noDeployment = 'd-HOOKALONE'

export function hookRunCommand(): Command {
  return awsCommand('run')
    .summary('run a hook alone, and show its log and result')
    .description(
      'Invokes a Lambda function as CodeDeploy does for a lifecycle event, and shows its log and what it returns. ' +
        'The payload has the ids of a deployment and of an execution, and is the same for all events.',
    )
    .argument('<name>', "the function's name or ARN")
    .addOption(
      new Option('--event <name>', 'the lifecycle event it stands for')
        .choices(hookableEventNames)
        .default('AfterAllowTestTraffic'),
    )
    .addOption(new Option('--payload <json>', 'what to invoke it with instead').argParser(parseJson))
    .option('--json', 'print what came of it as JSON', false)
    .addHelpText('after', help)
    .action(runHook)
}

const help = `
Examples:
  $ teal hook run check-green
  $ teal hook run check-green --event BeforeAllowTraffic
  $ teal hook run check-green --payload '{"DeploymentId":"d-ABCDEF123"}'
${awsHelp}

Exit code 1 where the function fails; to have reported to no deployment is no
failure.`

async function runHook(name: string, options: HookRunOptions): Promise<void> {
  const access = await lambdaAccess(options)
  const payload =
    options.payload ?? JSON.stringify({ DeploymentId: noDeployment, LifecycleEventHookExecutionId: randomUUID() })
  if (options.json) {
    await runForScript(name, payload, access)
    return
  }
  const invoked = invoke(name, payload, access)
  // A function that there is not is refused before this is over; of one that takes long, this is something to read.
  await Promise.race([invoked, delay(refusalMilliseconds, undefined, { ref: false })])
  console.log(`Function ${name}, as at ${options.event}, invoked with ${payload}`)
  if (options.payload === undefined) console.log(note)
  const { error, result, log } = await invoked
  console.log(`\nIts log${log.length >= 4_096 ? ' (the end of it)' : ''}:`)
  for (const line of log.trimEnd().split('\n')) console.log(`  ${line}`)
  console.log(`\nIts result: ${result}`)
  if (options.payload === undefined && isVerdictRefused(result)) {
    console.log(`\nFunction ${name} reported its verdict; there is only no deployment here that it could decide.`)
    return
  }
  if (error !== undefined) throw new CliError(`the function ${name} failed${describe(result)}.`)
  console.log(
    `\n${wrapped('It returned. CodeDeploy ignores what it returns: what it reports with PutLifecycleEventHookExecutionStatus counts, and without that its deployment waits for an hour.', 0)}`,
  )
}

/** `result` is as the function returned it: JSON of its own. */
async function runForScript(name: string, payload: string, access: LambdaAccess): Promise<void> {
  const { error, result, log } = await invoke(name, payload, access)
  const hasReported = isVerdictRefused(result)
  const logLines = log.trimEnd().split('\n')
  console.log(JSON.stringify({ functionName: name, payload, result, functionError: error, hasReported, logLines }))
  if (error !== undefined && !hasReported) throw new CliError(`the function ${name} failed${describe(result)}.`)
}

/** The one error that a hook which does its work comes to when it runs alone. */
function isVerdictRefused(result: string): boolean {
  return result.includes('DeploymentDoesNotExistException') && result.includes(noDeployment)
}

const note = wrapped(
  `There is no deployment ${noDeployment}, so the function's call of PutLifecycleEventHookExecutionStatus is answered with ` +
    'DeploymentDoesNotExistException: the sign that it has reported. In a deployment the status it passes is its verdict.',
  0,
)

async function invoke(name: string, payload: string, access: LambdaAccess) {
  const { InvokeCommand } = await import('@aws-sdk/client-lambda')
  try {
    const answer = await access.lambda.send(
      new InvokeCommand({ FunctionName: name, LogType: 'Tail', Payload: Buffer.from(payload) }),
    )
    // Whatever a web server answers would pass for what the function returned; Lambda gives each call an id.
    if (answer.$metadata.requestId === undefined) throw new CliError(notLambda(access))
    return {
      error: answer.FunctionError,
      result: Buffer.from(answer.Payload ?? '').toString(),
      log: Buffer.from(answer.LogResult ?? '', 'base64').toString(),
    }
  } catch (error) {
    throw forAwsUser(error, access)
  }
}

function notLambda(access: LambdaAccess): string {
  return (
    `what answers at ${access.endpoint()} does not speak AWS's API: no function was invoked. Set AWS_ENDPOINT_URL (or ` +
    '--endpoint-url) to where Teal is.'
  )
}

/** `: TypeError: x is not a function`, as far as the result says so. */
function describe(result: string): string {
  try {
    const { errorType, errorMessage } = JSON.parse(result) as { errorType?: unknown; errorMessage?: unknown }
    const texts = [errorType, errorMessage].filter((text) => typeof text === 'string' && text !== '')
    return texts.length === 0 ? '' : `: ${texts.join(': ').replace(/\.$/, '')}`
  } catch {
    return ''
  }
}

function parseJson(text: string): string {
  try {
    JSON.parse(text)
    return text
  } catch (error) {
    throw new InvalidArgumentError(`It is not JSON: ${error instanceof Error ? error.message : String(error)}.`)
  }
}
