import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  DeleteObjectCommand,
  ListObjectsCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutBucketVersioningCommand,
  type ListObjectsV2CommandInput,
} from '@aws-sdk/client-s3'
import { createBucket, openS3World, put, refusesS3, type S3World } from './s3-world.ts'

const Bucket = 'bucket'

async function filled(world: S3World, ...keys: readonly string[]): Promise<void> {
  await createBucket(world)
  for (const key of keys) await put(world, key)
}

/** All pages: keys, and common prefixes with a `*`. */
async function listed(
  { client }: S3World,
  input: Omit<ListObjectsV2CommandInput, 'Bucket'>,
): Promise<readonly string[][]> {
  const pages: string[][] = []
  let ContinuationToken: string | undefined
  do {
    const page = await client.send(new ListObjectsV2Command({ Bucket, ...input, ContinuationToken }))
    const prefixes = (page.CommonPrefixes ?? []).map(({ Prefix }) => `${Prefix}*`)
    pages.push([...(page.Contents ?? []).map(({ Key }) => Key ?? ''), ...prefixes])
    ContinuationToken = page.NextContinuationToken
    assert.equal(page.IsTruncated, ContinuationToken !== undefined)
  } while (ContinuationToken !== undefined)
  return pages
}

test('objects are listed by the bytes of their keys, whenever they were put', async (t) => {
  const world = await openS3World(t)
  await filled(world, 'b', 'a', 'B', 'ü', '\u{1F600}', '\uFF5E', 'a/b')
  assert.deepEqual(await listed(world, {}), [['B', 'a', 'a/b', 'b', 'ü', '\uFF5E', '\u{1F600}']])
  assert.deepEqual(await listed(world, { StartAfter: 'a/b' }), [['b', 'ü', '\uFF5E', '\u{1F600}']])
  assert.deepEqual(await listed(world, { Prefix: 'a' }), [['a', 'a/b']])
})

test('pages go on where the last one ended, also after a common prefix', async (t) => {
  const world = await openS3World(t)
  await filled(world, 'a', 'dir/1', 'dir/2', 'dir/sub/3', 'e', 'f/4')
  assert.deepEqual(await listed(world, { Delimiter: '/' }), [['a', 'e', 'dir/*', 'f/*']])
  assert.deepEqual(await listed(world, { Delimiter: '/', MaxKeys: 1 }), [['a'], ['dir/*'], ['e'], ['f/*']])
  assert.deepEqual(await listed(world, { Delimiter: '/', Prefix: 'dir/', MaxKeys: 2 }), [
    ['dir/1', 'dir/2'],
    ['dir/sub/*'],
  ])
  assert.deepEqual(await listed(world, { MaxKeys: 4 }), [
    ['a', 'dir/1', 'dir/2', 'dir/sub/3'],
    ['e', 'f/4'],
  ])
  await refusesS3(world.client.send(new ListObjectsV2Command({ Bucket, ContinuationToken: 'x' })), 'InvalidArgument')
})

test('the first version of the list has markers, and names its owner', async (t) => {
  const world = await openS3World(t)
  await filled(world, 'a', 'dir/1', 'dir/2', 'e')
  const first = await world.client.send(new ListObjectsCommand({ Bucket, Delimiter: '/', MaxKeys: 2 }))
  assert.equal(first.NextMarker, 'dir/')
  const second = await world.client.send(new ListObjectsCommand({ Bucket, Delimiter: '/', Marker: first.NextMarker }))
  assert.deepEqual(
    second.Contents?.map(({ Key, Owner }) => [Key, Owner?.ID]),
    [['e', '000000000000']],
  )
  assert.deepEqual(second.CommonPrefixes ?? [], [])
})

test('keys that XML cannot hold are listed URL-encoded on request', async (t) => {
  const world = await openS3World(t)
  await filled(world, 'dir/a b&+ü')
  const { Contents } = await world.client.send(new ListObjectsV2Command({ Bucket, EncodingType: 'url' }))
  assert.equal(Contents?.[0]?.Key, 'dir/a%20b%26%2B%C3%BC')
})

test('versions are listed in pages, the newest of a key first', async (t) => {
  const world = await openS3World(t)
  await createBucket(world)
  await world.client.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } }))
  const [a1, a2, b] = [await put(world, 'a'), await put(world, 'a'), await put(world, 'b')]
  const first = await world.client.send(new ListObjectVersionsCommand({ Bucket, MaxKeys: 1 }))
  assert.deepEqual([first.NextKeyMarker, first.NextVersionIdMarker], ['a', a2.VersionId])
  const { NextKeyMarker: KeyMarker, NextVersionIdMarker: VersionIdMarker } = first
  const rest = await world.client.send(new ListObjectVersionsCommand({ Bucket, KeyMarker, VersionIdMarker }))
  assert.deepEqual(
    rest.Versions?.map(({ VersionId }) => VersionId),
    [a1.VersionId, b.VersionId],
  )
})

test('versions can be deleted page by page: none is left out behind one that is gone', async (t) => {
  const world = await openS3World(t)
  const { client } = world
  await createBucket(world)
  await client.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } }))
  for (const key of ['a', 'a', 'a', 'b']) await put(world, key)
  let markers: { KeyMarker?: string | undefined; VersionIdMarker?: string | undefined } = {}
  for (let page = 0; page < 2; page += 1) {
    const listing = await client.send(new ListObjectVersionsCommand({ Bucket, MaxKeys: 2, ...markers }))
    for (const { Key, VersionId } of listing.Versions ?? []) {
      await client.send(new DeleteObjectCommand({ Bucket, Key, VersionId }))
    }
    markers = { KeyMarker: listing.NextKeyMarker, VersionIdMarker: listing.NextVersionIdMarker }
  }
  assert.equal((await client.send(new ListObjectVersionsCommand({ Bucket }))).Versions, undefined)
})
