import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test, type TestContext } from 'node:test'
import * as sdk from '@aws-sdk/client-lambda'
import { zipSync } from 'fflate'
import type { Handlers } from '../../../src/aws/handlers.ts'
import { readOperationTable, type OperationTable } from '../../../src/aws/wire/operation-table.ts'
import { restJsonProtocol } from '../../../src/aws/wire/rest-json-protocol.ts'
import { AwsError } from '../../../src/domain/aws-error.ts'
import { aws, clientOf, noAws, serve } from './rest-services.ts'
import { assertRoundTrips } from './round-trip.ts'

const arn = 'arn:aws:lambda:eu-west-1:000000000000:function:hook:live'
const seen: unknown[] = []

/** A Lambda that answers every call with what it was given. */
const handlers: Handlers<typeof sdk> = {
  Invoke({ FunctionName, Qualifier, InvocationType = 'RequestResponse', Payload }) {
    if (FunctionName === 'busy') throw new AwsError('TooManyRequestsException', 'Rate Exceeded.', retryLater)
    if (InvocationType === 'Event') return { StatusCode: 202 }
    if (InvocationType === 'DryRun') return { StatusCode: 204, Payload: 'not sent' }
    const text = new TextDecoder().decode(Payload)
    return {
      StatusCode: 200,
      ExecutedVersion: Qualifier ?? '$LATEST',
      FunctionError: text.includes('fail') ? 'Unhandled' : undefined,
      LogResult: 'TE9H',
      Payload: Buffer.from(JSON.stringify({ FunctionName, text })),
    }
  },
  GetFunction({ FunctionName }) {
    if (FunctionName === 'none') throw new AwsError('ResourceNotFoundException', `Function not found: ${arn}`)
    return { Configuration: { FunctionName, Timeout: 3 }, Tags: { colour: 'blue' } }
  },
  CreateFunction(input) {
    seen.push(input)
    return { FunctionName: input.FunctionName, CodeSize: input.Code.ZipFile?.length }
  },
  TagResource(input) {
    seen.push(input)
    return {}
  },
  UntagResource(input) {
    seen.push(input)
    return {}
  },
}

const retryLater = { retryAfterSeconds: '7', Reason: 'ConcurrentInvocationLimitExceeded' }

async function open(t: TestContext) {
  seen.length = 0
  const endpoint = await serve(t, { lambda: handlers })
  const client = new sdk.LambdaClient(clientOf(endpoint))
  t.after(() => client.destroy())
  return { endpoint, client }
}

describe('REST with JSON', () => {
  test('carries every operation of Lambda to and from its SDK client unchanged', async () => {
    const operations = await assertRoundTrips({
      sdk,
      protocol: restJsonProtocol(),
      connect: (configuration) => new sdk.LambdaClient(configuration),
      rounds: 8,
      seed: 20150331,
      // Its answer is a stream of events.
      except: ['InvokeWithResponseStream'],
    })
    assert.ok(operations >= 80, `${operations} operations`)
  })

  test('has ARNs in its paths, bytes in its bodies, and more of an answer in its headers', async (t) => {
    const { client } = await open(t)
    const input = { FunctionName: arn, Qualifier: '3', Payload: '{"a":"é"}', LogType: 'Tail' } as const
    const answer = await client.send(new sdk.InvokeCommand(input))
    assert.deepEqual([answer.StatusCode, answer.ExecutedVersion, answer.LogResult], [200, '3', 'TE9H'])
    assert.equal(answer.FunctionError, undefined)
    assert.deepEqual(JSON.parse(answer.Payload?.transformToString() ?? ''), { FunctionName: arn, text: '{"a":"é"}' })
    const failed = await client.send(new sdk.InvokeCommand({ FunctionName: 'hook', Payload: '"fail"' }))
    assert.equal(failed.FunctionError, 'Unhandled')
    assert.match(failed.$metadata.requestId ?? '', /^[0-9a-f-]{36}$/)
  })

  test('asks the model of each path that Lambda has, and of none that others have', () => {
    const uris = Object.values(sdk as object).flatMap((schema: unknown) => uriOf(schema) ?? [])
    assert.ok(uris.length >= 80, `${uris.length} paths`)
    assert.deepEqual(
      uris.filter((uri) => !isAsked(uri)),
      [],
    )
    assert.deepEqual(['/', '/console', '/bucket/2015-03-31/key'].filter(isAsked), [])
  })

  test('answers with the status that the operation, or the handler, says', async (t) => {
    const { client, endpoint } = await open(t)
    const invoke = (InvocationType: sdk.InvocationType) =>
      client.send(new sdk.InvokeCommand({ FunctionName: 'hook', InvocationType }))
    assert.equal((await invoke('Event')).StatusCode, 202)
    const dryRun = await invoke('DryRun')
    assert.deepEqual([dryRun.StatusCode, dryRun.Payload?.length ?? 0], [204, 0])
    await client.send(new sdk.TagResourceCommand({ Resource: arn, Tags: { a: 'b c' } }))
    await client.send(new sdk.UntagResourceCommand({ Resource: arn, TagKeys: ['a', 'b c'] }))
    assert.deepEqual(seen, [
      { Resource: arn, Tags: { a: 'b c' } },
      { Resource: arn, TagKeys: ['a', 'b c'] },
    ])
    const raw = await fetch(`${endpoint.url}/2015-03-31/functions/x`)
    assert.deepEqual([raw.status, raw.headers.get('content-type')], [200, 'application/json'])
  })

  test('tells of errors by their class, their status and their members', async (t) => {
    const { client, endpoint } = await open(t)
    await assert.rejects(client.send(new sdk.GetFunctionCommand({ FunctionName: 'none' })), (error) => {
      assert.ok(error instanceof sdk.ResourceNotFoundException)
      assert.deepEqual([error.message, error.Type], [`Function not found: ${arn}`, 'User'])
      assert.equal(error.$metadata.httpStatusCode, 404)
      return true
    })
    await assert.rejects(client.send(new sdk.InvokeCommand({ FunctionName: 'busy' })), (error) => {
      assert.ok(error instanceof sdk.TooManyRequestsException)
      assert.deepEqual([error.retryAfterSeconds, error.Reason], ['7', retryLater.Reason])
      assert.equal(error.$metadata.httpStatusCode, 429)
      return true
    })
    const raw = await fetch(`${endpoint.url}/2015-03-31/functions/none`)
    assert.equal(raw.headers.get('x-amzn-errortype'), 'ResourceNotFoundException')
  })

  test('refuses what it cannot read, and what is not there', async (t) => {
    const { client, endpoint } = await open(t)
    const missing = new sdk.CreateFunctionCommand({ FunctionName: 'f', Role: undefined, Code: {} })
    await assert.rejects(client.send(missing), {
      name: 'ValidationException',
      message: /Value null at 'role' failed to satisfy constraint: Member must not be null/,
    })
    const signed = { authorization: 'AWS4-HMAC-SHA256 Credential=AKID/20261120/eu-west-1/lambda/aws4_request' }
    const call = async (method: string, path: string, body?: string) => {
      const answer = await fetch(endpoint.url + path, { method, headers: signed, ...(body !== undefined && { body }) })
      const { __type, message } = (await answer.json()) as Record<string, string>
      return [answer.status, __type, message]
    }
    assert.deepEqual(await call('GET', '/2015-03-31/functions/%zz'), [
      400,
      'SerializationException',
      "'%zz' is not a well-formed part of a path (at FunctionName)",
    ])
    assert.deepEqual(await call('POST', '/2015-03-31/functions', '{"Role":1}'), [
      400,
      'SerializationException',
      'NUMBER_VALUE can not be converted to a String (at Role)',
    ])
    assert.deepEqual(await call('GET', '/2015-03-31/functions/f?Colour=red'), [
      400,
      'ValidationException',
      '1 validation error detected: Colour is not a parameter of this operation in the version of the API that Teal knows; leave it out',
    ])
    assert.deepEqual(await call('GET', '/2015-03-31/functions'), [
      404,
      'UnknownOperationException',
      'Teal does not implement the operation ListFunctions of AWS Lambda (yet).',
    ])
    const [status, , message] = await call('PATCH', '/nowhere')
    assert.equal(status, 404)
    assert.match(String(message), /names no operation of AWS Lambda, which expects the method and path/)
  })

  test('serves the AWS CLI', { skip: noAws && 'there is no aws command on this machine' }, async (t) => {
    const { endpoint } = await open(t)
    const directory = mkdtempSync(join(tmpdir(), 'teal-wire-'))
    t.after(() => rmSync(directory, { recursive: true }))
    const [zip, out] = [join(directory, 'f.zip'), join(directory, 'out')]
    const zipped = zipSync({ 'i.mjs': Buffer.from('export const h = () => 1') })
    writeFileSync(zip, zipped)
    const runtime = ['--runtime', 'nodejs22.x', '--role', 'arn:aws:iam::000000000000:role/r', '--handler', 'i.h']
    const code = ['--zip-file', `fileb://${zip}`]
    await aws(endpoint, ['lambda', 'create-function', '--function-name', 'f', ...runtime, ...code])
    const [created] = seen as { Code: { ZipFile: Uint8Array }; Runtime: string }[]
    assert.equal(created?.Runtime, 'nodejs22.x')
    assert.deepEqual(created.Code.ZipFile, new Uint8Array(zipped))
    const invoked = await aws(endpoint, ['lambda', 'invoke', '--function-name', arn, '--payload', '{"a":1}', out])
    assert.match(invoked, /"StatusCode": 200/)
    assert.match(invoked, /"ExecutedVersion": "\$LATEST"/)
    assert.equal((JSON.parse(readFileSync(out, 'utf8')) as { FunctionName: string }).FunctionName, arn)
    await assert.rejects(
      aws(endpoint, ['lambda', 'get-function', '--function-name', 'none']),
      /\(ResourceNotFoundException\) when calling the GetFunction operation: Function not found/,
    )
  })
})

/** The path in an operation's schema, as AWS's model has it. */
function uriOf(schema: unknown): string | undefined {
  const [kind, , , traits] = Array.isArray(schema) ? (schema as readonly unknown[]) : []
  return kind === 9 ? (traits as { readonly http: readonly string[] }).http[1] : undefined
}

/** Whether the model is asked for an operation of this path. */
function isAsked(path: string): boolean {
  const request = { method: 'GET', path, query: new URLSearchParams(), headers: {}, body: Buffer.alloc(0) }
  let askings = 0
  const table = (): OperationTable => {
    askings++
    return readOperationTable(sdk)
  }
  restJsonProtocol().addresses(request, table)
  return askings > 0
}
