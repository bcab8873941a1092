import type * as sdk from '@aws-sdk/client-lambda'
import type { AwsError } from '../../domain/aws-error.ts'
import { TooManyEventsError } from '../../engine/function-events.ts'
import { FunctionCannotRunError, type FunctionResult } from '../../engine/functions.ts'
import type { LambdaCall } from '../../engine/lambda-functions.ts'
import type { Handlers } from '../handlers.ts'
import { existingVersion, functionNotFound, invalidParameter, lambdaError, type LambdaEngine } from './lookups.ts'

/** Of a payload, by invocation type. */
const largestBytes = { RequestResponse: 6_291_456, Event: 1_048_576, DryRun: 6_291_456 } as const
/** What LogType Tail answers of the log. */
const logTailBytes = 4_096

/** Invocations of functions, whoever asks for them. */
export function invocationHandlers(engine: LambdaEngine) {
  return {
    async Invoke(input, call) {
      const { FunctionName, Qualifier, InvocationType: type = 'RequestResponse', Payload } = input
      refuseUnsupportedInvocation(input)
      const { arn, region, version } = existingVersion({ engine, call }, FunctionName, Qualifier)
      const payload = checkedPayload(Payload, type)
      const clientContext = decodedContext(input.ClientContext)
      const invocation: LambdaCall = {
        functionName: arn,
        region,
        payload,
        ...(clientContext !== undefined && { clientContext }),
      }
      switch (type) {
        case 'DryRun':
          return { StatusCode: 204, ExecutedVersion: version.version }
        case 'Event':
          return { StatusCode: 202, ExecutedVersion: versionOfEvent(engine, invocation) }
        case 'RequestResponse':
          return answerOf(await invoke(engine, invocation, arn), input.LogType === 'Tail')
        default:
          throw invalidParameter(
            `The invocation type ${String(type)} is not known. Use RequestResponse, Event or DryRun.`,
          )
      }
    },
  } satisfies Handlers<typeof sdk>
}

async function invoke({ functions }: LambdaEngine, call: LambdaCall, arn: string): Promise<FunctionResult> {
  try {
    return await functions.invoke(call)
  } catch (error) {
    throw error instanceof FunctionCannotRunError ? refusalOf(error, arn) : error
  }
}

function versionOfEvent({ functions }: LambdaEngine, call: LambdaCall): string {
  try {
    return functions.invokeLater(call).executedVersion
  } catch (error) {
    throw error instanceof TooManyEventsError ? lambdaError('TooManyRequestsException', error.message) : error
  }
}

function refusalOf({ reason, message }: FunctionCannotRunError, arn: string): AwsError {
  switch (reason) {
    case 'missing':
      return functionNotFound(arn)
    case 'runtime-unavailable':
      return lambdaError('InvalidRuntimeException', message)
    case 'code-unusable':
      return lambdaError('InvalidZipFileException', message)
  }
}

function answerOf(result: FunctionResult, withLog: boolean) {
  const { payload, executedVersion, functionError, logLines } = result
  return {
    StatusCode: 200,
    ExecutedVersion: executedVersion,
    Payload: Buffer.from(payload),
    ...(functionError !== undefined && { FunctionError: functionError }),
    ...(withLog && { LogResult: logTail(logLines) }),
  }
}

function logTail(lines: readonly string[]): string {
  return Buffer.from(lines.map((line) => `${line}\n`).join(''))
    .subarray(-logTailBytes)
    .toString('base64')
}

function refuseUnsupportedInvocation({
  DurableExecutionName,
  TenantId,
}: sdk.InvocationRequest | Omit<sdk.InvocationRequest, 'FunctionName'>): void {
  if (DurableExecutionName !== undefined)
    throw invalidParameter('DurableExecutionName is not supported here. Leave it out.')
  if (TenantId !== undefined) throw invalidParameter('TenantId is not supported here. Leave it out.')
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function checkedPayload(payload: Uint8Array | undefined, type: keyof typeof largestBytes): string {
  const bytes = payload?.byteLength ?? 0
  if (bytes > largestBytes[type]) {
    throw lambdaError(
      'RequestTooLargeException',
      `${bytes} byte payload is too large for the ${type} invocation type (limit ${largestBytes[type]} bytes)`,
    )
  }
  try {
    const text = payload === undefined || bytes === 0 ? '{}' : utf8.decode(payload)
    JSON.parse(text)
    return text
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw lambdaError(
      'InvalidRequestContentException',
      `Could not parse request body into json: Could not parse payload into json: ${reason}`,
    )
  }
}

function decodedContext(context: string | undefined): string | undefined {
  if (context === undefined) return undefined
  const text = Buffer.from(context, 'base64').toString('utf8')
  try {
    JSON.parse(text)
    return text
  } catch {
    throw lambdaError('InvalidRequestContentException', 'Client context must be a valid Base64-encoded JSON object.')
  }
}
