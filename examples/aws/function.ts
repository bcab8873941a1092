import {
  CreateFunctionCommand,
  LambdaClient,
  UpdateFunctionCodeCommand,
  UpdateFunctionConfigurationCommand,
  waitUntilFunctionActiveV2,
  waitUntilFunctionUpdatedV2,
} from '@aws-sdk/client-lambda'
import type { Runtime } from '@aws-sdk/client-lambda'
import { zipSync } from 'fflate'
import { unlessThere } from './place.ts'
import type { Place } from './place.ts'

const lambda = new LambdaClient({})
const patience = { client: lambda, maxWaitTime: 120, minDelay: 1 }

/**
 * Makes a function, or gives the one of this name the new code and variables. CodeDeploy's managed role may only invoke
 * functions whose names begin with `CodeDeployHook_`.
 */
export async function createFunction(
  wanted: {
    readonly name: string
    readonly runtime: Runtime
    readonly handler: string
    /** By their names in the archive. */
    readonly files: Readonly<Record<string, Uint8Array>>
    readonly variables: Record<string, string>
    readonly timeoutSeconds: number
  },
  { functionRole }: Place,
): Promise<void> {
  const FunctionName = wanted.name
  const ZipFile = zipSync({ ...wanted.files })
  const settings = {
    FunctionName,
    Runtime: wanted.runtime,
    Handler: wanted.handler,
    Role: functionRole,
    Timeout: wanted.timeoutSeconds,
    Environment: { Variables: wanted.variables },
  }
  const create = new CreateFunctionCommand({ ...settings, Code: { ZipFile } })
  if (!(await unlessThere(lambda.send(create), 'ResourceConflictException'))) {
    await lambda.send(new UpdateFunctionCodeCommand({ FunctionName, ZipFile }))
    await waitUntilFunctionUpdatedV2(patience, { FunctionName })
    await lambda.send(new UpdateFunctionConfigurationCommand(settings))
    await waitUntilFunctionUpdatedV2(patience, { FunctionName })
  }
  await waitUntilFunctionActiveV2(patience, { FunctionName })
}
