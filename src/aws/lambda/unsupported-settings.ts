import type { CreateFunctionRequest } from '@aws-sdk/client-lambda'
import { invalidParameter } from './lookups.ts'

type SettingName = Exclude<keyof CreateFunctionRequest, 'FunctionName'>

/**
 * What is answered back as it was given and has no effect on a function of this machine: there are no VPCs, no keys and no
 * traces, a process has the machine's disk, and code for another processor runs wherever its interpreter does.
 */
const recordedSettings = [
  'Architectures',
  'EphemeralStorage',
  'KMSKeyArn',
  'LoggingConfig',
  'TracingConfig',
  'VpcConfig',
] as const satisfies readonly SettingName[]

/** What would change what the function does, and is not there: refused, unless it is set to nothing. */
const refusedSettings: readonly Refusal[] = [
  { name: 'Layers', instead: "Put the layers' files into the function's own archive." },
  { name: 'FileSystemConfigs', instead: "Put the files into the function's own archive." },
  { name: 'ImageConfig', instead: 'Functions of container images are not run here; pass Code with a zip archive.' },
  { name: 'CodeSigningConfigArn', instead: 'Signatures of code are not checked here; leave it out.' },
  {
    name: 'DeadLetterConfig',
    isNothing: (value) => !memberOf(value, 'TargetArn'),
    instead: 'Events that a function failed on are told in the log of the engine; leave it out.',
  },
  {
    name: 'SnapStart',
    isNothing: (value) => memberOf(value, 'ApplyOn') !== 'PublishedVersions',
    instead: 'Pass ApplyOn None.',
  },
  {
    name: 'LoggingConfig',
    isNothing: (value) => memberOf(value, 'LogFormat') !== 'JSON',
    instead: 'Pass LogFormat Text.',
  },
  { name: 'TenancyConfig', instead: 'Leave it out.' },
  { name: 'CapacityProviderConfig', instead: 'Leave it out.' },
  { name: 'DurableConfig', instead: 'Durable functions are not run here; leave it out.' },
  { name: 'PublishTo', instead: 'Leave it out; Publish makes a numbered version.' },
]

type Refusal = {
  readonly name: SettingName
  /** By default, an empty list, object or text. */
  readonly isNothing?: (value: unknown) => boolean
  /** A sentence that says what to do. */
  readonly instead: string
}

/** @throws AwsError InvalidParameterValueException that names the setting and what to do */
export function refuseUnsupported(input: object): void {
  for (const { name, isNothing = isEmpty, instead } of refusedSettings) {
    const value = memberOf(input, name)
    if (value === undefined || value === null || isNothing(value)) continue
    throw invalidParameter(`${name} is not supported here. ${instead}`)
  }
}

/** The recorded settings of a request; those left out are left out. */
export function recordedOf(input: object): Readonly<Record<string, unknown>> {
  const given = recordedSettings.map((name) => [name, memberOf(input, name)] as const)
  return Object.fromEntries(given.filter(([, value]) => value !== undefined))
}

function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null ? Object.keys(value).length === 0 : value === ''
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>)[name] : undefined
}
