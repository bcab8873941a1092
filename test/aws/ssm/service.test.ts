import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { TestContext } from 'node:test'
import {
  AddTagsToResourceCommand,
  DeleteParameterCommand,
  DeleteParametersCommand,
  DescribeParametersCommand,
  GetParameterCommand,
  GetParameterHistoryCommand,
  GetParametersByPathCommand,
  GetParametersCommand,
  ListTagsForResourceCommand,
  PutParameterCommand,
  RemoveTagsFromResourceCommand,
  SSMClient,
  SSMServiceException,
  type PutParameterCommandInput,
} from '@aws-sdk/client-ssm'
import { SystemClock } from '../../../src/adapters/system-clock.ts'
import { startEndpoint } from '../../../src/aws/endpoint.ts'
import { systemsManager } from '../../../src/aws/ssm/service.ts'
import { Store } from '../../../src/engine/store.ts'
import { MemoryPersistence } from '../../world/memory-persistence.ts'

async function start(t: TestContext) {
  const engine = { store: new Store(new MemoryPersistence()), clock: new SystemClock() }
  const log = { info: () => undefined, warn: assert.fail }
  const services = [systemsManager(engine)]
  const endpoint = await startEndpoint({ services, host: '127.0.0.1', port: 0, accountId: '000000000000', log })
  const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' }
  const client = new SSMClient({ endpoint: endpoint.url, region: 'eu-west-1', credentials, maxAttempts: 1 })
  t.after(async () => {
    client.destroy()
    await endpoint.close()
  })
  const put = (Name: string, Value: string, more: Partial<PutParameterCommandInput> = {}) =>
    client.send(new PutParameterCommand({ Name, Value, Type: 'String', ...more }))
  return { client, put }
}

describe('a parameter', () => {
  test('is read by name, ARN and version, and written again only on purpose', async (t) => {
    const { client, put } = await start(t)
    assert.deepEqual(
      [(await put('/app/url', 'one')).Version, (await put('/app/url', 'two', { Overwrite: true })).Version],
      [1, 2],
    )
    const read = async (Name: string) => (await client.send(new GetParameterCommand({ Name }))).Parameter
    const arn = 'arn:aws:ssm:eu-west-1:000000000000:parameter/app/url'
    assert.deepEqual(
      [(await read('/app/url'))?.Value, (await read(arn))?.Value, (await read('/app/url:1'))?.Value],
      ['two', 'two', 'one'],
    )
    assert.equal((await read('/app/url'))?.ARN, arn)
    await assert.rejects(put('/app/url', 'three'), { name: 'ParameterAlreadyExists' })
    await assert.rejects(read('/app/none'), (error: unknown) => {
      assert.ok(error instanceof SSMServiceException)
      // The model's 404 is that of the query protocol, which the service does not speak any more.
      assert.deepEqual([error.name, error.$metadata.httpStatusCode], ['ParameterNotFound', 400])
      return true
    })
    await assert.rejects(read('/app/url:9'), { name: 'ParameterVersionNotFound' })
    const history = await client.send(new GetParameterHistoryCommand({ Name: '/app/url' }))
    assert.deepEqual(
      history.Parameters?.map(({ Version, Value }) => [Version, Value]),
      [
        [1, 'one'],
        [2, 'two'],
      ],
    )
  })

  test('that has no such version is one of the invalid ones among several', async (t) => {
    const { client, put } = await start(t)
    await put('/app/url', 'one')
    const names = ['/app/url', '/app/url:9', '/app/none']
    const { Parameters, InvalidParameters } = await client.send(new GetParametersCommand({ Names: names }))
    assert.deepEqual([Parameters?.map(({ Value }) => Value), InvalidParameters], [['one'], ['/app/url:9', '/app/none']])
  })

  test('keeps its pattern and its tier when it is written again, and takes no other type of data', async (t) => {
    const { client, put } = await start(t)
    await put('/app/env', 'test', { AllowedPattern: '^(test|prod)$', Tier: 'Advanced' })
    const again = { Overwrite: true }
    await assert.rejects(put('/app/env', 'tset', again), { name: 'ParameterPatternMismatchException' })
    await assert.rejects(put('/app/env', 'prod', { ...again, DataType: 'aws:ec2:image' }), /DataType aws:ec2:image/)
    await assert.rejects(put('/app/env', 'prod', { ...again, Tier: 'Standard' }), /You can't downgrade a parameter/)
    assert.equal((await put('/app/env', 'x'.repeat(5000), { ...again, AllowedPattern: '^x+$' })).Tier, 'Advanced')
    await put('/app/env', 'x', { ...again, Type: 'SecureString' })
    const { Parameters } = await client.send(new DescribeParametersCommand({}))
    assert.deepEqual(
      Parameters?.map(({ Type, KeyId, Tier, Version }) => [Type, KeyId, Tier, Version]),
      [['SecureString', 'alias/aws/ssm', 'Advanced', 3]],
    )
  })

  test('is asked for in pages of a size that brings the list to its end', async (t) => {
    const { client, put } = await start(t)
    await put('/app/url', 'one')
    const refusal = { name: 'ValidationException', message: /at 'maxResults' failed to satisfy constraint: Member/ }
    await assert.rejects(client.send(new GetParameterHistoryCommand({ Name: '/app/url', MaxResults: 0 })), refusal)
    await assert.rejects(client.send(new DescribeParametersCommand({ MaxResults: 51 })), refusal)
    await assert.rejects(client.send(new GetParametersByPathCommand({ Path: '/app', MaxResults: 11 })), refusal)
  })

  test('that is secure shows its value only to those who ask for it', async (t) => {
    const { client, put } = await start(t)
    await put('key', 'hush', { Type: 'SecureString' })
    const sealed = await client.send(new GetParameterCommand({ Name: 'key' }))
    const open = await client.send(new GetParameterCommand({ Name: 'key', WithDecryption: true }))
    assert.equal(open.Parameter?.Value, 'hush')
    assert.doesNotMatch(sealed.Parameter?.Value ?? 'hush', /hush/)
  })

  test('is found with others by names, by path and by filter', async (t) => {
    const { client, put } = await start(t)
    for (const name of ['/app/a', '/app/b', '/app/deep/c', 'plain'])
      await put(name, name, { Tags: [{ Key: 'n', Value: name }] })
    const several = await client.send(new GetParametersCommand({ Names: ['plain', 'none'] }))
    assert.deepEqual([several.Parameters?.length, several.InvalidParameters], [1, ['none']])
    const under = async (Recursive: boolean) =>
      (await client.send(new GetParametersByPathCommand({ Path: '/app', Recursive }))).Parameters?.map(
        ({ Name }) => Name,
      )
    assert.deepEqual(await under(false), ['/app/a', '/app/b'])
    assert.deepEqual(await under(true), ['/app/a', '/app/b', '/app/deep/c'])
    const first = await client.send(new DescribeParametersCommand({ MaxResults: 3 }))
    const second = await client.send(new DescribeParametersCommand({ MaxResults: 3, NextToken: first.NextToken }))
    assert.deepEqual([first.Parameters?.length, second.Parameters?.length, second.NextToken], [3, 1, undefined])
    const filtered = await client.send(
      new DescribeParametersCommand({ ParameterFilters: [{ Key: 'Name', Option: 'BeginsWith', Values: ['/app/d'] }] }),
    )
    assert.equal(filtered.Parameters?.[0]?.Name, '/app/deep/c')
    const tagged = await client.send(
      new DescribeParametersCommand({ ParameterFilters: [{ Key: 'tag:n', Values: ['plain'] }] }),
    )
    assert.equal(tagged.Parameters?.length, 1)
  })

  test('is deleted, alone and with others', async (t) => {
    const { client, put } = await start(t)
    for (const name of ['a', 'b', 'c']) await put(name, name)
    await client.send(new DeleteParameterCommand({ Name: 'a' }))
    await assert.rejects(client.send(new DeleteParameterCommand({ Name: 'a' })), { name: 'ParameterNotFound' })
    const answer = await client.send(new DeleteParametersCommand({ Names: ['b', 'a'] }))
    assert.deepEqual([answer.DeletedParameters, answer.InvalidParameters], [['b'], ['a']])
  })

  test('is tagged', async (t) => {
    const { client, put } = await start(t)
    await put('a', 'b')
    const resource = { ResourceType: 'Parameter', ResourceId: 'a' } as const
    await client.send(new AddTagsToResourceCommand({ ...resource, Tags: [{ Key: 'team', Value: 'blue' }] }))
    assert.deepEqual((await client.send(new ListTagsForResourceCommand(resource))).TagList, [
      { Key: 'team', Value: 'blue' },
    ])
    await client.send(new RemoveTagsFromResourceCommand({ ...resource, TagKeys: ['team'] }))
    assert.deepEqual((await client.send(new ListTagsForResourceCommand(resource))).TagList, [])
  })

  for (const [what, name, value, more, error] of [
    ['a name of AWS', '/aws/x', 'v', {}, 'ValidationException'],
    ['a path without its first slash', 'a/b', 'v', {}, 'ValidationException'],
    ['a value that is too long', 'a', 'x'.repeat(4097), {}, 'ValidationException'],
    ['a value outside its pattern', 'a', 'x', { AllowedPattern: '^\\d+$' }, 'ParameterPatternMismatchException'],
    [
      'a pattern that would hold everybody up',
      'a',
      `${'a'.repeat(99)}!`,
      { AllowedPattern: '^(a+)+$' },
      'InvalidAllowedPatternException',
    ],
    ['a pattern that is none', 'a', 'x', { AllowedPattern: '(' }, 'InvalidAllowedPatternException'],
    ['policies', 'a', 'x', { Policies: '[{}]' }, 'ValidationException'],
  ] as const) {
    test(`is refused with ${what}`, async (t) => {
      const { put } = await start(t)
      await assert.rejects(put(name, value, more), { name: error })
    })
  }
})
