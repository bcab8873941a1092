import { existsSync } from 'node:fs'
import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { basename, delimiter, dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { InvalidArgumentError, Option } from 'commander'
import type { Command } from 'commander'
import { shellWord } from '../domain/shell-word.ts'
import { awsCommand, awsHelp } from './aws-access.ts'
import type { AwsOptions } from './aws-access.ts'
import { awsClients } from './aws-clients.ts'
import { CliError, forPerson } from './exit-code.ts'
import { filesFromService } from './init-from-service.ts'
import { projectFiles } from './init-project.ts'
import type { ProjectFile } from './init-project.ts'
import { parseListenerPort } from './options.ts'

type InitOptions = AwsOptions & {
  readonly name?: string
  readonly port: number
  readonly testPort: number
  readonly fromService?: string
  readonly force: boolean
  readonly json: boolean
}

export function initCommand(): Command {
  return awsCommand('init')
    .summary('write the AWS files of a project')
    .description(
      'Writes a small project that is deployed blue/green: an application with its Dockerfile, task definition, AppSpec, ' +
        'deployment group, a hook, and the aws commands that set everything up and deploy it. Or, with --from-service, ' +
        'writes task definition, AppSpec and deployment group of a service that is running. Overwrites no file unasked.',
    )
    .argument('[directory]', 'where', '.')
    .addOption(new Option('--name <name>', "the project's name (default: the directory's)").argParser(parseName))
    .addOption(new Option('--port <number>', 'the production port').argParser(parseListenerPort).default(8080))
    .addOption(
      new Option('--test-port <number>', 'the port for test traffic').argParser(parseListenerPort).default(8081),
    )
    .option('--from-service <cluster/service>', 'take the files from a live service')
    .option('--force', 'overwrite files that are there', false)
    .option('--json', 'print what was written as JSON', false)
    .addHelpText('after', help)
    .action(init)
}

const help = `
Examples:
  $ teal init shop
  $ teal init --name shop --port 9080 --test-port 9081
  $ teal init prod --from-service prod/web
${awsHelp}
Without --from-service nobody is asked.`

/** What was made, and what is to be known about it. */
export type Made = { readonly files: readonly ProjectFile[]; readonly notes: readonly string[] }

async function init(directory: string, options: InitOptions): Promise<void> {
  const made = await make(directory, options)
  const there = made.files.map(({ name }) => name).filter((name) => existsSync(join(directory, name)))
  if (there.length > 0 && !options.force) {
    throw new CliError(
      `${there.join(', ')} ${there.length === 1 ? 'is' : 'are'} there already in ${resolve(directory)}. --force overwrites.`,
    )
  }
  for (const file of made.files) await write(directory, file)
  if (options.json) {
    const written = made.files.map(({ name }) => name)
    console.log(
      JSON.stringify({ directory: resolve(directory), written, overwritten: there, notes: made.notes }, undefined, 2),
    )
    return
  }
  console.log(`In ${resolve(directory)}`)
  const verb = (there.length > 0 ? 'overwritten' : 'written').length
  const longest = Math.max(...made.files.map(({ name }) => name.length))
  for (const { name, about } of made.files) {
    console.log(`  ${there.includes(name) ? 'overwritten' : 'written'.padEnd(verb)}  ${name.padEnd(longest)}  ${about}`)
  }
  console.log(['', ...made.notes].join('\n'))
}

async function make(directory: string, options: InitOptions): Promise<Made> {
  if (options.fromService !== undefined) {
    return filesFromService(await awsClients(options), options.fromService)
  }
  const name = options.name ?? nameOf(directory)
  if (options.port === options.testPort)
    throw new CliError('--port and --test-port are the same: test traffic needs its own.')
  const { port, testPort } = options
  return { files: projectFiles({ name, port, testPort }), notes: nextSteps(name, directory) }
}

async function write(directory: string, { name, text, isProgram }: ProjectFile): Promise<void> {
  const path = join(directory, name)
  try {
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, text)
    if (isProgram === true) await chmod(path, 0o755)
  } catch (error) {
    throw forPerson(error)
  }
}

function nextSteps(name: string, directory: string): readonly string[] {
  const isHere = resolve(directory) === process.cwd()
  const path = pathToTeal()
  const before = [
    ...(isHere ? [] : [`  cd ${quoted(directory)}`]),
    ...(path === undefined ? [] : [`  export PATH=${quoted(path)}:"$PATH"   # for teal`]),
  ]
  return [
    'Next, in one terminal:',
    ...before,
    '  teal serve --runtime process --minute 1s',
    'and in another one:',
    ...before,
    '  export AWS_ENDPOINT_URL=http://127.0.0.1:4566',
    '  export AWS_REGION=us-east-1 AWS_DEFAULT_REGION=us-east-1',
    '  export AWS_ACCESS_KEY_ID=teal AWS_SECRET_ACCESS_KEY=teal',
    `  teal build . --tag ${name}:1`,
    `  ./setup.sh ${name}:1            # everything, with version 1`,
    `  echo 2 > version.txt && teal build . --tag ${name}:2`,
    `  teal verify --image web=${name}:2`,
    `  ./deploy.sh ${name}:2           # blue/green`,
    'The same files and scripts work on AWS: see the top of setup.sh.',
  ]
}

/**
 * What is to be added to PATH so that `teal` is found, as the project's scripts call it; undefined where it is. What npx
 * has put there is gone with this process.
 */
function pathToTeal(env = process.env): string | undefined {
  const isOfNpx = env['npm_command'] !== undefined
  if (!isOfNpx && (env['PATH'] ?? '').split(delimiter).some((each) => each !== '' && hasTeal(each))) return undefined
  const own = fileURLToPath(new URL('../../', import.meta.url))
  return [join(own, 'bin'), resolve(own, '../.bin')].find(hasTeal)
}

function hasTeal(directory: string): boolean {
  return existsSync(join(directory, 'teal'))
}

/** What a directory is called, as far as load balancers may be called that. */
function nameOf(directory: string): string {
  const name = basename(resolve(directory))
    .toLowerCase()
    .replaceAll(/[^a-z0-9-]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
  if (isName(name)) return name
  throw new CliError(`'${basename(resolve(directory))}' makes no name for a project. Give one with --name.`)
}

function parseName(text: string): string {
  if (isName(text)) return text
  throw new InvalidArgumentError('It is made of lower-case letters, digits and hyphens, 26 at most: shop, shop-api.')
}

/** Names of load balancers and target groups have 32 characters at most; `-green` is added. */
function isName(text: string): boolean {
  return /^[a-z]([a-z0-9-]{0,24}[a-z0-9])?$/.test(text) && !text.startsWith('internal-')
}

/** As a shell reads it. */
function quoted(path: string): string {
  return /^[\w./~-]+$/.test(path) ? path : shellWord(path)
}
