import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { DockerApi, dockerSocketPath } from '../adapters/docker-api.ts'
import { openFilesIn, shareOfFiles } from '../domain/open-files.ts'
import { isWebUrl, urlMeantBy } from './aws-access.ts'
import type { Check } from './doctor.ts'
import { packageVersion } from './version.ts'

const run = promisify(execFile)
const patienceMilliseconds = 15_000

/** What of the machine itself Teal needs, or is the better for. */
export async function checkMachine(): Promise<readonly Check[]> {
  const [docker, cli] = await Promise.all([checkDocker(), checkAwsCommand()])
  return [checkNode(), ...checkPlatform(), docker, cli, checkConfiguration(), ...checkLimits()]
}

function checkNode(): Check {
  return {
    name: 'Teal',
    status: 'ok',
    what: `${packageVersion()}, on Node.js ${process.version} (${process.execPath})`,
  }
}

function checkPlatform(): readonly Check[] {
  if (process.platform === 'linux') return []
  return [
    {
      name: 'system',
      status: 'warning',
      what: `This is ${process.platform}; tasks in Docker need Linux, and Teal is tested there.`,
      how: 'Run tasks as processes: teal serve --runtime process.',
    },
  ]
}

async function checkDocker(): Promise<Check> {
  let api: DockerApi | undefined
  try {
    api = new DockerApi(dockerSocketPath())
    const { Version } = await api.version()
    return {
      name: 'Docker',
      status: 'ok',
      what: `Docker ${Version} answers at ${api.socketPath}: tasks can run in it.`,
    }
  } catch (error) {
    const what = error instanceof Error ? error.message.replace(/\.$/, '') : String(error)
    return {
      name: 'Docker',
      status: 'note',
      what: `${what}.`,
      how: 'Tasks run as processes without it (--runtime process). For containers start Docker, and give this user the right to its socket.',
    }
  } finally {
    api?.close()
  }
}

async function checkAwsCommand(): Promise<Check> {
  try {
    const { stdout, stderr } = await run('aws', ['--version'], { timeout: patienceMilliseconds })
    return { name: 'aws command', status: 'ok', what: `${stdout}${stderr}`.trim().split(' ')[0] ?? '' }
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT'
    return {
      name: 'aws command',
      status: isMissing ? 'note' : 'warning',
      what: isMissing ? 'There is no `aws` command here.' : 'The `aws` command does not work.',
      how: "Teal does not need it; the documents use it. AWS's guide says how to install it.",
    }
  }
}

/** Commands that are meant for this machine must not go to AWS by mistake. */
function checkConfiguration(): Check {
  const name = 'AWS clients'
  const endpoint = process.env['AWS_ENDPOINT_URL']
  const region = process.env['AWS_REGION'] ?? process.env['AWS_DEFAULT_REGION']
  if (endpoint === undefined || endpoint === '') {
    return {
      name,
      status: 'note',
      what: `AWS_ENDPOINT_URL is not set: \`aws\` commands go to AWS${hasFiles() ? '' : ', where no credentials are configured'}.`,
      how: 'For Teal set it to what `teal serve` prints.',
    }
  }
  if (!isWebUrl(endpoint)) {
    return {
      name,
      status: 'problem',
      what: `AWS_ENDPOINT_URL is '${endpoint}', which is no URL of http:// or https://.`,
      how: `Set it to ${urlMeantBy(endpoint)}.`,
    }
  }
  const hasKeys =
    process.env['AWS_ACCESS_KEY_ID'] !== undefined || process.env['AWS_PROFILE'] !== undefined || hasFiles()
  const missing = [
    ...(region === undefined && !hasFiles() ? ['AWS_REGION'] : []),
    ...(hasKeys ? [] : ['AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY']),
  ]
  if (missing.length === 0)
    return { name, status: 'ok', what: `They are pointed at ${endpoint}${region === undefined ? '' : `, ${region}`}.` }
  return {
    name,
    status: 'warning',
    what: `They are pointed at ${endpoint}, but ${missing.join(' and ')} ${missing.length === 1 && !missing[0]?.includes(' ') ? 'is' : 'are'} not set.`,
    how: 'For Teal any region and any credentials do: AWS_REGION=us-east-1 AWS_DEFAULT_REGION=us-east-1 AWS_ACCESS_KEY_ID=teal AWS_SECRET_ACCESS_KEY=teal',
  }
}

function hasFiles(): boolean {
  return ['config', 'credentials'].some((file) => existsSync(join(homedir(), '.aws', file)))
}

const fewFiles = 4_096

/** Each client of the load balancer takes two descriptors. */
function checkLimits(): readonly Check[] {
  let text: string
  try {
    text = readFileSync('/proc/self/limits', 'utf8')
  } catch {
    return []
  }
  const files = openFilesIn(text)
  if (!Number.isFinite(files) || files >= fewFiles)
    return [{ name: 'open files', status: 'ok', what: `${files} are allowed.` }]
  return [
    {
      name: 'open files',
      status: 'warning',
      what: `${files} are allowed: the load balancer can serve about ${shareOfFiles(files).clients} clients at once.`,
      how: 'Allow more before `teal serve`: ulimit -n 65536',
    },
  ]
}
