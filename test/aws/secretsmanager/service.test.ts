import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { TestContext } from 'node:test'
import {
  CreateSecretCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  ListSecretVersionIdsCommand,
  ListSecretsCommand,
  PutSecretValueCommand,
  RestoreSecretCommand,
  SecretsManagerClient,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateSecretCommand,
  type CreateSecretCommandInput,
  type ListSecretVersionIdsCommandInput,
} from '@aws-sdk/client-secrets-manager'
import { SystemChance } from '../../../src/adapters/system-chance.ts'
import { SystemClock } from '../../../src/adapters/system-clock.ts'
import { startEndpoint } from '../../../src/aws/endpoint.ts'
import { secretsManager } from '../../../src/aws/secretsmanager/service.ts'
import { Store } from '../../../src/engine/store.ts'
import { MemoryPersistence } from '../../world/memory-persistence.ts'

const notFound = "Secrets Manager can't find the specified secret."

const newEngine = () => ({
  store: new Store(new MemoryPersistence()),
  clock: new SystemClock(),
  chance: new SystemChance(),
})

async function start(t: TestContext, engine = newEngine()): Promise<SecretsManagerClient> {
  const log = { info: () => undefined, warn: assert.fail }
  const services = [secretsManager(engine)]
  const endpoint = await startEndpoint({ services, host: '127.0.0.1', port: 0, accountId: '000000000000', log })
  const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' }
  const client = new SecretsManagerClient({ endpoint: endpoint.url, region: 'eu-west-1', credentials, maxAttempts: 1 })
  t.after(async () => {
    client.destroy()
    await endpoint.close()
  })
  return client
}

describe('a secret', () => {
  test('is read by name, by ARN, and by ARN without its last six characters', async (t) => {
    const client = await start(t)
    const { ARN = '', VersionId } = await client.send(new CreateSecretCommand({ Name: 'db/main', SecretString: 'one' }))
    assert.match(ARN, /^arn:aws:secretsmanager:eu-west-1:000000000000:secret:db\/main-[0-9a-f]{6}$/)
    for (const SecretId of ['db/main', ARN, ARN.slice(0, -7)]) {
      const read = await client.send(new GetSecretValueCommand({ SecretId }))
      assert.deepEqual([read.SecretString, read.VersionId, read.VersionStages], ['one', VersionId, ['AWSCURRENT']])
    }
    await assert.rejects(client.send(new GetSecretValueCommand({ SecretId: 'db' })), {
      name: 'ResourceNotFoundException',
      message: notFound,
    })
  })

  test('has a current version from the first on, whatever else that is called', async (t) => {
    const client = await start(t)
    await client.send(new CreateSecretCommand({ Name: 's' }))
    const put = (SecretString: string, VersionStages: string[]) =>
      client.send(new PutSecretValueCommand({ SecretId: 's', SecretString, VersionStages }))
    assert.deepEqual((await put('one', ['TEST'])).VersionStages, ['TEST', 'AWSCURRENT'])
    assert.deepEqual((await put('two', ['TEST'])).VersionStages, ['TEST'])
    assert.equal((await client.send(new GetSecretValueCommand({ SecretId: 's' }))).SecretString, 'one')
    await assert.rejects(put('three', []), { name: 'InvalidParameterException' })
  })

  test('tells its versions in pages', async (t) => {
    const client = await start(t)
    await client.send(new CreateSecretCommand({ Name: 's', SecretString: 'one' }))
    await client.send(new PutSecretValueCommand({ SecretId: 's', SecretString: 'two' }))
    const list = (input: Partial<ListSecretVersionIdsCommandInput>) =>
      client.send(new ListSecretVersionIdsCommand({ SecretId: 's', ...input }))
    const first = await list({ MaxResults: 1 })
    const second = await list({ MaxResults: 1, NextToken: first.NextToken })
    const stages = [first, second].map(({ Versions }) => Versions?.map(({ VersionStages }) => VersionStages))
    assert.deepEqual(new Set(stages.flat(2).flat()), new Set(['AWSPREVIOUS', 'AWSCURRENT']))
    assert.deepEqual([stages[0]?.length, stages[1]?.length, second.NextToken], [1, 1, undefined])
    await assert.rejects(list({ NextToken: 'never given out' }), { name: 'InvalidNextTokenException' })
    await assert.rejects(list({ MaxResults: 0 }), { name: 'InvalidParameterException' })
    await assert.rejects(client.send(new ListSecretsCommand({ MaxResults: 0 })), { name: 'InvalidParameterException' })
  })

  test('is refused what would be passed over', async (t) => {
    const client = await start(t)
    const create = (input: Partial<CreateSecretCommandInput>) =>
      client.send(new CreateSecretCommand({ Name: 's', SecretString: 'one', ...input }))
    await assert.rejects(create({ Type: 'managed' }), { message: 'Type is not supported by Teal yet. Remove it.' })
    await assert.rejects(create({ ClientRequestToken: 'short' }), /ClientRequestToken must have 32 to 64 characters/)
    await create({})
    const rotation = { SecretId: 's', SecretString: 'two', RotationToken: 'token' }
    await assert.rejects(client.send(new PutSecretValueCommand(rotation)), /RotationToken is not supported/)
  })

  test('has a current and a previous version', async (t) => {
    const client = await start(t)
    await client.send(new CreateSecretCommand({ Name: 's', SecretString: 'one' }))
    await client.send(new PutSecretValueCommand({ SecretId: 's', SecretString: 'two' }))
    await client.send(new UpdateSecretCommand({ SecretId: 's', SecretString: 'three', Description: 'new' }))
    const read = async (VersionStage?: string) =>
      (await client.send(new GetSecretValueCommand({ SecretId: 's', VersionStage }))).SecretString
    assert.deepEqual([await read(), await read('AWSPREVIOUS')], ['three', 'two'])
    const described = await client.send(new DescribeSecretCommand({ SecretId: 's' }))
    assert.equal(described.Description, 'new')
    assert.deepEqual(Object.values(described.VersionIdsToStages ?? {}), [['AWSPREVIOUS'], ['AWSCURRENT']])
    await assert.rejects(read('AWSPENDING'), { name: 'ResourceNotFoundException' })
  })

  test('made again with the same token is the same; with another it is there already', async (t) => {
    const client = await start(t)
    const ClientRequestToken = '0123456789abcdef0123456789abcdef'
    const input = { Name: 's', SecretString: 'one', ClientRequestToken }
    const first = await client.send(new CreateSecretCommand(input))
    assert.equal((await client.send(new CreateSecretCommand(input))).ARN, first.ARN)
    await assert.rejects(client.send(new CreateSecretCommand({ Name: 's', SecretString: 'two' })), {
      name: 'ResourceExistsException',
      message: 'The operation failed because the secret s already exists.',
    })
    const put = { SecretId: 's', SecretString: 'two', ClientRequestToken }
    await assert.rejects(client.send(new PutSecretValueCommand(put)), { name: 'ResourceExistsException' })
  })

  test('may be bytes', async (t) => {
    const client = await start(t)
    await client.send(new CreateSecretCommand({ Name: 's', SecretBinary: new Uint8Array([0, 255]) }))
    const { SecretBinary } = await client.send(new GetSecretValueCommand({ SecretId: 's' }))
    assert.deepEqual([...(SecretBinary ?? [])], [0, 255])
  })

  test('deleted is out of reach until it is restored; without recovery it is gone', async (t) => {
    const client = await start(t)
    await client.send(new CreateSecretCommand({ Name: 's', SecretString: 'one' }))
    await client.send(new DeleteSecretCommand({ SecretId: 's' }))
    await assert.rejects(client.send(new GetSecretValueCommand({ SecretId: 's' })), {
      name: 'InvalidRequestException',
      message: "You can't perform this operation on the secret because it was marked for deletion.",
    })
    assert.deepEqual((await client.send(new ListSecretsCommand({}))).SecretList, [])
    await client.send(new RestoreSecretCommand({ SecretId: 's' }))
    assert.equal((await client.send(new GetSecretValueCommand({ SecretId: 's' }))).SecretString, 'one')
    await client.send(new DeleteSecretCommand({ SecretId: 's', ForceDeleteWithoutRecovery: true }))
    await assert.rejects(client.send(new DescribeSecretCommand({ SecretId: 's' })), { message: notFound })
  })

  test('goes with its values when its recovery window is over and another one is written', async (t) => {
    const engine = newEngine()
    const client = await start(t, engine)
    await client.send(new CreateSecretCommand({ Name: 'over', SecretString: 'hush' }))
    await client.send(new DeleteSecretCommand({ SecretId: 'over', RecoveryWindowInDays: 7 }))
    const now = Date.now() + 7 * 86_400_000
    t.mock.method(engine.clock, 'now', () => now)
    await assert.rejects(client.send(new DescribeSecretCommand({ SecretId: 'over' })), { message: notFound })
    await client.send(new CreateSecretCommand({ Name: 'other', SecretString: 'one' }))
    assert.deepEqual(
      engine.store.secrets.list().map(({ name }) => name),
      ['other'],
    )
  })

  test('is tagged and listed in pages', async (t) => {
    const client = await start(t)
    for (const Name of ['c', 'a', 'b']) await client.send(new CreateSecretCommand({ Name, SecretString: Name }))
    await client.send(new TagResourceCommand({ SecretId: 'a', Tags: [{ Key: 'team', Value: 'blue' }] }))
    const first = await client.send(new ListSecretsCommand({ MaxResults: 2 }))
    assert.deepEqual(
      first.SecretList?.map(({ Name }) => Name),
      ['a', 'b'],
    )
    const rest = await client.send(new ListSecretsCommand({ MaxResults: 2, NextToken: first.NextToken }))
    assert.deepEqual([rest.SecretList?.map(({ Name }) => Name), rest.NextToken], [['c'], undefined])
    const tagged = await client.send(new ListSecretsCommand({ Filters: [{ Key: 'tag-key', Values: ['team'] }] }))
    assert.equal(tagged.SecretList?.length, 1)
    await client.send(new UntagResourceCommand({ SecretId: 'a', TagKeys: ['team'] }))
    assert.deepEqual((await client.send(new DescribeSecretCommand({ SecretId: 'a' }))).Tags, [])
  })
})
