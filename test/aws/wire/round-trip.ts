import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { HttpRequest, HttpResponse } from '@smithy/core/protocols'
import { readOperationTable, type Operation } from '../../../src/aws/wire/operation-table.ts'
import type { Protocol, WireRequest } from '../../../src/aws/wire/protocol.ts'
import { RandomValues } from './random-values.ts'

type Client = { send(command: never): Promise<object>; destroy(): void }
type Configuration = {
  region: string
  endpoint: string
  credentials: { accessKeyId: string; secretAccessKey: string }
  maxAttempts: number
  requestHandler: { handle(request: HttpRequest): Promise<{ response: HttpResponse }> }
}

/**
 * Sends random values through every operation of an SDK client: what the client writes has to be what `protocol` reads,
 * and what `protocol` writes what the client reads.
 */
export async function assertRoundTrips(options: {
  readonly sdk: object
  readonly protocol: Protocol
  readonly connect: (configuration: Configuration) => Client
  readonly rounds: number
  readonly seed: number
  /** Operations which cannot be carried, by name. */
  readonly except?: readonly string[]
  /** Changes values that are random but must not be. */
  readonly settle?: (values: Record<string, unknown>, operation: Operation) => void
}): Promise<number> {
  const { sdk, protocol, connect, rounds, seed, except = [], settle } = options
  const random = new RandomValues(seed)
  const table = readOperationTable(sdk)
  const { operations } = table
  let exchange: (request: WireRequest) => { status: number; headers: Record<string, string>; body: string | Uint8Array }
  const client = connect({
    region: 'eu-west-1',
    endpoint: 'http://127.0.0.1:1',
    credentials: { accessKeyId: 'AKID', secretAccessKey: 'secret' },
    maxAttempts: 1,
    requestHandler: {
      async handle(request: HttpRequest) {
        const { status, headers, body } = exchange(wireRequest(request))
        return { response: new HttpResponse({ statusCode: status, headers, body: Readable.from([Buffer.from(body)]) }) }
      },
    },
  })
  const tried = [...operations.values()].filter(({ name }) => !except.includes(name))
  for (const operation of tried) {
    for (let round = 0; round < rounds; round++) {
      const where = `${operation.name}, round ${round} of seed ${seed}`
      const [input, output] = [random.of(operation.input), random.of(operation.output)] as [
        Record<string, unknown>,
        Record<string, unknown>,
      ]
      settle?.(input, operation)
      settle?.(output, operation)
      let received: Record<string, unknown> = {}
      exchange = (request) => {
        assert.equal(protocol.operationName(request, table), operation.name, where)
        const decoded = protocol.read(operation, request)
        assert.deepEqual(decoded.unknownMembers, [], where)
        received = { ...decoded.input }
        settle?.(received, operation)
        const { status, headers, body } = protocol.write(operation, output, 'request-1')
        return { status, headers: { ...headers }, body }
      }
      const { $metadata, ...answered } = (await client.send(commandOf(sdk, operation, input))) as {
        $metadata: { requestId: string }
      }
      assert.deepEqual(received, input, `the input of ${where}`)
      const seen = await plain(answered)
      settle?.(seen, operation)
      assert.deepEqual(seen, output, `the output of ${where}`)
      assert.equal($metadata.requestId, 'request-1')
    }
  }
  client.destroy()
  return tried.length
}

/** What the SDK wraps, bytes with methods of their own and streams, as the bytes they are. */
async function plain(output: object): Promise<Record<string, unknown>> {
  const given = Object.entries(output).filter(([, value]) => value !== null)
  const members = given.map(async ([name, value]: [string, unknown]) => {
    if (value instanceof Uint8Array) return [name, new Uint8Array(value)] as const
    return [name, value instanceof Readable ? new Uint8Array(await buffer(value)) : value] as const
  })
  return Object.fromEntries(await Promise.all(members))
}

function commandOf(sdk: object, { name }: Operation, input: object): never {
  const commands = sdk as Record<string, new (input: object) => unknown>
  const Command = commands[`${name}Command`]
  assert.ok(Command, `the SDK has a command for ${name}`)
  return new Command(structuredClone(input)) as never
}

function wireRequest(request: HttpRequest): WireRequest {
  const headers = Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [name.toLowerCase(), value]),
  )
  const body = (request.body ?? '') as string | Uint8Array
  const bytes =
    typeof body === 'string' ? Buffer.from(body) : Buffer.from(body.buffer, body.byteOffset, body.byteLength)
  const query = new URLSearchParams(
    Object.entries(request.query).flatMap(([name, value]) =>
      [value ?? ''].flat().map((text): [string, string] => [name, text]),
    ),
  )
  return { method: request.method, path: request.path, query, headers, body: bytes }
}
