import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  PutObjectCommand,
  UploadPartCommand,
  UploadPartCopyCommand,
  type CompletedPart,
} from '@aws-sdk/client-s3'
import { createBucket, openS3World, put, refusesS3, type S3World } from './s3-world.ts'

const place = { Bucket: 'bucket', Key: 'key' }
const large = Buffer.alloc(5 * 1024 * 1024, 'a')
const small = Buffer.from('the end')

async function begin(world: S3World): Promise<string> {
  await createBucket(world)
  const input = { ...place, ContentType: 'text/plain', ChecksumAlgorithm: 'CRC32' as const }
  const { UploadId } = await world.client.send(new CreateMultipartUploadCommand(input))
  assert.ok(UploadId)
  return UploadId
}

async function upload({ client }: S3World, UploadId: string, PartNumber: number, Body: Buffer): Promise<CompletedPart> {
  const { ETag, ChecksumCRC32 } = await client.send(new UploadPartCommand({ ...place, UploadId, PartNumber, Body }))
  return { PartNumber, ETag, ChecksumCRC32 }
}

function complete({ client }: S3World, UploadId: string, Parts: CompletedPart[]) {
  return client.send(new CompleteMultipartUploadCommand({ ...place, UploadId, MultipartUpload: { Parts } }))
}

test('parts become one object, whose ETag says how many there were', async (t) => {
  const world = await openS3World(t)
  const UploadId = await begin(world)
  const second = await upload(world, UploadId, 2, small)
  const first = await upload(world, UploadId, 1, large)
  const { Parts } = await world.client.send(new ListPartsCommand({ ...place, UploadId }))
  assert.deepEqual(
    Parts?.map(({ PartNumber, Size }) => [PartNumber, Size]),
    [
      [1, large.length],
      [2, small.length],
    ],
  )
  const { Uploads } = await world.client.send(new ListMultipartUploadsCommand({ Bucket: 'bucket' }))
  assert.deepEqual(
    Uploads?.map((one) => [one.Key, one.UploadId]),
    [['key', UploadId]],
  )
  const { ETag } = await complete(world, UploadId, [first, second])
  assert.equal(ETag, `"${md5(Buffer.concat([md5(large), md5(small)])).toString('hex')}-2"`)
  const got = await world.client.send(new GetObjectCommand(place))
  assert.deepEqual([got.ETag, got.ContentType], [ETag, 'text/plain'])
  assert.ok(Buffer.concat([large, small]).equals(Buffer.from((await got.Body?.transformToByteArray()) ?? [])))
  assert.equal(files(world).length, 1)
  await refusesS3(complete(world, UploadId, [first, second]), 'NoSuchUpload', 404)
})

test('an upload that somebody else completes while its parts are put together is gone', async (t) => {
  const world = await openS3World(t)
  const UploadId = await begin(world)
  const first = await upload(world, UploadId, 1, small)
  const completeAtOnce = world.objects.complete.bind(world.objects)
  t.mock.method(world.objects, 'complete', async (...given: Parameters<typeof completeAtOnce>) => {
    await completeAtOnce(...given)
    return completeAtOnce(...given)
  })
  await refusesS3(complete(world, UploadId, [first]), 'NoSuchUpload', 404)
  assert.equal(files(world).length, 1)
})

test('parts that are missing, out of order or too small make no object', async (t) => {
  const world = await openS3World(t)
  const UploadId = await begin(world)
  const [first, second] = [await upload(world, UploadId, 1, small), await upload(world, UploadId, 2, small)]
  await refusesS3(complete(world, UploadId, [first, { ...second, PartNumber: 3 }]), 'InvalidPart')
  await refusesS3(complete(world, UploadId, [first, { ...second, ETag: '"other"' }]), 'InvalidPart')
  await refusesS3(complete(world, UploadId, [second, first]), 'InvalidPartOrder')
  await refusesS3(complete(world, UploadId, [first, second]), 'EntityTooSmall')
  await refusesS3(world.client.send(new GetObjectCommand(place)), 'NoSuchKey')
  await complete(world, UploadId, [second])
})

test('an upload that is aborted leaves nothing', async (t) => {
  const world = await openS3World(t)
  const UploadId = await begin(world)
  await upload(world, UploadId, 1, small)
  await upload(world, UploadId, 1, large)
  assert.equal(files(world).length, 1)
  await world.client.send(new AbortMultipartUploadCommand({ ...place, UploadId }))
  assert.deepEqual(files(world), [])
  await refusesS3(upload(world, UploadId, 1, small), 'NoSuchUpload', 404)
})

test('a part may be a range of another object', async (t) => {
  const world = await openS3World(t)
  const UploadId = await begin(world)
  await put(world, 'source', '0123456789')
  const copy = { CopySource: 'bucket/source', CopySourceRange: 'bytes=2-4' }
  const { CopyPartResult } = await world.client.send(
    new UploadPartCopyCommand({ ...place, UploadId, PartNumber: 1, ...copy }),
  )
  await complete(world, UploadId, [{ PartNumber: 1, ETag: CopyPartResult?.ETag }])
  assert.equal(await (await world.client.send(new GetObjectCommand(place))).Body?.transformToString(), '234')
})

test('a part is copied of bytes that are all in its source', async (t) => {
  const world = await openS3World(t)
  const UploadId = await begin(world)
  await put(world, 'source', '0123456789')
  for (const CopySourceRange of ['bytes=8-10', 'bytes=0-99', 'bytes=10-10', 'bytes=3-2', 'bytes=2-', 'bytes=-2']) {
    const copy = { CopySource: 'bucket/source', CopySourceRange }
    const call = world.client.send(new UploadPartCopyCommand({ ...place, UploadId, PartNumber: 1, ...copy }))
    const { message } = await refusesS3(call, 'InvalidArgument', 400)
    assert.match(message, /bytes=first-last within the source's 10 bytes/, CopySourceRange)
  }
  const copy = { CopySource: 'bucket/source', CopySourceRange: 'bytes=8-9' }
  await world.client.send(new UploadPartCopyCommand({ ...place, UploadId, PartNumber: 1, ...copy }))
})

test('bytes that are streamed in chunks with a checksum behind them arrive as they were', async (t) => {
  const world = await openS3World(t)
  await createBucket(world)
  const Body = Readable.from([Buffer.from('one '), Buffer.from('two')])
  await world.client.send(new PutObjectCommand({ ...place, Body, ContentLength: 7, ContentEncoding: 'identity' }))
  const got = await world.client.send(new GetObjectCommand(place))
  assert.deepEqual([await got.Body?.transformToString(), got.ContentEncoding], ['one two', 'identity'])
})

function files({ directory }: S3World): readonly string[] {
  return readdirSync(join(directory, 'objects')).filter((name) => name !== 'new')
}

function md5(bytes: Buffer): Buffer {
  return createHash('md5').update(bytes).digest()
}
