import type { CodeDeployClient } from '@aws-sdk/client-codedeploy'
import { Command, Option } from 'commander'
import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { CliError } from './exit-code.ts'

/** Where the clients of commands that speak AWS's API are pointed. */
export type AwsOptions = { readonly endpointUrl?: string; readonly region?: string }

/** Teal as `teal serve` offers it. */
const localEndpoint = 'http://127.0.0.1:4566'

/** A command that is an AWS client like any other, with the options that say where. */
export function awsCommand(name: string): Command {
  return new Command(name)
    .addOption(new Option('--endpoint-url <url>', 'the endpoint, instead of the configured one'))
    .addOption(new Option('--region <region>', 'the region, instead of the configured one'))
}

/** For the help of such a command. */
export const awsHelp = `
Works with Teal and with AWS, through the official client and its usual
configuration: AWS_ENDPOINT_URL, AWS_PROFILE, AWS_REGION, ~/.aws/config.
Where nothing at all of that is configured, it is ${localEndpoint}.`

/**
 * The configuration for any client of the official SDK; what is left out, the SDK finds for itself. A variable that is
 * empty is one that is not set, as for AWS's own clients: CI sets such.
 */
export function clientConfiguration(
  { endpointUrl, region }: AwsOptions,
  env: Readonly<Record<string, string | undefined>> = process.env,
  service: AwsService = 'CODEDEPLOY',
): ClientConfiguration {
  const files = [
    env['AWS_CONFIG_FILE'] ?? homeFile('config'),
    env['AWS_SHARED_CREDENTIALS_FILE'] ?? homeFile('credentials'),
  ]
  const hasFiles = files.some((file) => existsSync(file))
  const given = Object.keys(env).filter((name) => env[name] !== '')
  const isConfigured = hasFiles || given.some((name) => configuring.test(name))
  const configured = configuredEndpoint(endpointUrl, env, service)
  const endpoint = configured ?? (isConfigured ? undefined : localEndpoint)
  const isHere = endpoint !== undefined && isLoopback(new URL(endpoint).hostname)
  const hasCredentials = hasFiles || given.some((name) => identifying.test(name))
  const givenRegion = env['AWS_REGION'] || env['AWS_DEFAULT_REGION'] || undefined
  const hasRegion = hasFiles || givenRegion !== undefined
  // The SDK reads AWS_REGION only; the AWS CLI's variable is as good.
  const found = region ?? givenRegion ?? (isHere && !hasRegion ? 'us-east-1' : undefined)
  return {
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(found === undefined ? {} : { region: found }),
    ...(isHere && !hasCredentials ? { credentials: { accessKeyId: 'teal', secretAccessKey: 'teal' } } : {}),
  }
}

/** Refused here is what AWS's clients take for a URL and make nothing of: `localhost:4566` has the scheme `localhost`. */
function configuredEndpoint(
  endpointUrl: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
  service: AwsService,
): string | undefined {
  const names = [`AWS_ENDPOINT_URL_${service}`, 'AWS_ENDPOINT_URL']
  const variable = endpointUrl === undefined ? names.find((name) => env[name]) : undefined
  const endpoint = endpointUrl ?? env[variable ?? '']
  if (endpoint === undefined || isWebUrl(endpoint)) return endpoint
  throw new CliError(
    `${variable ?? '--endpoint-url'} is '${endpoint}', which is no URL of http:// or https://: write ${urlMeantBy(endpoint)}`,
  )
}

export function isWebUrl(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)
}

/** Where a host and a port are all that there is, these. */
export function urlMeantBy(text: string): string {
  return /^[\w.-]+:\d{1,5}\/?$/.test(text) ? `http://${text}` : localEndpoint
}

/** As in the names of the variables that point one client elsewhere: `AWS_ENDPOINT_URL_ECS`. */
type AwsService =
  'ACM' | 'CLOUDWATCH' | 'CLOUDWATCH_LOGS' | 'CODEDEPLOY' | 'ECS' | 'ELASTIC_LOAD_BALANCING_V2' | 'LAMBDA' | 'S3'

type ClientConfiguration = {
  readonly endpoint?: string
  readonly region?: string
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string }
}

/** Variables any of which means that AWS's clients are configured here. */
const configuring =
  /^AWS_(ACCESS_KEY_ID|PROFILE|DEFAULT_PROFILE|REGION|DEFAULT_REGION|ROLE_ARN|CONTAINER_CREDENTIALS_\w+)$/
const identifying = /^AWS_(ACCESS_KEY_ID|PROFILE|DEFAULT_PROFILE|ROLE_ARN|CONTAINER_CREDENTIALS_\w+)$/

/** A client of CodeDeploy, and where its calls go. */
export async function codeDeployAccess(options: AwsOptions): Promise<CodeDeployAccess> {
  return codeDeployAccessWith(await import('@aws-sdk/client-codedeploy'), options)
}

export function codeDeployAccessWith(
  { CodeDeployClient }: Pick<typeof import('@aws-sdk/client-codedeploy'), 'CodeDeployClient'>,
  options: AwsOptions,
): CodeDeployAccess {
  const codeDeploy = new CodeDeployClient({ ...clientConfiguration(options), maxAttempts: 2 })
  let endpoint = ''
  codeDeploy.middlewareStack.add(
    (next) => (call) => {
      const { protocol, hostname, port } = call.request as { protocol: string; hostname: string; port?: number }
      endpoint = `${protocol}//${hostname}${port === undefined ? '' : `:${port}`}`
      return next(call)
    },
    { step: 'finalizeRequest', name: 'noteEndpoint' },
  )
  return { codeDeploy, endpoint: () => endpoint, region: () => codeDeploy.config.region() }
}

export type CodeDeployAccess = {
  readonly codeDeploy: CodeDeployClient
  /** Where the last call went: `http://127.0.0.1:4566`. */
  endpoint(): string
  region(): Promise<string>
}

/** What the SDK throws, in words for the person at the keyboard. */
export function forAwsUser(error: unknown, access: Pick<CodeDeployAccess, 'endpoint'>): unknown {
  if (!(error instanceof Error)) return error
  if (isUnreachable(error)) {
    return new CliError(
      `nothing answers at ${access.endpoint()} (${codeOf(error)}). Run \`teal serve\` there, or set AWS_ENDPOINT_URL (or --endpoint-url) to where Teal is.`,
    )
  }
  const foreign = foreignAnswer(error)
  if (foreign !== undefined) {
    return new CliError(
      `what answers at ${access.endpoint()} does not speak AWS's API (${foreign}). Set AWS_ENDPOINT_URL (or --endpoint-url) to where Teal is.`,
    )
  }
  switch (error.name) {
    case 'DeploymentDoesNotExistException':
      return new CliError(`${error.message} \`teal deployments\` lists those at ${access.endpoint()}.`)
    case 'DeploymentLimitExceededException': {
      const id = /'(d-\w+)'/.exec(error.message)?.[1]
      const how = id === undefined ? '' : ` \`teal deployment ${id}\` tells how it is, and what can be done with it.`
      return new CliError(`${error.message} (${error.name}).${how}`)
    }
    case 'CredentialsProviderError':
      return new CliError(noCredentials(error, process.env['AWS_PROFILE']))
    default:
      break
  }
  if (error.message === 'Region is missing') {
    return new CliError('no region is configured: set AWS_REGION, or use --region.')
  }
  if (error.message.startsWith('Region not accepted')) return new CliError(`no call can be made: ${error.message}`)
  return '$metadata' in error ? new CliError(`${error.message} (${error.name})`) : error
}

/** A profile counts more than keys that are set beside it. */
function noCredentials({ message }: Error, profile: string | undefined): string {
  const any = 'For Teal any will do: '
  const keys = 'AWS_ACCESS_KEY_ID=teal and AWS_SECRET_ACCESS_KEY=teal'
  const how = profile
    ? `unset AWS_PROFILE, which is '${profile}' and counts more than keys, and set ${keys}`
    : `set ${keys}`
  return `no AWS credentials were found: ${message.replace(/\.$/, '')}. ${any}${how}.`
}

/** Nothing answered. */
function isUnreachable(error: Error): boolean {
  return unreachable.has(codeOf(error))
}

/** Of `fetch`, which says it in the cause. */
function codeOf(error: Error): string {
  if ('code' in error) return String(error.code)
  return error.cause instanceof Error && 'code' in error.cause ? String(error.cause.code) : ''
}

/** Nobody answered who could be asked anything. */
export function isNoService(error: Error): boolean {
  return isUnreachable(error) || foreignAnswer(error) !== undefined
}

/** What shows that it is a proxy, a web server or whatever else; undefined where that is not known. */
function foreignAnswer(error: Error): string | undefined {
  if (/^(HPE_|EPROTO$)/.test(codeOf(error))) return codeOf(error)
  if (!error.message.includes('Deserialization error')) return undefined
  const { $response: response } = error as { readonly $response?: { readonly statusCode?: number } }
  return `HTTP ${response?.statusCode ?? 'of another kind'}`
}

const unreachable = new Set(['ECONNREFUSED', 'ENOTFOUND', 'ECONNRESET', 'EHOSTUNREACH', 'ETIMEDOUT', 'EAI_AGAIN'])

function isLoopback(hostname: string): boolean {
  return (
    hostname === 'localhost' || hostname === '[::1]' || hostname.endsWith('.localhost') || hostname.startsWith('127.')
  )
}

function homeFile(name: string): string {
  return join(homedir(), '.aws', name)
}
