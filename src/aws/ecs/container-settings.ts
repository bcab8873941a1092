import type * as sdk from '@aws-sdk/client-ecs'
import type { ContainerDefinition, ContainerHealthCheck, LinuxParameters } from '../../domain/task-definition.ts'
import type { Checked } from '../handlers.ts'
import { defined } from './defined.ts'
import { clientError } from './errors.ts'
import { isAsked, linuxParameterMembers, logConfigurationMembers, refusedMember } from './members.ts'

type Input = Checked<sdk.ContainerDefinition>
type Settings = Omit<
  ContainerDefinition,
  'name' | 'image' | 'essential' | 'environment' | 'portMappings' | 'cpu' | 'recorded'
>

/**
 * How a container is started, looked after and limited, checked as RegisterTaskDefinition does.
 * @throws ClientException naming the container and the setting.
 */
export function readContainerSettings(
  name: string,
  input: Input,
  { fargate }: { readonly fargate: boolean },
): Settings {
  checkTimeouts(name, input, fargate)
  checkUlimits(name, input, fargate)
  checkSecrets(name, input)
  if (input.user !== undefined && !userPattern.test(input.user)) {
    throw invalid(name, `'user' must be user, user:group, uid or uid:gid, and is '${input.user}'.`)
  }
  return defined({
    entryPoint: input.entryPoint,
    command: input.command,
    workingDirectory: input.workingDirectory,
    stopTimeout: input.stopTimeout,
    startTimeout: input.startTimeout,
    memory: input.memory,
    memoryReservation: input.memoryReservation,
    dependsOn: input.dependsOn,
    healthCheck: input.healthCheck && readHealthCheck(name, input.healthCheck),
    secrets: input.secrets,
    environmentFiles: input.environmentFiles?.map((file) => readEnvironmentFile(name, file)),
    logConfiguration: input.logConfiguration && readLogConfiguration(name, input.logConfiguration, fargate),
    mountPoints: (input.mountPoints ?? []).map((mount) => readMountPoint(name, mount)),
    user: input.user || undefined,
    readonlyRootFilesystem: input.readonlyRootFilesystem,
    linuxParameters: input.linuxParameters && readLinuxParameters(name, input.linuxParameters, fargate),
    ulimits: input.ulimits,
    dockerLabels: input.dockerLabels,
    repositoryCredentials: input.repositoryCredentials && readCredentials(name, input.repositoryCredentials),
  })
}

const userPattern = /^$|^[A-Za-z0-9_][A-Za-z0-9_.-]*(?::[A-Za-z0-9_][A-Za-z0-9_.-]*)?$/

function invalid(name: string, rest: string) {
  return clientError(`Invalid setting for container '${name}'. ${rest}`)
}

function checkTimeouts(name: string, { startTimeout, stopTimeout }: Input, fargate: boolean): void {
  if (stopTimeout !== undefined && (stopTimeout < 0 || (fargate && stopTimeout > 120))) {
    throw invalid(name, `'stopTimeout' must be ${fargate ? 'between 0 and 120' : 'at least 0'} seconds.`)
  }
  if (startTimeout !== undefined && (startTimeout < 2 || (fargate && startTimeout > 120))) {
    throw invalid(name, `'startTimeout' must be ${fargate ? 'between 2 and 120' : 'at least 2'} seconds.`)
  }
}

function checkUlimits(name: string, { ulimits = [] }: Input, fargate: boolean): void {
  if (new Set(ulimits.map((each) => each.name)).size < ulimits.length) {
    throw invalid(name, "Each of 'ulimits' can be set once only.")
  }
  for (const { name: ulimit, softLimit, hardLimit } of ulimits) {
    if (softLimit < -1 || hardLimit < -1) throw invalid(name, `Ulimit '${ulimit}' must not be negative.`)
    if (hardLimit !== -1 && (softLimit > hardLimit || softLimit === -1)) {
      throw invalid(name, `The soft limit of '${ulimit}' must not be above its hard limit.`)
    }
  }
  if (fargate && ulimits.some((each) => each.name !== 'nofile')) {
    throw clientError('Fargate compatible task definitions only support nofile ulimits.')
  }
}

function readCredentials(name: string, { credentialsParameter }: Credentials): Credentials {
  if (credentialsParameter !== '') return { credentialsParameter }
  throw invalid(name, "'repositoryCredentials' needs a credentialsParameter: the ARN or the name of a secret.")
}
type Credentials = NonNullable<ContainerDefinition['repositoryCredentials']>

function checkSecrets(name: string, { secrets = [], environment = [] }: Input): void {
  const seen = new Set(environment.map((variable) => variable.name))
  for (const secret of secrets) {
    if (!secret.name || !secret.valueFrom) throw invalid(name, "Every entry of 'secrets' needs a name and a valueFrom.")
    if (seen.has(secret.name)) {
      throw clientError(
        'The secret name must be unique and not shared with any new or existing environment variables set on the ' +
          `container, such as '${secret.name}'.`,
      )
    }
    seen.add(secret.name)
  }
}

/** Bounds of AWS: interval 5–300, timeout 2–60, retries 1–10, startPeriod 0–300. */
function readHealthCheck(name: string, check: Checked<sdk.HealthCheck>): ContainerHealthCheck {
  const { command, interval, timeout, retries, startPeriod } = check
  const [kind = '', ...rest] = command
  if (!['CMD', 'CMD-SHELL', 'NONE'].includes(kind) || (kind !== 'NONE' && rest.join('') === '')) {
    throw invalid(name, "The command of 'healthCheck' must be CMD or CMD-SHELL followed by what to run, or NONE.")
  }
  const bounds = [
    ['interval', interval, 5, 300],
    ['timeout', timeout, 2, 60],
    ['retries', retries, 1, 10],
    ['startPeriod', startPeriod, 0, 300],
  ] as const
  for (const [member, value, least, most] of bounds) {
    if (value === undefined || (value >= least && value <= most)) continue
    throw invalid(name, `'${member}' of 'healthCheck' must be between ${least} and ${most}, and is ${value}.`)
  }
  return {
    command,
    interval: interval ?? 30,
    timeout: timeout ?? 5,
    retries: retries ?? 3,
    ...defined({ startPeriod }),
  }
}

/** @throws ClientException where it is no object of S3 of that kind. */
export function readEnvironmentFile(name: string, { value, type }: Checked<sdk.EnvironmentFile>) {
  if (!/^arn:aws[\w-]*:s3:::[^/]+\/.+$/.test(value)) {
    throw invalid(name, `'${value}' of 'environmentFiles' is not the ARN of an object: arn:aws:s3:::BUCKET/KEY.env.`)
  }
  if (!value.endsWith('.env')) throw invalid(name, `The environment file '${value}' must have the extension .env.`)
  return { value, type }
}

const knownLogOptions = ['group', 'region', 'stream-prefix', 'create-group'].map((option) => `awslogs-${option}`)
/** They say how the agent buffers. Here a container is never held up and no line is dropped for want of a buffer. */
const meaninglessLogOptions = ['mode', 'max-buffer-size']
/** Docker's, which ECS passes on. */
const otherLogOptions = ['datetime-format', 'multiline-pattern', 'endpoint', 'format'].map(
  (option) => `awslogs-${option}`,
)

function readLogConfiguration(name: string, input: Checked<sdk.LogConfiguration>, fargate: boolean) {
  const refused = refusedMember(logConfigurationMembers, input)
  if (refused !== undefined) throw clientError(`Container '${name}': ${refused.member} ${unsupported(refused.advice)}`)
  const { logDriver, options = {} } = input
  const configuration = { logDriver, ...(input.options === undefined ? {} : { options }) }
  if (logDriver !== 'awslogs') return configuration
  const needed = ['awslogs-group', ...(fargate ? ['awslogs-region', 'awslogs-stream-prefix'] : [])]
  const missing = needed.filter((option) => !options[option])
  if (missing.length > 0) throw clientError(`Log driver awslogs requires options: ${missing.join(', ')}`)
  if ((options['awslogs-create-group'] ?? 'true') !== 'true') {
    throw clientError(
      "Log driver awslogs option 'awslogs-create-group' should only be set to 'true', else omit option.",
    )
  }
  const others = Object.keys(options).filter((each) => ![...knownLogOptions, ...meaninglessLogOptions].includes(each))
  const unknown = others.filter((each) => !otherLogOptions.includes(each))
  if (unknown.length > 0) throw clientError(`Log driver awslogs disallows options: ${unknown.join(', ')}`)
  if (others.length === 0) return configuration
  throw clientError(`Container '${name}': log option ${others[0]} ${unsupported('Remove it: each line is an event.')}`)
}

const unsupported = (advice: string): string => `is not supported by Teal yet. ${advice}`

function readMountPoint(name: string, { sourceVolume, containerPath, readOnly = false }: Checked<sdk.MountPoint>) {
  if (!sourceVolume || !containerPath) {
    throw invalid(name, "Every entry of 'mountPoints' needs a sourceVolume and a containerPath.")
  }
  if (!containerPath.startsWith('/')) throw invalid(name, `The containerPath '${containerPath}' must be absolute.`)
  return { sourceVolume, containerPath, readOnly }
}

function readLinuxParameters(
  name: string,
  input: Checked<sdk.LinuxParameters>,
  fargate: boolean,
): LinuxParameters | undefined {
  const refused = refusedMember(linuxParameterMembers, input)
  if (refused !== undefined) {
    throw clientError(`Container '${name}': linuxParameters.${refused.member} ${unsupported(refused.advice)}`)
  }
  const { capabilities, initProcessEnabled, sharedMemorySize, tmpfs } = input
  if (fargate && sharedMemorySize) {
    throw clientError('Fargate compatible task definitions do not support sharedMemorySize.')
  }
  if (fargate && capabilities?.add?.some((capability) => capability !== 'SYS_PTRACE') === true) {
    throw clientError('Fargate compatible task definitions can add the capability SYS_PTRACE only.')
  }
  for (const { containerPath, size } of tmpfs ?? []) {
    if (!containerPath.startsWith('/')) throw invalid(name, `The path '${containerPath}' of a tmpfs must be absolute.`)
    if (size < 1) throw invalid(name, `The size of the tmpfs '${containerPath}' must be at least 1 MiB.`)
  }
  if (!isAsked(input)) return undefined
  return defined({
    capabilities: capabilities && defined(capabilities),
    initProcessEnabled,
    sharedMemorySize,
    tmpfs: tmpfs?.map(({ mountOptions, ...mount }) => ({ ...mount, ...defined({ mountOptions }) })),
  })
}
