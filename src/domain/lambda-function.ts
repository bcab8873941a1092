import type { Place } from './identifiers.ts'
import { textOfProgram } from './program-text.ts'

/** A Lambda function: what it would run now, and everything published from it. */
export type LambdaFunction = {
  readonly functionName: string
  /** Without a version. */
  readonly functionArn: string
  readonly region: string
  /** `$LATEST`, the only version that changes. */
  readonly latest: FunctionVersion
  /** By ascending version. */
  readonly published: readonly FunctionVersion[]
  /** The last version number ever given out, so that none comes twice. */
  readonly lastPublished: number
  readonly aliases: readonly FunctionAlias[]
  /** Resource policies: recorded and answered, not enforced. */
  readonly statements: readonly PolicyStatement[]
  readonly tags: Readonly<Record<string, string>>
}

export type FunctionVersion = FunctionSettings & {
  /** `$LATEST`, or a number in decimal digits. */
  readonly version: string
  readonly code: FunctionCode
  /** Epoch milliseconds. */
  readonly lastModified: number
  /** Another one after each change: processes are kept for later invocations by it. */
  readonly revisionId: string
}

export type FunctionSettings = {
  readonly runtime: string
  readonly handler: string
  readonly role: string
  readonly description: string
  readonly timeoutSeconds: number
  readonly memorySizeMegabytes: number
  readonly environment: Readonly<Record<string, string>>
  /** What is answered as it was given and has no effect here, by Lambda's names: VpcConfig, TracingConfig … */
  readonly recorded: Readonly<Record<string, unknown>>
}

export type FunctionCode = {
  /** Of the zip archive, in hexadecimal. */
  readonly sha256: string
  /** Of the zip archive. */
  readonly sizeBytes: number
}

export type FunctionAlias = {
  readonly name: string
  readonly functionVersion: string
  readonly description: string
  /** The share of invocations, from 0 to 1, of one other version. */
  readonly additionalVersionWeights: Readonly<Record<string, number>>
  readonly revisionId: string
}

/** An invocation that nobody waits for. */
export type FunctionEvent = {
  readonly requestId: string
  readonly functionName: string
  readonly region: string
  /** With the qualifier of the call, if it had one. */
  readonly invokedFunctionArn: string
  readonly payload: string
  /** JSON text. */
  readonly clientContext?: string
  /** Epoch milliseconds. */
  readonly sentAt: number
  /** How often the function has failed on it. */
  readonly failures: number
}

export type PolicyStatement = {
  readonly sid: string
  /** The version or alias the statement is about; absent for the function as such. */
  readonly qualifier?: string
  /** As GetPolicy answers it. */
  readonly statement: Readonly<Record<string, unknown>>
}

/** What can run a function here. */
export type RuntimeFamily = 'node' | 'python' | 'custom'

const runtimes: Readonly<Record<string, RuntimeFamily>> = {
  'nodejs20.x': 'node',
  'nodejs22.x': 'node',
  'nodejs24.x': 'node',
  'python3.8': 'python',
  'python3.9': 'python',
  'python3.10': 'python',
  'python3.11': 'python',
  'python3.12': 'python',
  'python3.13': 'python',
  'python3.14': 'python',
  'provided.al2': 'custom',
  'provided.al2023': 'custom',
}

export const runnableRuntimes: readonly string[] = Object.keys(runtimes)

/** Undefined for a runtime which Lambda has or had and this program has not. */
export function runtimeFamily(runtime: string): RuntimeFamily | undefined {
  return Object.hasOwn(runtimes, runtime) ? runtimes[runtime] : undefined
}

/** A function as a caller names it. */
export type FunctionReference = {
  readonly functionName: string
  readonly qualifier?: string
  /** Of an ARN. */
  readonly region?: string
  readonly accountId?: string
}

/** Lambda's own pattern of everything that names a function. */
export const functionReferencePattern =
  '(arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{2}((-gov)|(-iso(b?)))?-[a-z]+-\\d{1}:)?(\\d{12}:)?(function:)?([a-zA-Z0-9-_]+)(:(\\$LATEST|[a-zA-Z0-9-_]+))?'

const reference =
  /^(?:arn:aws[a-zA-Z-]*:lambda:)?(?:(?<region>[a-z]{2}(?:-gov|-isob?)?-[a-z]+-\d):)?(?:(?<accountId>\d{12}):)?(?:function:)?(?<functionName>[a-zA-Z0-9-_]{1,64})(?::(?<qualifier>\$LATEST|[a-zA-Z0-9-_]+))?$/

/** The region of a function that is named by the ARN of another one than this, where it is not reached from; or undefined. */
export function regionElsewhere(text: string, region: string): string | undefined {
  const of = text.startsWith('arn:') ? text.split(':')[3] : region
  return of === region ? undefined : of
}

/** Reads a name, a partial ARN (`ACCOUNT:function:NAME`) or an ARN, with or without a qualifier; undefined for no name. */
export function parseFunctionReference(text: string): FunctionReference | undefined {
  const { functionName, qualifier, region, accountId } = reference.exec(text)?.groups ?? {}
  if (functionName === undefined) return undefined
  return {
    functionName,
    ...(qualifier !== undefined && { qualifier }),
    ...(region !== undefined && { region }),
    ...(accountId !== undefined && { accountId }),
  }
}

export function functionArn({ region, accountId }: Place, functionName: string, qualifier?: string): string {
  const unqualified = `arn:aws:lambda:${region}:${accountId}:function:${functionName}`
  return qualifier === undefined ? unqualified : `${unqualified}:${qualifier}`
}

export function functionKey(region: string, functionName: string): string {
  return `${region}/${functionName}`
}

/**
 * The version that a qualifier means: `$LATEST`, a number, or an alias, of which `chance`, in [0, 1), chooses where it has
 * two versions. Undefined where there is none.
 */
export function versionOf(
  { latest, published, aliases }: LambdaFunction,
  qualifier: string = latest.version,
  chance = 1,
): FunctionVersion | undefined {
  if (qualifier === latest.version) return latest
  const alias = aliases.find(({ name }) => name === qualifier)
  const wanted = alias === undefined ? qualifier : aliasTarget(alias, chance)
  return [latest, ...published].find(({ version }) => version === wanted)
}

function aliasTarget({ functionVersion, additionalVersionWeights }: FunctionAlias, chance: number): string {
  const [other] = Object.entries(additionalVersionWeights)
  return other !== undefined && chance < other[1] ? other[0] : functionVersion
}

/** What the function itself wrote, without what Lambda writes around each of its invocations and its lines. */
export function linesOfFunction(log: readonly string[]): readonly string[] {
  const written = log.filter((line) => !/^(INIT_START|START|END|REPORT) /.test(line))
  // Runtimes put time, request id and level before what is logged, with tabs between.
  const said = written.map((line) => textOfProgram(line.replace(ofRuntime, '$1')).trim())
  return said.filter((line) => line !== '')
}

const ofRuntime = /^(?:\[INFO\]\t|(\[[A-Z]+\]\t))?\d{4}-\d\d-\d\dT[\d:.]+Z\t[\da-f-]{36}\t(?:INFO\t)?/
