import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { readdirSync, rmSync } from 'node:fs'
import { get as httpGet } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import {
  CopyObjectCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetBucketVersioningCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  ListObjectVersionsCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  S3ServiceException,
} from '@aws-sdk/client-s3'
import { createBucket, openS3World, put, refusesS3, type S3World } from './s3-world.ts'

const Bucket = 'bucket'
const scope = 'AWS4-HMAC-SHA256 Credential=AKID/20260101/us-east-1/s3/aws4_request'

describe('objects', () => {
  test('an object comes back as it was put, with its type, its metadata and its MD5 as the ETag', async (t) => {
    const world = await openS3World(t)
    await createBucket(world)
    const content = { ContentType: 'text/yaml', Metadata: { Team: 'web' }, CacheControl: 'no-store' }
    const { ETag } = await world.client.send(
      new PutObjectCommand({ Bucket, Key: 'deep/grün ü+ä.yaml', Body: 'version: 0.0\n', ...content }),
    )
    assert.equal(ETag, `"${createHash('md5').update('version: 0.0\n').digest('hex')}"`)
    const got = await world.client.send(new GetObjectCommand({ Bucket, Key: 'deep/grün ü+ä.yaml' }))
    assert.equal(await got.Body?.transformToString(), 'version: 0.0\n')
    assert.deepEqual([got.ContentType, got.Metadata, got.CacheControl], ['text/yaml', { team: 'web' }, 'no-store'])
    assert.deepEqual([got.ETag, got.ContentLength, got.VersionId], [ETag, 13, undefined])
    const head = await world.client.send(new HeadObjectCommand({ Bucket, Key: 'deep/grün ü+ä.yaml' }))
    assert.deepEqual([head.ETag, head.ContentLength, head.Metadata], [ETag, 13, { team: 'web' }])
  })

  test('what is not there is said to be missing: the bucket, or the key', async (t) => {
    const world = await openS3World(t)
    await refusesS3(put(world, 'key'), 'NoSuchBucket', 404)
    await createBucket(world)
    await refusesS3(world.client.send(new GetObjectCommand({ Bucket, Key: 'key' })), 'NoSuchKey', 404)
    await refusesS3(world.client.send(new HeadObjectCommand({ Bucket, Key: 'key' })), 'NotFound', 404)
  })

  test(
    'an object whose file somebody has removed is said to be lost, instead of looked for without end',
    { timeout: 20_000 },
    async (t) => {
      const world = await openS3World(t)
      await createBucket(world)
      await put(world, 'key')
      const [file = ''] = readdirSync(join(world.directory, 'objects')).filter((name) => name !== 'new')
      rmSync(join(world.directory, 'objects', file))
      const get = world.client.send(new GetObjectCommand({ Bucket, Key: 'key' }), { abortSignal: t.signal })
      const { message } = await refusesS3(get, 'InternalFailure', 500)
      assert.match(
        message,
        /The bytes of s3:\/\/bucket\/key are gone from the data directory: upload the object again\./,
      )
      await assert.rejects(
        world.objects.read({ bucket: Bucket, key: 'key' }),
        /The bytes of s3:\/\/bucket\/key are gone/,
      )
      assert.equal(world.logged.splice(0).length, 1)
      await put(world, 'key')
      assert.ok(await world.objects.read({ bucket: Bucket, key: 'key' }))
    },
  )

  test('metadata in a URL that could be no header is refused: nobody could read the object again', async (t) => {
    const world = await openS3World(t)
    await createBucket(world)
    const putBy = async (query: string) => {
      const headers = { authorization: scope }
      const answer = await fetch(`${world.url}/bucket/key?${query}`, { method: 'PUT', headers, body: 'x' })
      return [answer.status, await answer.text()] as const
    }
    const [status, refusal] = await putBy('x-amz-meta-my%20team=blue')
    assert.equal(status, 400)
    assert.match(refusal, /x-amz-meta-my team is not a parameter of this operation/)
    assert.deepEqual(await putBy('x-amz-meta-team=blue'), [200, ''])
    const { Metadata } = await world.client.send(new GetObjectCommand({ Bucket, Key: 'key' }))
    assert.deepEqual(Metadata, { team: 'blue' })
  })

  test('a file name with letters beyond ASCII is answered, of the object or of the URL', async (t) => {
    const world = await openS3World(t)
    await createBucket(world)
    const named = 'attachment; filename="für.txt"'
    const utf8 = Buffer.from(named).toString('latin1')
    const headers = { authorization: scope, 'content-disposition': utf8 }
    const answer = await fetch(`${world.url}/bucket/key`, { method: 'PUT', headers, body: 'x' })
    assert.equal(answer.status, 200)
    for (const method of ['GET', 'HEAD']) {
      const read = await fetch(`${world.url}/bucket/key`, { method, headers: { authorization: scope } })
      assert.deepEqual([read.headers.get('content-disposition'), read.headers.get('content-length')], [utf8, '1'])
      await read.arrayBuffer()
    }
    const shown = await fetch(`${world.url}/bucket/key?response-content-disposition=${encodeURIComponent('a; b="€"')}`)
    assert.deepEqual([shown.status, await shown.text()], [200, 'x'])
  })

  test('a large object is sent as its client reads it, and is not in memory meanwhile', async (t) => {
    const world = await openS3World(t)
    await createBucket(world)
    const bytes = Buffer.alloc(32 * 1024 * 1024, 'teal ')
    await put(world, 'large', bytes)
    const before = process.memoryUsage().arrayBuffers
    const opened = await Promise.all(
      Array.from({ length: 6 }, async () => {
        const [answer] = await once(
          httpGet(`${world.url}/bucket/large`, { headers: { authorization: scope } }),
          'response',
        )
        return answer as IncomingMessage
      }),
    )
    assert.ok(process.memoryUsage().arrayBuffers - before < 96 * 1024 * 1024, 'six times 32 MiB are not held')
    // Whoever has begun to read gets all of it, also where it is deleted meanwhile; whoever goes away is no trouble.
    await world.client.send(new DeleteObjectCommand({ Bucket, Key: 'large' }))
    const [first, ...others] = opened
    for (const other of others) other.destroy()
    assert.equal(first?.headers['content-length'], String(bytes.length))
    assert.ok(bytes.equals(Buffer.concat(await first.toArray())))
    await put(world, 'large', bytes)
    const Range = `bytes=5-${2 * 1024 * 1024}`
    const part = await world.client.send(new GetObjectCommand({ Bucket, Key: 'large', Range }))
    assert.equal(part.ContentRange, `bytes 5-${2 * 1024 * 1024}/${bytes.length}`)
    assert.ok(bytes.subarray(5, 2 * 1024 * 1024 + 1).equals((await part.Body?.transformToByteArray()) ?? bytes))
  })

  test('a range of bytes is answered as a part; one beyond the end is refused', async (t) => {
    const world = await openS3World(t)
    await createBucket(world)
    await put(world, 'key', '0123456789')
    const get = async (Range: string) => {
      const { Body, ContentRange, $metadata } = await world.client.send(
        new GetObjectCommand({ Bucket, Key: 'key', Range }),
      )
      return [await Body?.transformToString(), ContentRange, $metadata.httpStatusCode]
    }
    assert.deepEqual(await get('bytes=2-4'), ['234', 'bytes 2-4/10', 206])
    assert.deepEqual(await get('bytes=8-'), ['89', 'bytes 8-9/10', 206])
    assert.deepEqual(await get('bytes=-3'), ['789', 'bytes 7-9/10', 206])
    assert.deepEqual(await get('bytes=5-100'), ['56789', 'bytes 5-9/10', 206])
    assert.deepEqual(await get('lines=1-2'), ['0123456789', undefined, 200])
    await refusesS3(get('bytes=10-'), 'InvalidRange', 416)
  })

  test('conditions of reads and writes are kept', async (t) => {
    const world = await openS3World(t)
    await createBucket(world)
    const { ETag } = await put(world, 'key')
    const get = (conditions: object) => world.client.send(new GetObjectCommand({ Bucket, Key: 'key', ...conditions }))
    const write = (conditions: object, Key = 'key') =>
      world.client.send(new PutObjectCommand({ Bucket, Key, Body: 'new', ...conditions }))
    await get({ IfMatch: ETag })
    await refusesS3(get({ IfMatch: '"other"' }), 'PreconditionFailed', 412)
    assert.equal(await statusOf(get({ IfNoneMatch: ETag })), 304)
    const headers = { authorization: scope, 'if-none-match': ETag ?? '' }
    const unchanged = await fetch(`${world.url}/${Bucket}/key`, { headers })
    assert.deepEqual(
      [unchanged.status, unchanged.headers.get('etag'), unchanged.headers.get('last-modified')],
      [304, ETag, 'Tue, 14 Nov 2023 22:13:20 GMT'],
    )
    assert.equal(await statusOf(get({ IfModifiedSince: new Date(1_700_000_001_000) })), 304)
    await refusesS3(get({ IfUnmodifiedSince: new Date(1_600_000_000_000) }), 'PreconditionFailed', 412)
    await refusesS3(write({ IfNoneMatch: '*' }), 'PreconditionFailed', 412)
    await refusesS3(write({ IfMatch: '"other"' }), 'PreconditionFailed', 412)
    await refusesS3(write({ IfMatch: ETag }, 'other'), 'NoSuchKey', 404)
    await write({ IfNoneMatch: '*' }, 'another')
    await write({ IfMatch: ETag })
  })

  test('bytes that are not what their checksum says are refused', async (t) => {
    const world = await openS3World(t)
    await createBucket(world)
    const wrong = { Bucket, Key: 'key', Body: 'text' }
    await refusesS3(
      world.client.send(new PutObjectCommand({ ...wrong, ChecksumSHA256: Buffer.alloc(32).toString('base64') })),
      'BadDigest',
    )
    await refusesS3(
      world.client.send(new PutObjectCommand({ ...wrong, ContentMD5: 'AAAAAAAAAAAAAAAAAAAAAA==' })),
      'BadDigest',
    )
    assert.deepEqual(files(world), [])
  })

  test('every checksum that a client computes is the one that is computed here', async (t) => {
    const world = await openS3World(t)
    await createBucket(world)
    const Body = '123456789'
    for (const ChecksumAlgorithm of ['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256'] as const) {
      const expected = {
        CRC32: 'y/Q5Jg==',
        CRC32C: '4waSgw==',
        CRC64NVME: 'rosUhgp5mIg=',
        SHA1: undefined,
        SHA256: undefined,
      }
      const given = expected[ChecksumAlgorithm]
      const known = given === undefined ? { ChecksumAlgorithm } : { [`Checksum${ChecksumAlgorithm}`]: given }
      await world.client.send(new PutObjectCommand({ Bucket, Key: ChecksumAlgorithm, Body, ...known }))
      const got = await world.client.send(
        new GetObjectCommand({ Bucket, Key: ChecksumAlgorithm, ChecksumMode: 'ENABLED' }),
      )
      assert.ok(got[`Checksum${ChecksumAlgorithm}`])
      assert.equal(await got.Body?.transformToString(), Body)
    }
  })

  test('a copy has its source’s bytes, and its headers unless others are given', async (t) => {
    const world = await openS3World(t)
    await createBucket(world)
    const source = { Bucket, Key: 'a b/ü', Body: 'text', ContentType: 'text/plain', Metadata: { one: '1' } }
    await world.client.send(new PutObjectCommand(source))
    const CopySource = encodeURI('bucket/a b/ü')
    await world.client.send(new CopyObjectCommand({ Bucket, Key: 'copy', CopySource }))
    const copy = await world.client.send(new GetObjectCommand({ Bucket, Key: 'copy' }))
    assert.equal(await copy.Body?.transformToString(), 'text')
    assert.deepEqual([copy.ContentType, copy.Metadata], ['text/plain', { one: '1' }])
    const other = { MetadataDirective: 'REPLACE' as const, ContentType: 'text/html' }
    await world.client.send(new CopyObjectCommand({ Bucket, Key: 'copy', CopySource: 'bucket/copy', ...other }))
    const replaced = await world.client.send(new HeadObjectCommand({ Bucket, Key: 'copy' }))
    assert.deepEqual([replaced.ContentType, replaced.Metadata], ['text/html', {}])
    await refusesS3(
      world.client.send(new CopyObjectCommand({ Bucket, Key: 'copy', CopySource: 'bucket/copy' })),
      'InvalidRequest',
    )
  })

  test('deleted bytes are removed, and deleting what is not there is no error', async (t) => {
    const world = await openS3World(t)
    await createBucket(world)
    await put(world, 'one')
    await put(world, 'two')
    await put(world, 'two', 'replaced')
    assert.equal(files(world).length, 2)
    await world.client.send(new DeleteObjectCommand({ Bucket, Key: 'one' }))
    await world.client.send(new DeleteObjectCommand({ Bucket, Key: 'one' }))
    const Delete = { Objects: [{ Key: 'two' }, { Key: 'three' }] }
    const { Deleted } = await world.client.send(new DeleteObjectsCommand({ Bucket, Delete }))
    assert.deepEqual(
      Deleted?.map(({ Key }) => Key),
      ['two', 'three'],
    )
    assert.deepEqual(files(world), [])
    await world.client.send(new DeleteBucketCommand({ Bucket }))
  })

  test('what would have an effect on S3 and has none here is refused by name', async (t) => {
    const world = await openS3World(t)
    await createBucket(world)
    await put(world, 'key')
    const tagged = new PutObjectCommand({ Bucket, Key: 'key', Body: 'text', Tagging: 'a=b' })
    const { message } = await refusesS3(world.client.send(tagged), 'NotImplemented', 501)
    assert.equal(message, 'Teal does not implement the parameter Tagging of PutObject. Leave it out.')
    await refusesS3(world.client.send(new GetObjectTaggingCommand({ Bucket, Key: 'key' })), 'NotImplemented', 501)
    const long = new PutObjectCommand({ Bucket, Key: 'k'.repeat(1025), Body: 'text' })
    await refusesS3(world.client.send(long), 'KeyTooLongError', 400)
  })
})

describe('versions', () => {
  test('a bucket with versioning keeps what is replaced, and a delete is a marker', async (t) => {
    const world = await openS3World(t)
    await createBucket(world)
    await put(world, 'key', 'before')
    await versioning(world, 'Enabled')
    const one = await put(world, 'key', 'one')
    const two = await put(world, 'key', 'two')
    assert.notEqual(one.VersionId, two.VersionId)
    assert.equal(await text(world, one.VersionId), 'one')
    assert.equal(await text(world, 'null'), 'before')
    const deleted = await world.client.send(new DeleteObjectCommand({ Bucket, Key: 'key' }))
    assert.equal(deleted.DeleteMarker, true)
    await refusesS3(world.client.send(new GetObjectCommand({ Bucket, Key: 'key' })), 'NoSuchKey', 404)
    await refusesS3(text(world, deleted.VersionId), 'MethodNotAllowed', 405)
    await world.client.send(new DeleteObjectCommand({ Bucket, Key: 'key', VersionId: deleted.VersionId }))
    assert.equal(await text(world, undefined), 'two')
    const listed = await world.client.send(new ListObjectVersionsCommand({ Bucket }))
    assert.deepEqual(
      listed.Versions?.map(({ VersionId, IsLatest }) => [VersionId, IsLatest]),
      [
        [two.VersionId, true],
        [one.VersionId, false],
        ['null', false],
      ],
    )
    await refusesS3(text(world, 'unknown'), 'NoSuchVersion', 404)
  })

  test('with versioning suspended there is one version called null', async (t) => {
    const world = await openS3World(t)
    await createBucket(world)
    await versioning(world, 'Enabled')
    const kept = await put(world, 'key', 'kept')
    await versioning(world, 'Suspended')
    await put(world, 'key', 'one')
    const two = await put(world, 'key', 'two')
    assert.equal(two.VersionId, 'null')
    const { Versions } = await world.client.send(new ListObjectVersionsCommand({ Bucket }))
    assert.deepEqual(
      Versions?.map(({ VersionId }) => VersionId),
      ['null', kept.VersionId],
    )
    assert.equal(files(world).length, 2)
  })
})

async function statusOf(call: Promise<unknown>): Promise<number | undefined> {
  try {
    await call
    return 200
  } catch (error) {
    assert.ok(error instanceof S3ServiceException)
    return error.$metadata.httpStatusCode
  }
}

async function versioning({ client }: S3World, Status: 'Enabled' | 'Suspended'): Promise<void> {
  await client.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status } }))
  assert.equal((await client.send(new GetBucketVersioningCommand({ Bucket }))).Status, Status)
}

async function text({ client }: S3World, VersionId: string | undefined): Promise<string | undefined> {
  const { Body } = await client.send(new GetObjectCommand({ Bucket, Key: 'key', VersionId }))
  return Body?.transformToString()
}

function files({ directory }: S3World): readonly string[] {
  return readdirSync(join(directory, 'objects')).filter((name) => name !== 'new')
}
