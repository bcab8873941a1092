import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  AddPermissionCommand,
  CreateAliasCommand,
  CreateFunctionCommand,
  DeleteAliasCommand,
  DeleteFunctionCommand,
  GetAliasCommand,
  GetFunctionCommand,
  GetFunctionConfigurationCommand,
  GetPolicyCommand,
  InvokeCommand,
  ListAliasesCommand,
  ListFunctionsCommand,
  ListTagsCommand,
  ListVersionsByFunctionCommand,
  PublishVersionCommand,
  PutFunctionConcurrencyCommand,
  RemovePermissionCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateAliasCommand,
  UpdateFunctionCodeCommand,
  UpdateFunctionConfigurationCommand,
  waitUntilFunctionActiveV2,
  waitUntilFunctionExists,
  waitUntilFunctionUpdatedV2,
  type CreateFunctionCommandInput,
} from '@aws-sdk/client-lambda'
import { functionKey } from '../../../src/domain/lambda-function.ts'
import { eventually } from '../../adapters/process-world.ts'
import { zipOf } from '../../adapters/function-world.ts'
import { create, echo, functionInput, invoke, openWorld, refuses } from './lambda-world.ts'

const arn = 'arn:aws:lambda:us-east-1:000000000000:function:hook'

test('a function is made, shown as it was made, and runs', async (t) => {
  const world = await openWorld(t)
  const made = await create(world, 'hook', echo, {
    Environment: { Variables: { STAGE: 'test' } },
    Tags: { team: 'web' },
  })
  assert.equal(made.FunctionArn, arn)
  assert.deepEqual(
    [made.State, made.LastUpdateStatus, made.Version, made.PackageType],
    ['Active', 'Successful', '$LATEST', 'Zip'],
  )
  assert.match(made.LastModified ?? '', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000$/)
  const shown = await world.client.send(new GetFunctionCommand({ FunctionName: 'hook' }))
  assert.deepEqual(shown.Configuration?.Environment, { Variables: { STAGE: 'test' } })
  assert.deepEqual(shown.Tags, { team: 'web' })
  assert.match(shown.Code?.Location ?? '', /^file:\/\/\/.*\/code\.zip$/)
  const { status, version, payload, error } = await invoke(world, 'hook', { a: 'ä' })
  assert.deepEqual(
    { status, version, payload, error },
    { status: 200, version: '$LATEST', payload: { got: { a: 'ä' } }, error: undefined },
  )
})

test('the waiters of clients end at once', async (t) => {
  const world = await openWorld(t)
  await create(world, 'hook')
  const settings = { client: world.client, maxWaitTime: 30 }
  for (const wait of [waitUntilFunctionExists, waitUntilFunctionActiveV2, waitUntilFunctionUpdatedV2]) {
    assert.equal((await wait(settings, { FunctionName: 'hook' })).state, 'SUCCESS')
  }
})

test('a function is named by name, partial ARN and ARN, with and without a qualifier', async (t) => {
  const world = await openWorld(t)
  await create(world, 'hook')
  for (const name of ['hook', '000000000000:function:hook', 'function:hook', arn, `${arn}:$LATEST`, 'hook:$LATEST']) {
    assert.deepEqual((await invoke(world, name, name)).payload, { got: name })
  }
  await refuses(
    invoke(world, 'arn:aws:lambda:eu-west-1:000000000000:function:hook'),
    'ResourceNotFoundException',
    'Function not found: arn:aws:lambda:eu-west-1:000000000000:function:hook',
    404,
  )
  await refuses(invoke(world, 'hook:7'), 'ResourceNotFoundException', `Function not found: ${arn}:7`, 404)
  await refuses(
    invoke(world, 'no hook'),
    'ValidationException',
    /^1 validation error detected: Value 'no hook' at 'functionName' failed to satisfy constraint: Member must satisfy regular/,
  )
  await refuses(
    invoke(world, 'hook:1', {}, { Qualifier: '2' }),
    'InvalidParameterValueException',
    'The derived qualifier from the function name does not match the specified qualifier.',
  )
})

test('what fails in the function is told with status 200, the kind of error, and the end of the log', async (t) => {
  const world = await openWorld(t)
  await create(world, 'hook', {
    'index.mjs': "export const handler = async () => { console.log('so far'); throw new RangeError('no further') }",
  })
  const { status, error, payload, log } = await invoke(world, 'hook', {}, { LogType: 'Tail' })
  assert.deepEqual([status, error], [200, 'Unhandled'])
  const { errorType, errorMessage } = payload as { errorType: string; errorMessage: string }
  assert.deepEqual([errorType, errorMessage], ['RangeError', 'no further'])
  assert.match(
    log,
    /^START RequestId: [\s\S]*INFO\tso far\n[\s\S]*\nEND RequestId: .*\nREPORT RequestId: .*\tDuration: /m,
  )
})

test('an invocation that need not be waited for is tried three times', async (t) => {
  const world = await openWorld(t)
  await create(world, 'hook', { 'index.mjs': "export const handler = async () => { throw new Error('never') }" })
  const { status, payload } = await invoke(world, 'hook', {}, { InvocationType: 'Event' })
  assert.deepEqual([status, payload], [202, undefined])
  await eventually('the third failure', () => world.logged.length === 3)
  assert.match(world.logged[2] ?? '', /The function hook failed on event .*never.*It is not tried again\.$/)
})

test('a dry run runs nothing', async (t) => {
  const world = await openWorld(t)
  await create(world, 'hook', { 'index.mjs': 'process.exit(1)' })
  assert.equal((await invoke(world, 'hook', {}, { InvocationType: 'DryRun' })).status, 204)
})

test('a payload that is no JSON, or too large, is refused', async (t) => {
  const world = await openWorld(t)
  await create(world, 'hook')
  const send = (Payload: Uint8Array) => world.client.send(new InvokeCommand({ FunctionName: 'hook', Payload }))
  await refuses(send(Buffer.from('{')), 'InvalidRequestContentException', /^Could not parse request body into json: /)
  const latin1 = Buffer.from('"grün"', 'latin1')
  await refuses(send(latin1), 'InvalidRequestContentException', /^Could not parse request body into json: /)
  await refuses(
    send(Buffer.alloc(6_291_457, '1')),
    'RequestTooLargeException',
    '6291457 byte payload is too large for the RequestResponse invocation type (limit 6291456 bytes)',
    413,
  )
})

test('new code and new settings count from the next invocation', async (t) => {
  const world = await openWorld(t)
  const before = await create(world, 'hook')
  await invoke(world, 'hook')
  const files = { 'index.mjs': 'export const handler = async () => process.env.STAGE' }
  const updated = await world.client.send(
    new UpdateFunctionCodeCommand({ FunctionName: 'hook', ZipFile: zipOf(files) }),
  )
  assert.notEqual(updated.CodeSha256, before.CodeSha256)
  assert.equal((await invoke(world, 'hook')).payload, null)
  const configured = await world.client.send(
    new UpdateFunctionConfigurationCommand({
      FunctionName: 'hook',
      Environment: { Variables: { STAGE: 'two' } },
      Timeout: 7,
    }),
  )
  assert.deepEqual([configured.Timeout, configured.CodeSha256], [7, updated.CodeSha256])
  assert.equal((await invoke(world, 'hook')).payload, 'two')
  const stale = new UpdateFunctionConfigurationCommand({ FunctionName: 'hook', RevisionId: before.RevisionId })
  await refuses(
    world.client.send(stale),
    'PreconditionFailedException',
    /^The Revision Id provided does not match/,
    412,
  )
})

test('code may lie in S3', async (t) => {
  const world = await openWorld(t)
  world.objects.set('code/hook.zip', { content: zipOf(echo), eTag: 'x' })
  await create(world, 'hook', echo, { Code: { S3Bucket: 'code', S3Key: 'hook.zip' } })
  assert.deepEqual((await invoke(world, 'hook', 1)).payload, { got: 1 })
  await refuses(
    create(world, 'other', echo, { Code: { S3Bucket: 'code', S3Key: 'no.zip' } }),
    'InvalidParameterValueException',
    /S3 Error Code: NoSuchKey/,
  )
})

test('versions stay as they were, aliases lead to them', async (t) => {
  const world = await openWorld(t)
  const { client } = world
  const first = await create(world, 'hook', say('one'), { Publish: true })
  assert.deepEqual([first.Version, first.FunctionArn], ['1', `${arn}:1`])
  const again = await client.send(new PublishVersionCommand({ FunctionName: 'hook' }))
  assert.equal(again.Version, '1', 'nothing has changed')
  await client.send(new UpdateFunctionCodeCommand({ FunctionName: 'hook', ZipFile: zipOf(say('two')) }))
  assert.equal((await client.send(new PublishVersionCommand({ FunctionName: 'hook' }))).Version, '2')
  const alias = await client.send(new CreateAliasCommand({ FunctionName: 'hook', Name: 'live', FunctionVersion: '1' }))
  assert.equal(alias.AliasArn, `${arn}:live`)
  assert.deepEqual((await invoke(world, 'hook:live')).payload, 'one')
  assert.deepEqual(
    await invoke(world, 'hook', {}, { Qualifier: '2' }).then(({ version, payload }) => [version, payload]),
    ['2', 'two'],
  )
  await refuses(
    client.send(new DeleteFunctionCommand({ FunctionName: 'hook', Qualifier: '1' })),
    'ResourceConflictException',
    'Unable to delete version because the following aliases reference it: [live]',
    409,
  )
  await client.send(
    new UpdateAliasCommand({
      FunctionName: 'hook',
      Name: 'live',
      FunctionVersion: '2',
      RoutingConfig: { AdditionalVersionWeights: { 1: 1 } },
    }),
  )
  assert.deepEqual((await invoke(world, `${arn}:live`)).payload, 'one')
  const { Versions } = await client.send(new ListVersionsByFunctionCommand({ FunctionName: 'hook' }))
  assert.deepEqual(
    Versions?.map(({ Version }) => Version),
    ['$LATEST', '1', '2'],
  )
  const { Aliases } = await client.send(new ListAliasesCommand({ FunctionName: 'hook' }))
  assert.deepEqual(
    Aliases?.map(({ Name, FunctionVersion }) => [Name, FunctionVersion]),
    [['live', '2']],
  )
  await client.send(new DeleteAliasCommand({ FunctionName: 'hook', Name: 'live' }))
  await refuses(
    client.send(new GetAliasCommand({ FunctionName: 'hook', Name: 'live' })),
    'ResourceNotFoundException',
    `Cannot find alias arn: ${arn}:live`,
    404,
  )
  await client.send(new DeleteFunctionCommand({ FunctionName: 'hook', Qualifier: '1' }))
  await refuses(invoke(world, 'hook:1'), 'ResourceNotFoundException', `Function not found: ${arn}:1`, 404)
})

test('functions are listed page by page, and gone once deleted', async (t) => {
  const world = await openWorld(t)
  for (const name of ['c', 'a', 'b']) await create(world, name)
  const first = await world.client.send(new ListFunctionsCommand({ MaxItems: 2 }))
  assert.deepEqual(
    first.Functions?.map(({ FunctionName }) => FunctionName),
    ['a', 'b'],
  )
  const rest = await world.client.send(new ListFunctionsCommand({ Marker: first.NextMarker }))
  assert.deepEqual([rest.Functions?.map(({ FunctionName }) => FunctionName), rest.NextMarker], [['c'], undefined])
  for (const FunctionName of ['a', 'b']) await world.client.send(new DeleteFunctionCommand({ FunctionName }))
  const left = await world.client.send(new ListFunctionsCommand({ Marker: first.NextMarker }))
  assert.deepEqual(
    left.Functions?.map(({ FunctionName }) => FunctionName),
    ['c'],
    'goes on although the last one shown is gone',
  )
  const gone = new GetFunctionConfigurationCommand({ FunctionName: 'b' })
  await refuses(
    world.client.send(gone),
    'ResourceNotFoundException',
    'Function not found: arn:aws:lambda:us-east-1:000000000000:function:b',
    404,
  )
})

test('permissions and tags are recorded and answered', async (t) => {
  const world = await openWorld(t)
  const { client } = world
  await create(world, 'hook')
  const permission = {
    FunctionName: 'hook',
    StatementId: 'deploy',
    Action: 'lambda:InvokeFunction',
    Principal: 'codedeploy.amazonaws.com',
  }
  await client.send(new AddPermissionCommand(permission))
  await refuses(
    client.send(new AddPermissionCommand(permission)),
    'ResourceConflictException',
    /^The statement id \(deploy\) provided already exists\./,
    409,
  )
  const { Policy } = await client.send(new GetPolicyCommand({ FunctionName: 'hook' }))
  assert.deepEqual((JSON.parse(Policy ?? '') as { Statement: unknown }).Statement, [
    {
      Sid: 'deploy',
      Effect: 'Allow',
      Principal: { Service: 'codedeploy.amazonaws.com' },
      Action: 'lambda:InvokeFunction',
      Resource: arn,
    },
  ])
  await client.send(new RemovePermissionCommand({ FunctionName: 'hook', StatementId: 'deploy' }))
  await refuses(
    client.send(new GetPolicyCommand({ FunctionName: 'hook' })),
    'ResourceNotFoundException',
    'The resource you requested does not exist.',
    404,
  )
  await client.send(new TagResourceCommand({ Resource: arn, Tags: { a: '1', b: '2' } }))
  await client.send(new UntagResourceCommand({ Resource: arn, TagKeys: ['a'] }))
  assert.deepEqual((await client.send(new ListTagsCommand({ Resource: arn }))).Tags, { b: '2' })
})

test('a permission is changed only while the policy is as it was read', async (t) => {
  const world = await openWorld(t)
  const { client } = world
  await create(world, 'hook')
  const permission = { FunctionName: 'hook', Action: 'lambda:InvokeFunction', Principal: 'codedeploy.amazonaws.com' }
  await client.send(new AddPermissionCommand({ ...permission, StatementId: 'one' }))
  const { RevisionId } = await client.send(new GetPolicyCommand({ FunctionName: 'hook' }))
  await client.send(new AddPermissionCommand({ ...permission, StatementId: 'two', RevisionId }))
  const [code, text] = ['PreconditionFailedException', /^The Revision Id provided does not match the latest/]
  await refuses(
    client.send(new AddPermissionCommand({ ...permission, StatementId: 'three', RevisionId })),
    code,
    text,
    412,
  )
  const removal = { FunctionName: 'hook', StatementId: 'one' }
  await refuses(client.send(new RemovePermissionCommand({ ...removal, RevisionId })), code, text, 412)
  const read = await client.send(new GetPolicyCommand({ FunctionName: 'hook' }))
  await client.send(new RemovePermissionCommand({ ...removal, RevisionId: read.RevisionId }))
  await refuses(
    client.send(new AddPermissionCommand({ ...permission, StatementId: 'url', InvokedViaFunctionUrl: true })),
    'InvalidParameterValueException',
    'InvokedViaFunctionUrl is not supported here. Leave it out.',
  )
})

test('code is not changed any more when somebody else has changed the function while it was fetched', async (t) => {
  const world = await openWorld(t)
  const { client, store, objects } = world
  await create(world, 'hook')
  const { Configuration } = await client.send(new GetFunctionCommand({ FunctionName: 'hook' }))
  const [found] = store.functions.list()
  assert.ok(found)
  objects.set('code/hook.zip', {
    eTag: 'x',
    get content() {
      const latest = { ...found.latest, revisionId: 'another', description: 'changed meanwhile' }
      store.functions.put(functionKey(found.region, found.functionName), { ...found, latest })
      return zipOf(echo)
    },
  })
  const code = { FunctionName: 'hook', S3Bucket: 'code', S3Key: 'hook.zip', RevisionId: Configuration?.RevisionId }
  await refuses(
    client.send(new UpdateFunctionCodeCommand(code)),
    'PreconditionFailedException',
    /^The Revision Id provided does not match the latest/,
    412,
  )
})

test('what makes no function is refused in words of AWS, or in words that say what to do', async (t) => {
  const world = await openWorld(t)
  await create(world, 'taken')
  const cases: readonly (readonly [Partial<CreateFunctionCommandInput>, string, RegExp, number?])[] = [
    [{ FunctionName: 'taken' }, 'ResourceConflictException', /^Function already exist: taken$/, 409],
    [
      { Runtime: 'java21' },
      'InvalidParameterValueException',
      /^The runtime java21 is not supported here\. Choose one of nodejs20\.x, /,
    ],
    [{ Handler: undefined }, 'InvalidParameterValueException', /^Runtime and Handler are mandatory parameters/],
    [{ Role: 'me' }, 'ValidationException', /Value 'me' at 'role' failed to satisfy constraint/],
    [
      { Timeout: 901 },
      'ValidationException',
      /Value '901' at 'timeout' failed to satisfy constraint: Member must have value less than or equal to 900/,
    ],
    [{ MemorySize: 64 }, 'ValidationException', /Value '64' at 'memorySize'/],
    [{ Code: {} }, 'InvalidParameterValueException', /^Please provide a source for function code\.$/],
    [
      { Code: { ZipFile: Buffer.from('no zip') } },
      'InvalidParameterValueException',
      /^Could not unzip uploaded file\./,
    ],
    [{ Code: { ImageUri: 'x:1' } }, 'InvalidParameterValueException', /^ImageUri is not supported here/],
    [
      { Code: { S3Bucket: 'code', S3Key: 'hook.zip', S3ObjectStorageMode: 'REFERENCE' } },
      'InvalidParameterValueException',
      /^S3ObjectStorageMode REFERENCE is not supported here/,
    ],
    [
      { Layers: [`${arn}:1`] },
      'InvalidParameterValueException',
      /^Layers is not supported here\. Put the layers' files/,
    ],
    [
      { Environment: { Variables: { AWS_REGION: 'x' } } },
      'InvalidParameterValueException',
      /Reserved keys used in this request: AWS_REGION$/,
    ],
  ]
  for (const [changes, code, message, status] of cases) {
    const input = functionInput('hook', echo, changes)
    await refuses(world.client.send(new CreateFunctionCommand(input)), code, message, status)
  }
  await refuses(
    world.client.send(new PutFunctionConcurrencyCommand({ FunctionName: 'taken', ReservedConcurrentExecutions: 1 })),
    'UnknownOperationException',
    /Teal does not implement the operation PutFunctionConcurrency/,
    404,
  )
})

test('settings without an effect here are answered as they were given', async (t) => {
  const world = await openWorld(t)
  const settings = {
    VpcConfig: { SubnetIds: ['subnet-1'], SecurityGroupIds: ['sg-1'] },
    TracingConfig: { Mode: 'Active' },
    Architectures: ['arm64'],
    EphemeralStorage: { Size: 1024 },
    Layers: [],
  } satisfies Partial<CreateFunctionCommandInput>
  await create(world, 'hook', echo, settings)
  const shown = await world.client.send(new GetFunctionConfigurationCommand({ FunctionName: 'hook' }))
  assert.deepEqual(shown.VpcConfig, settings.VpcConfig)
  assert.deepEqual(
    [shown.TracingConfig, shown.Architectures, shown.EphemeralStorage],
    [{ Mode: 'Active' }, ['arm64'], { Size: 1024 }],
  )
})

function say(text: string) {
  return { 'index.mjs': `export const handler = async () => '${text}'` }
}
