import {
  CreateTableCommand,
  DescribeTableCommand,
  DynamoDBClient,
  GetItemCommand,
  paginateScan,
  PutItemCommand,
  QueryCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb'
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { DynamoDbStore } from '../../src/adapters/dynamodb-store.ts'
import { dataDirectory, isAlive, Serving, until } from '../cli/command-line.ts'

const table = 'BlogPosts'

function clientOf(endpoint: string): DynamoDBClient {
  const credentials = { accessKeyId: 'teal', secretAccessKey: 'teal' }
  return new DynamoDBClient({ endpoint, region: 'eu-west-1', credentials })
}

async function createTable(client: DynamoDBClient): Promise<void> {
  await client.send(
    new CreateTableCommand({
      TableName: table,
      AttributeDefinitions: [
        { AttributeName: 'post_id', AttributeType: 'S' },
        { AttributeName: 'author', AttributeType: 'S' },
      ],
      KeySchema: [
        { AttributeName: 'post_id', KeyType: 'HASH' },
        { AttributeName: 'author', KeyType: 'RANGE' },
      ],
      BillingMode: 'PAY_PER_REQUEST',
    }),
  )
  await waitUntilTableExists({ client, minDelay: 1, maxWaitTime: 30 }, { TableName: table })
}

const put = (client: DynamoDBClient, id: string, title: string) =>
  client.send(
    new PutItemCommand({ TableName: table, Item: { post_id: { S: id }, author: { S: 'Ada' }, title: { S: title } } }),
  )

const titleOf = async (client: DynamoDBClient, id: string): Promise<string | undefined> => {
  const { Item } = await client.send(
    new GetItemCommand({ TableName: table, Key: { post_id: { S: id }, author: { S: 'Ada' } }, ConsistentRead: true }),
  )
  return Item?.['title']?.S
}

test("tables of DynamoDB take items, conditions, queries and scans; what is not supported is the store's own error", async (t) => {
  const serving = new Serving(dataDirectory(t))
  const client = clientOf(await serving.url())
  await createTable(client)
  for (const id of ['a', 'b', 'c', 'd', 'e']) await put(client, id, `Title of ${id} – “ü”`)

  const { Items: queried } = await client.send(
    new QueryCommand({
      TableName: table,
      KeyConditionExpression: 'post_id = :id',
      ExpressionAttributeValues: { ':id': { S: 'c' } },
    }),
  )
  assert.deepEqual(queried, [{ post_id: { S: 'c' }, author: { S: 'Ada' }, title: { S: 'Title of c – “ü”' } }])

  const seen: string[] = []
  for await (const { Items = [] } of paginateScan({ client, pageSize: 2 }, { TableName: table })) {
    assert.ok(Items.length <= 2)
    seen.push(...Items.map((item) => item['post_id']?.S ?? ''))
  }
  assert.deepEqual(new Set(seen), new Set(['a', 'b', 'c', 'd', 'e']))
  assert.equal(seen.length, 5)

  const update = new UpdateItemCommand({
    TableName: table,
    Key: { post_id: { S: 'gone' }, author: { S: 'Ada' } },
    UpdateExpression: 'SET title = :title',
    ConditionExpression: 'attribute_exists(post_id)',
    ExpressionAttributeValues: { ':title': { S: 'none' } },
  })
  await assert.rejects(client.send(update), { name: 'ConditionalCheckFailedException' })

  await assert.rejects(client.send(new TransactWriteItemsCommand({ TransactItems: [] })), {
    name: 'UnknownOperationException',
  })
  await assert.rejects(client.send(new DescribeTableCommand({ TableName: 'Nothing' })), {
    name: 'ResourceNotFoundException',
  })
  assert.equal(await serving.end('SIGINT'), 0)
})

test('a store that is killed is started again by the next call, and one whose engine is killed ends with it', async (t) => {
  const data = dataDirectory(t)
  const first = new Serving(data)
  const client = clientOf(await first.url())
  await createTable(client)
  await put(client, 'a', 'before')
  const [pid = 0] = storesOf(data)
  process.kill(pid, 'SIGKILL')
  await until(
    () => !isAlive(pid),
    () => 'the killed store still runs',
  )
  assert.equal(await titleOf(client, 'a'), 'before')
  await put(client, 'a', 'after')

  const [second = 0] = storesOf(data)
  assert.notEqual(second, pid)
  assert.equal(await first.end('SIGKILL'), 'SIGKILL')
  await until(
    () => !isAlive(second),
    () => 'the store outlives its engine',
  )
  const next = new Serving(data)
  assert.equal(await titleOf(clientOf(await next.url()), 'a'), 'after')
  assert.equal(await next.end('SIGINT'), 0)
  assert.deepEqual(storesOf(data), [])
})

test('a store of whose end the engine hears when it has started the next is followed by that one alone', async (t) => {
  const directory = dataDirectory(t)
  const store = new DynamoDbStore({ dataDirectory: directory, log: { info: () => undefined, warn: () => undefined } })
  t.after(() => store.close())
  const headers = { 'x-amz-target': 'DynamoDB_20120810.ListTables', 'content-type': 'application/x-amz-json-1.0' }
  const ask = () => store.call({ method: 'POST', path: '/', headers, body: Buffer.from('{}') })
  await ask()
  const [pid = 0] = storesOf(directory)
  process.kill(pid, 'SIGKILL')
  // The event loop does not turn, so that the end of the process is not heard yet.
  while (isAlive(pid)) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1)
  await assert.rejects(ask(), /did not answer/)
  await ask()
  await ask()
  assert.equal(storesOf(directory).length, 1)
})

/** The processes of a data directory's tables. */
function storesOf(data: string): readonly number[] {
  return globSync('/proc/[0-9]*').flatMap((process) => {
    const pid = Number(process.slice('/proc/'.length))
    return commandOf(process).includes(`${data}/dynamodb`) && isAlive(pid) ? [pid] : []
  })
}

function commandOf(process: string): string {
  try {
    return readFileSync(`${process}/cmdline`, 'utf8')
  } catch {
    return ''
  }
}
