import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import {
  CreateFunctionCommand,
  InvokeCommand,
  LambdaClient,
  LambdaServiceException,
  type CreateFunctionCommandInput,
  type InvokeCommandInput,
} from '@aws-sdk/client-lambda'
import { SystemClock } from '../../../src/adapters/system-clock.ts'
import { startEndpoint } from '../../../src/aws/endpoint.ts'
import { lambda } from '../../../src/aws/lambda/service.ts'
import type { Engine } from '../../../src/engine/engine.ts'
import { LambdaFunctions } from '../../../src/engine/lambda-functions.ts'
import type { ObjectLocation, StoredObject } from '../../../src/engine/objects.ts'
import { Store } from '../../../src/engine/store.ts'
import { functionWorld, zipOf } from '../../adapters/function-world.ts'
import { MemoryPersistence } from '../../world/memory-persistence.ts'
import { SeededChance } from '../../world/seeded-chance.ts'

export type LambdaWorld = Awaited<ReturnType<typeof openWorld>>

/** The Lambda API on a real endpoint, with a real client and real processes; a minute lasts ten milliseconds. */
export async function openWorld(t: TestContext) {
  const { code, runtime, complaints } = functionWorld(t)
  const store = new Store(new MemoryPersistence())
  const clock = new SystemClock()
  const chance = new SeededChance(1)
  const settings = { accountId: '000000000000', minuteMilliseconds: 10, listenHost: '127.0.0.1', endpointUrl: '' }
  const logged: string[] = []
  const log = { info: () => undefined, warn: (message: string) => void logged.push(message) }
  const objects = new Map<string, StoredObject>()
  const reader = { read: async ({ bucket, key }: ObjectLocation) => objects.get(`${bucket}/${key}`) }
  const functions = new LambdaFunctions({ store, clock, chance, settings, runtime, log })
  const engine = { store, clock, chance, functions, code, objects: reader } as unknown as Engine & {
    functions: LambdaFunctions
    code: typeof code
  }
  const services = [lambda(engine)]
  const endpoint = await startEndpoint({ services, host: '127.0.0.1', port: 0, accountId: '000000000000', log })
  settings.endpointUrl = endpoint.url
  const client = new LambdaClient({
    endpoint: endpoint.url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
  })
  t.after(async () => {
    client.destroy()
    functions.close()
    await endpoint.close()
  })
  return { client, url: endpoint.url, store, objects, logged, complaints, functions, endpoint }
}

export const role = 'arn:aws:iam::000000000000:role/hooks'
export const echo = { 'index.mjs': 'export const handler = async (event) => ({ got: event })' }

export function functionInput(
  name: string,
  files: Readonly<Record<string, string>> = echo,
  changes: Partial<CreateFunctionCommandInput> = {},
): CreateFunctionCommandInput {
  return {
    FunctionName: name,
    Runtime: 'nodejs22.x',
    Handler: 'index.handler',
    Role: role,
    Timeout: 30,
    Code: { ZipFile: zipOf(files) },
    ...changes,
  }
}

export async function create({ client }: Pick<LambdaWorld, 'client'>, ...input: Parameters<typeof functionInput>) {
  return client.send(new CreateFunctionCommand(functionInput(...input)))
}

export async function invoke(
  { client }: Pick<LambdaWorld, 'client'>,
  name: string,
  payload: unknown = {},
  more: Partial<InvokeCommandInput> = {},
) {
  const answer = await client.send(
    new InvokeCommand({ FunctionName: name, Payload: Buffer.from(JSON.stringify(payload)), ...more }),
  )
  // Of an answer without a body the client says null.
  const text = Buffer.from(answer.Payload ?? '').toString()
  return {
    status: answer.StatusCode,
    version: answer.ExecutedVersion,
    error: answer.FunctionError,
    payload: text === '' ? undefined : (JSON.parse(text) as unknown),
    log: Buffer.from(answer.LogResult ?? '', 'base64').toString(),
  }
}

export async function refuses(
  call: Promise<unknown>,
  code: string,
  message: string | RegExp,
  status = 400,
): Promise<void> {
  await assert.rejects(call, (error: unknown) => {
    assert.ok(error instanceof LambdaServiceException, String(error))
    assert.equal(error.name, code, error.message)
    if (typeof message === 'string') assert.equal(error.message, message)
    else assert.match(error.message, message)
    assert.equal(error.$metadata.httpStatusCode, status)
    return true
  })
}
