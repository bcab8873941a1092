import type {
  FunctionConfiguration,
  LambdaClient,
  Runtime,
  UpdateFunctionConfigurationCommandInput,
} from '@aws-sdk/client-lambda'
import { InvalidArgumentError, Option } from 'commander'
import type { Command } from 'commander'
import { awsCommand, awsHelp, forAwsUser, type AwsOptions } from './aws-access.ts'
import { CliError } from './exit-code.ts'
import { lambdaAccess, type LambdaAccess } from './hook-access.ts'
import { guessRuntime, zipDirectory, type HookArchive } from './hook-archive.ts'

type HookAddOptions = AwsOptions & {
  readonly handler?: string
  readonly runtime?: string
  readonly timeout?: number
  readonly memory?: number
  readonly role?: string
  readonly env?: Readonly<Record<string, string>>
}

const defaultTimeoutSeconds = 60
/** What stands for a role where none is looked at. */
const anyRole = 'arn:aws:iam::000000000000:role/teal-hook'
const patienceSeconds = 300

export function hookAddCommand(): Command {
  return awsCommand('add')
    .summary('make or update a Lambda function from a directory')
    .description(
      'Makes a zip archive of the directory and a Lambda function of it, or gives the function of that name the new code. ' +
        'Options left out stay as they are. The archive has all files but .git, .teal, .DS_Store and __pycache__.',
    )
    .argument('<name>', "the function's name, as the AppSpec has it")
    .argument('<directory>', 'its code')
    .option('--handler <file.function>', 'where it begins (default: index.handler, or by the files)')
    .option('--runtime <name>', 'what runs it (default: nodejs24.x, or by the files)')
    .addOption(new Option('--timeout <seconds>', 'how long it may take (default: 60)').argParser(parseNumber))
    .addOption(new Option('--memory <megabytes>', 'how much memory it may use (default: 128)').argParser(parseNumber))
    .addOption(
      new Option('--env <name=value...>', 'its variables, all of them').argParser(
        (text: string, before: Readonly<Record<string, string>> | undefined) => ({ ...before, ...parseVariable(text) }),
      ),
    )
    .option('--role <arn>', 'its role; AWS needs one')
    .addHelpText('after', help)
    .action(addHook)
}

const help = `
Examples:
  $ teal hook add check-green hooks/check-green
  $ teal hook add check-green hooks/check-green --runtime python3.13 \\
      --handler app.handler --env STAGE=test LEVEL=2
${awsHelp}`

async function addHook(name: string, directory: string, options: HookAddOptions): Promise<void> {
  const access = await lambdaAccess(options)
  const archive = await zipDirectory(directory)
  try {
    const before = await findFunction(access.lambda, name)
    const now =
      before === undefined
        ? await create(access, { name, directory, archive }, options)
        : await update(access.lambda, name, archive, options)
    console.log(describe(now, archive, before === undefined ? 'Made' : 'Updated'))
  } catch (error) {
    throw forAwsUser(error, access)
  }
}

async function findFunction(lambda: LambdaClient, name: string): Promise<FunctionConfiguration | undefined> {
  const { GetFunctionConfigurationCommand } = await import('@aws-sdk/client-lambda')
  try {
    return await lambda.send(new GetFunctionConfigurationCommand({ FunctionName: name }))
  } catch (error) {
    if (error instanceof Error && error.name === 'ResourceNotFoundException') return undefined
    throw error
  }
}

async function create(
  { lambda, isCustom }: LambdaAccess,
  hook: { readonly name: string; readonly directory: string; readonly archive: HookArchive },
  options: HookAddOptions,
): Promise<FunctionConfiguration> {
  const { name, directory, archive } = hook
  const guess = guessRuntime(directory)
  const [runtime, handler] = [options.runtime ?? guess?.runtime, options.handler ?? guess?.handler]
  if (runtime === undefined || handler === undefined) {
    throw new CliError(
      `what runs the function is not to be seen from the files in ${directory} (there is no index.js, index.mjs, ` +
        'lambda_function.py or bootstrap). Say it with --runtime and --handler, e.g. --runtime nodejs24.x --handler app.handler.',
    )
  }
  if (!isCustom && options.role === undefined) {
    throw new CliError('on AWS a function needs a role: give it with --role arn:aws:iam::ACCOUNT:role/NAME.')
  }
  const { CreateFunctionCommand, waitUntilFunctionActiveV2 } = await import('@aws-sdk/client-lambda')
  const made = await lambda.send(
    new CreateFunctionCommand({
      FunctionName: name,
      Role: options.role ?? anyRole,
      Code: { ZipFile: archive.zip },
      ...settingsOf({ timeout: defaultTimeoutSeconds, ...options, runtime, handler }),
    }),
  )
  await waitUntilFunctionActiveV2({ client: lambda, maxWaitTime: patienceSeconds }, { FunctionName: name })
  return made
}

async function update(
  lambda: LambdaClient,
  name: string,
  { zip }: HookArchive,
  options: HookAddOptions,
): Promise<FunctionConfiguration> {
  const { UpdateFunctionCodeCommand, UpdateFunctionConfigurationCommand, waitUntilFunctionUpdatedV2 } =
    await import('@aws-sdk/client-lambda')
  const wait = { client: lambda, maxWaitTime: patienceSeconds }
  const updated = await lambda.send(new UpdateFunctionCodeCommand({ FunctionName: name, ZipFile: zip }))
  await waitUntilFunctionUpdatedV2(wait, { FunctionName: name })
  const settings = settingsOf(options)
  if (Object.keys(settings).length === 0) return updated
  const command = new UpdateFunctionConfigurationCommand({ FunctionName: name, ...settings })
  const configured = await lambda.send(command)
  await waitUntilFunctionUpdatedV2(wait, { FunctionName: name })
  return configured
}

function settingsOf(options: HookAddOptions): Omit<UpdateFunctionConfigurationCommandInput, 'FunctionName'> {
  const { handler, runtime, timeout, memory, env, role } = options
  return {
    ...(handler !== undefined && { Handler: handler }),
    // The service says which runtimes it has.
    ...(runtime !== undefined && { Runtime: runtime as Runtime }),
    ...(timeout !== undefined && { Timeout: timeout }),
    ...(memory !== undefined && { MemorySize: memory }),
    ...(role !== undefined && { Role: role }),
    ...(env !== undefined && { Environment: { Variables: { ...env } } }),
  }
}

function describe(now: FunctionConfiguration, { zip, files }: HookArchive, verb: string): string {
  const { FunctionName: name = '', FunctionArn, Runtime: runtime, Handler, Timeout, MemorySize, Environment } = now
  const variables = Object.keys(Environment?.Variables ?? {})
  return [
    `${verb} function ${name}`,
    `  arn        ${FunctionArn}`,
    `  runs       ${Handler} with ${runtime}, for ${Timeout} s at most, with ${MemorySize} MB`,
    `  code       ${files} ${files === 1 ? 'file' : 'files'}, ${(zip.byteLength / 1_000).toFixed(1)} kB`,
    ...(variables.length === 0 ? [] : [`  variables  ${variables.join(', ')}`]),
    'In the AppSpec:',
    '  Hooks:',
    `    - AfterAllowTestTraffic: ${name}`,
    `\`teal hook run ${name}\` runs it alone.`,
  ].join('\n')
}

function parseNumber(text: string): number {
  if (!/^\d{1,5}$/.test(text)) throw new InvalidArgumentError('It is a whole number.')
  return Number(text)
}

function parseVariable(text: string): Readonly<Record<string, string>> {
  const at = text.indexOf('=')
  if (at < 1) throw new InvalidArgumentError('It is a name and a value: STAGE=test.')
  return { [text.slice(0, at)]: text.slice(at + 1) }
}
