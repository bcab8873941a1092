import { runnableRuntimes, runtimeFamily, type FunctionSettings } from '../../domain/lambda-function.ts'
import { invalidParameter, validation } from './lookups.ts'
import { recordedOf, refuseUnsupported } from './unsupported-settings.ts'

/** What CreateFunction and UpdateFunctionConfiguration have in common. */
export type SettingsInput = {
  readonly Runtime?: string | undefined
  readonly Handler?: string | undefined
  readonly Role?: string | undefined
  readonly Description?: string | undefined
  readonly Timeout?: number | undefined
  readonly MemorySize?: number | undefined
  readonly Environment?: { readonly Variables?: Readonly<Record<string, string>> | undefined } | undefined
}

const rolePattern = 'arn:(aws[a-zA-Z-]*)?:iam::\\d{12}:role/?[a-zA-Z_0-9+=,.@\\-_/]+'
const largestEnvironmentBytes = 4_096

/** Variables that are Lambda's own. */
const reservedVariables = new Set([
  '_HANDLER',
  '_X_AMZN_TRACE_ID',
  'AWS_DEFAULT_REGION',
  'AWS_REGION',
  'AWS_EXECUTION_ENV',
  'AWS_LAMBDA_FUNCTION_NAME',
  'AWS_LAMBDA_FUNCTION_MEMORY_SIZE',
  'AWS_LAMBDA_FUNCTION_VERSION',
  'AWS_LAMBDA_INITIALIZATION_TYPE',
  'AWS_LAMBDA_LOG_GROUP_NAME',
  'AWS_LAMBDA_LOG_STREAM_NAME',
  'AWS_ACCESS_KEY',
  'AWS_ACCESS_KEY_ID',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
  'AWS_LAMBDA_RUNTIME_API',
  'LAMBDA_TASK_ROOT',
  'LAMBDA_RUNTIME_DIR',
])

/** Those settings a request gives, checked. */
export function settingsOf(input: SettingsInput): Partial<FunctionSettings> {
  refuseUnsupported(input)
  const { Runtime, Handler, Role, Description, Timeout, MemorySize, Environment } = input
  return {
    ...(Runtime !== undefined && { runtime: checkedRuntime(Runtime) }),
    ...(Handler !== undefined && { handler: checkedHandler(Handler) }),
    ...(Role !== undefined && { role: checkedRole(Role) }),
    ...(Description !== undefined && { description: checkedDescription(Description) }),
    ...(Timeout !== undefined && { timeoutSeconds: checkedNumber(Timeout, 'timeout', [1, 900]) }),
    ...(MemorySize !== undefined && { memorySizeMegabytes: checkedNumber(MemorySize, 'memorySize', [128, 10_240]) }),
    ...(Environment !== undefined && { environment: checkedVariables(Environment.Variables ?? {}) }),
  }
}

/** All settings of a new function. */
export function newSettings(input: SettingsInput): FunctionSettings {
  const settings = settingsOf(input)
  const { runtime, handler } = settings
  if (runtime === undefined || handler === undefined) {
    throw invalidParameter(
      'Runtime and Handler are mandatory parameters for functions created with deployment packages.',
    )
  }
  return {
    role: '',
    description: '',
    timeoutSeconds: 3,
    memorySizeMegabytes: 128,
    environment: {},
    recorded: recordedOf(input),
    ...settings,
    runtime,
    handler,
  }
}

function checkedRuntime(runtime: string): string {
  if (runtimeFamily(runtime) !== undefined) return runtime
  throw invalidParameter(`The runtime ${runtime} is not supported here. Choose one of ${runnableRuntimes.join(', ')}.`)
}

function checkedHandler(handler: string): string {
  if (/^\S{1,128}$/.test(handler)) return handler
  throw validation(handler, 'handler', 'Member must satisfy regular expression pattern: [^\\s]+')
}

function checkedRole(role: string): string {
  if (new RegExp(`^${rolePattern}$`).test(role)) return role
  throw validation(role, 'role', `Member must satisfy regular expression pattern: ${rolePattern}`)
}

function checkedDescription(description: string): string {
  if (description.length <= 256) return description
  throw validation(description, 'description', 'Member must have length less than or equal to 256')
}

function checkedNumber(value: number, member: string, [least, most]: readonly [number, number]): number {
  if (value < least) throw validation(value, member, `Member must have value greater than or equal to ${least}`)
  if (value > most) throw validation(value, member, `Member must have value less than or equal to ${most}`)
  return value
}

function checkedVariables(variables: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const names = Object.keys(variables)
  const unable =
    'Lambda was unable to configure your environment variables because the environment variables you have provided'
  const reserved = names.filter((name) => reservedVariables.has(name))
  if (reserved.length > 0) {
    throw invalidParameter(
      `${unable} contains reserved keys that are currently not supported for modification. Reserved keys used in this request: ${reserved.join(', ')}`,
    )
  }
  const odd = names.find((name) => !/^[a-zA-Z]\w+$/.test(name))
  if (odd !== undefined) {
    throw validation(
      odd,
      'environment.variables',
      'Map keys must satisfy constraint: [Member must satisfy regular expression pattern: [a-zA-Z]([a-zA-Z0-9_])+]',
    )
  }
  const text = JSON.stringify(variables)
  if (Buffer.byteLength(text) > largestEnvironmentBytes) {
    throw invalidParameter(`${unable} exceeded the 4KB limit. String measured: ${text}`)
  }
  return variables
}
