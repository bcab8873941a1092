import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import type { TestContext } from 'node:test'
import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  DeleteLogGroupCommand,
  DeleteLogStreamCommand,
  DescribeLogGroupsCommand,
  DescribeLogStreamsCommand,
  FilterLogEventsCommand,
  GetLogEventsCommand,
  ListTagsForResourceCommand,
  PutLogEventsCommand,
  PutRetentionPolicyCommand,
  TagResourceCommand,
  UntagResourceCommand,
  type DescribeLogGroupsCommandInput,
  type FilterLogEventsCommandInput,
  type GetLogEventsCommandInput,
} from '@aws-sdk/client-cloudwatch-logs'
import { LogFilesOnDisk } from '../../../src/adapters/log-files.ts'
import { SystemChance } from '../../../src/adapters/system-chance.ts'
import { SystemClock } from '../../../src/adapters/system-clock.ts'
import { startEndpoint } from '../../../src/aws/endpoint.ts'
import { cloudWatchLogs } from '../../../src/aws/logs/service.ts'
import { LogStore } from '../../../src/engine/log-store.ts'
import { Store } from '../../../src/engine/store.ts'
import { MemoryPersistence } from '../../world/memory-persistence.ts'

const logGroupName = '/ecs/web'
const stream = { logGroupName, logStreamName: 'web/app/1' }
const groupArn = 'arn:aws:logs:eu-west-1:000000000000:log-group:/ecs/web'

async function start(t: TestContext) {
  const data = mkdtempSync(join(tmpdir(), 'teal-logs-'))
  const [store, clock, chance] = [new Store(new MemoryPersistence()), new SystemClock(), new SystemChance()]
  const logs = new LogStore({ store, clock, chance, files: new LogFilesOnDisk(data) })
  const log = { info: () => undefined, warn: assert.fail }
  const services = [cloudWatchLogs({ store, clock, logs })]
  const endpoint = await startEndpoint({ services, host: '127.0.0.1', port: 0, accountId: '000000000000', log })
  const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' }
  const client = new CloudWatchLogsClient({ endpoint: endpoint.url, region: 'eu-west-1', credentials, maxAttempts: 1 })
  t.after(async () => {
    client.destroy()
    await endpoint.close()
    rmSync(data, { recursive: true, force: true })
  })
  await client.send(new CreateLogGroupCommand({ logGroupName }))
  await client.send(new CreateLogStreamCommand(stream))
  const now = Date.now() - 60_000
  const put = (messages: readonly string[], more: Partial<typeof stream> = {}) => {
    const logEvents = messages.map((message, index) => ({ timestamp: now + index, message }))
    return client.send(new PutLogEventsCommand({ ...stream, ...more, logEvents }))
  }
  const get = (more: Partial<GetLogEventsCommandInput> = {}) =>
    client.send(new GetLogEventsCommand({ ...stream, ...more }))
  const search = async (more: Partial<FilterLogEventsCommandInput> = {}) =>
    client.send(new FilterLogEventsCommand({ logGroupName, ...more }))
  return { client, put, get, search, now }
}

const at = (timestamp: number) => ({ timestamp, message: String(timestamp) })
const messages = (events: readonly { message?: string | undefined }[] | undefined) =>
  events?.map(({ message }) => message)

describe('log events', () => {
  test('are read in pages from the head, and the end answers the token it was given', async (t) => {
    const { put, get } = await start(t)
    await put(['a', 'b', 'c'])
    const first = await get({ startFromHead: true, limit: 2 })
    const second = await get({ limit: 2, nextToken: first.nextForwardToken })
    const end = await get({ limit: 2, nextToken: second.nextForwardToken })
    assert.deepEqual([messages(first.events), messages(second.events), messages(end.events)], [['a', 'b'], ['c'], []])
    assert.equal(end.nextForwardToken, second.nextForwardToken)
    await put(['d'])
    assert.deepEqual(messages((await get({ nextToken: first.nextForwardToken })).events), ['c'])
    const back = await get({ nextToken: second.nextBackwardToken, limit: 1 })
    assert.deepEqual(messages(back.events), ['b'])
  })

  test('without a token are the newest', async (t) => {
    const { put, get, now } = await start(t)
    await put(['a', 'b', 'c'])
    assert.deepEqual(messages((await get({ limit: 2 })).events), ['b', 'c'])
    assert.deepEqual(messages((await get({ startTime: now + 1, endTime: now + 2 })).events), ['b'])
  })

  test('are found over all streams by words, in pages, each with an id of its own', async (t) => {
    const { client, put, search } = await start(t)
    const other = { logStreamName: 'web/side/1' }
    await client.send(new CreateLogStreamCommand({ ...stream, ...other }))
    await put(['GET /a 200', 'ERROR out of memory'])
    await put(['GET /b 500'], other)
    const all = await search()
    assert.deepEqual(new Set(messages(all.events)), new Set(['GET /a 200', 'ERROR out of memory', 'GET /b 500']))
    assert.equal(new Set(all.events?.map(({ eventId }) => eventId)).size, 3)
    assert.deepEqual(messages((await search({ filterPattern: 'ERROR "out of"' })).events), ['ERROR out of memory'])
    assert.deepEqual(messages((await search({ filterPattern: 'GET -500' })).events), ['GET /a 200'])
    assert.equal((await search({ filterPattern: '?ERROR ?500' })).events?.length, 2)
    assert.equal((await search({ logStreamNamePrefix: 'web/side' })).events?.length, 1)
    const twice = await search({ logStreamNames: [stream.logStreamName, stream.logStreamName] })
    assert.equal(twice.events?.length, (await search({ logStreamNames: [stream.logStreamName] })).events?.length)
    const missing = search({ logStreamNames: [stream.logStreamName, 'web/none'] })
    await assert.rejects(missing, { name: 'ResourceNotFoundException' })
    const page = await search({ limit: 2 })
    const rest = await search({ limit: 2, nextToken: page.nextToken })
    assert.deepEqual([page.events?.length, rest.events?.length, rest.nextToken], [2, 1, undefined])
    await assert.rejects(search({ filterPattern: '{ $.level = "error" }' }), { name: 'InvalidParameterException' })
  })

  test('out of order are refused, too old ones are left out', async (t) => {
    const { client, get } = await start(t)
    const now = Date.now()
    const send = (logEvents: { timestamp: number; message: string }[]) =>
      client.send(new PutLogEventsCommand({ ...stream, logEvents }))
    await assert.rejects(send([at(now), at(now - 1)]), {
      message: 'Log events in a single PutLogEvents request must be in chronological order.',
    })
    const answer = await send([at(now - 15 * 86_400_000)])
    assert.deepEqual(answer.rejectedLogEventsInfo, { tooOldLogEventEndIndex: 1 })
    assert.deepEqual((await get()).events, [])
  })
})

describe('log groups and streams', () => {
  test('are made, described and deleted', async (t) => {
    const { client, put } = await start(t)
    await put(['a'])
    await assert.rejects(client.send(new CreateLogGroupCommand({ logGroupName })), {
      name: 'ResourceAlreadyExistsException',
      message: 'The specified log group already exists',
    })
    await client.send(new PutRetentionPolicyCommand({ logGroupName, retentionInDays: 7 }))
    const described = await client.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: '/ecs' }))
    const [group] = described.logGroups ?? []
    assert.deepEqual([group?.logGroupName, group?.retentionInDays, group?.arn], [logGroupName, 7, `${groupArn}:*`])
    assert.ok((group?.storedBytes ?? 0) > 0)
    const byTime = { logGroupName, orderBy: 'LastEventTime', descending: true } as const
    const { logStreams } = await client.send(new DescribeLogStreamsCommand(byTime))
    assert.equal(logStreams?.[0]?.logStreamName, stream.logStreamName)
    await client.send(new DeleteLogStreamCommand(stream))
    await assert.rejects(put(['b']), { message: 'The specified log stream does not exist.' })
    await client.send(new DeleteLogGroupCommand({ logGroupName }))
    await assert.rejects(put(['b']), { message: 'The specified log group does not exist.' })
  })

  test('are answered at most fifty at once, and never none of those that are there', async (t) => {
    const { client } = await start(t)
    const problem =
      "1 validation error detected: Value '0' at 'limit' failed to satisfy constraint: Member must have value"
    const refusal = { name: 'InvalidParameterException', message: `${problem} greater than or equal to 1` }
    await assert.rejects(client.send(new DescribeLogGroupsCommand({ limit: 0 })), refusal)
    await assert.rejects(client.send(new DescribeLogStreamsCommand({ logGroupName, limit: 0 })), refusal)
    await assert.rejects(client.send(new DescribeLogGroupsCommand({ limit: 51 })), /less than or equal to 50/)
  })

  test('of another class or account than there is are none', async (t) => {
    const { client } = await start(t)
    const found = async (input: DescribeLogGroupsCommandInput) =>
      (await client.send(new DescribeLogGroupsCommand(input))).logGroups?.length
    assert.deepEqual(
      [await found({ logGroupClass: 'STANDARD' }), await found({ accountIdentifiers: ['000000000000'] })],
      [1, 1],
    )
    assert.deepEqual(
      [await found({ logGroupClass: 'INFREQUENT_ACCESS' }), await found({ accountIdentifiers: ['111111111111'] })],
      [0, 0],
    )
  })

  test('are made with the tags that they can be given later, and no others', async (t) => {
    const { client } = await start(t)
    const make = (tags: Record<string, string>) =>
      client.send(new CreateLogGroupCommand({ logGroupName: 'tagged', tags }))
    await assert.rejects(make({ 'aws:team': 'blue' }), { name: 'InvalidParameterException' })
    await make({ team: 'blue' })
    const resourceArn = 'arn:aws:logs:eu-west-1:000000000000:log-group:tagged'
    assert.deepEqual((await client.send(new ListTagsForResourceCommand({ resourceArn }))).tags, { team: 'blue' })
  })

  test('are tagged', async (t) => {
    const { client } = await start(t)
    await client.send(new TagResourceCommand({ resourceArn: groupArn, tags: { team: 'blue', x: '1' } }))
    await client.send(new UntagResourceCommand({ resourceArn: groupArn, tagKeys: ['x'] }))
    const { tags } = await client.send(new ListTagsForResourceCommand({ resourceArn: groupArn }))
    assert.deepEqual(tags, { team: 'blue' })
  })
})
