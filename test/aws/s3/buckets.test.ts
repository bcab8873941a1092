import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  GetBucketLocationCommand,
  HeadBucketCommand,
  ListBucketsCommand,
} from '@aws-sdk/client-s3'
import { createBucket, openS3World, put, refusesS3, s3ClientOf } from './s3-world.ts'

const Bucket = 'bucket'

describe('buckets', () => {
  test('a bucket is created, found, listed and deleted', async (t) => {
    const { client } = await openS3World(t)
    await client.send(new CreateBucketCommand({ Bucket }))
    assert.equal((await client.send(new HeadBucketCommand({ Bucket }))).BucketRegion, 'us-east-1')
    const { Buckets } = await client.send(new ListBucketsCommand({}))
    assert.deepEqual(
      Buckets?.map(({ Name }) => Name),
      [Bucket],
    )
    await client.send(new DeleteBucketCommand({ Bucket }))
    await refusesS3(client.send(new HeadBucketCommand({ Bucket })), 'NotFound', 404)
  })

  test('a bucket is of the region it is created in, and created there once', async (t) => {
    const { client, url } = await openS3World(t)
    const west = s3ClientOf(url, 'eu-west-1')
    t.after(() => west.destroy())
    const input = { Bucket, CreateBucketConfiguration: { LocationConstraint: 'eu-west-1' as const } }
    await west.send(new CreateBucketCommand(input))
    await refusesS3(west.send(new CreateBucketCommand(input)), 'BucketAlreadyOwnedByYou', 409)
    assert.equal((await west.send(new GetBucketLocationCommand({ Bucket }))).LocationConstraint, 'eu-west-1')
    await refusesS3(client.send(new CreateBucketCommand(input)), 'IllegalLocationConstraintException')
    await client.send(new CreateBucketCommand({ Bucket: 'of-the-east' }))
    const { LocationConstraint } = await client.send(new GetBucketLocationCommand({ Bucket: 'of-the-east' }))
    assert.equal(LocationConstraint, undefined)
  })

  test('names that cannot be are refused with the reason', async (t) => {
    const { client } = await openS3World(t)
    for (const name of ['ab', 'Upper', 'a..b', '192.168.0.1', 'xn--a', 'a-s3alias', '-abc']) {
      const { message } = await refusesS3(client.send(new CreateBucketCommand({ Bucket: name })), 'InvalidBucketName')
      assert.match(message, /^The specified bucket is not valid\. [A-Z]/)
    }
  })

  test('a bucket that holds something is not deleted', async (t) => {
    const world = await openS3World(t)
    await createBucket(world)
    await put(world, 'key')
    await refusesS3(world.client.send(new DeleteBucketCommand({ Bucket })), 'BucketNotEmpty', 409)
  })
})
