import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { describe, test, type TestContext } from 'node:test'
import * as sdk from '@aws-sdk/client-s3'
import { s3Protocol } from '../../../src/aws/wire/s3-protocol.ts'
import { aws, clientOf, noAws, serve } from './rest-services.ts'
import { assertRoundTrips } from './round-trip.ts'
import { tinyS3 } from './tiny-s3.ts'

async function open(t: TestContext, options: sdk.S3ClientConfig = {}) {
  const tiny = tinyS3()
  const logged: string[] = []
  const endpoint = await serve(t, { s3: tiny.handlers }, logged)
  const client = new sdk.S3Client({ ...clientOf(endpoint), forcePathStyle: true, ...options })
  t.after(() => {
    client.destroy()
    assert.deepEqual(logged, [])
  })
  const put = (Key: string, Body: string) => client.send(new sdk.PutObjectCommand({ Bucket: 'bucket', Key, Body }))
  return { ...tiny, endpoint, client, put }
}

const at = (Key: string) => ({ Bucket: 'bucket', Key })

/** The status and code of a call that is refused. */
async function refusal(call: Promise<unknown>) {
  const error: unknown = await call.then(
    () => assert.fail('the call was not refused'),
    (reason: unknown) => reason,
  )
  assert.ok(error instanceof sdk.S3ServiceException)
  return [error.$metadata.httpStatusCode, error.name]
}

describe('REST with XML', () => {
  test('carries every operation of S3 to and from its SDK client unchanged', async () => {
    const operations = await assertRoundTrips({
      sdk,
      protocol: s3Protocol(),
      connect: (configuration) =>
        new sdk.S3Client({
          ...configuration,
          forcePathStyle: true,
          requestChecksumCalculation: 'WHEN_REQUIRED',
          responseChecksumValidation: 'WHEN_REQUIRED',
        }),
      rounds: 8,
      seed: 20060301,
      except: [
        // Its answer is a stream of events.
        'SelectObjectContent',
        // The client sends it to a host of its own.
        'WriteGetObjectResponse',
      ],
      settle(values) {
        if (values['Bucket'] !== undefined) values['Bucket'] = 'a-bucket'
        // These are made up where they are missing, and some are verified.
        const isDerived = /^Checksum|^Content(MD5|Type|Length)$|SSECustomerKey|^ExpiresString$/
        for (const name of Object.keys(values)) if (isDerived.test(name)) delete values[name]
      },
    })
    assert.ok(operations >= 110, `${operations} operations`)
  })

  test('has keys of any characters in its paths', async (t) => {
    const { client, put, objects } = await open(t)
    const keys = [
      'a/b c',
      'ä€😀',
      '1+1=2',
      '/first',
      'last/',
      'a//b',
      "!'()*",
      '100%',
      '?x=y&z',
      '#',
      '.',
      '../up',
      '~',
    ]
    for (const key of keys) {
      await put(key, key)
      const { Body } = await client.send(new sdk.GetObjectCommand(at(key)))
      assert.equal(await Body?.transformToString(), key)
    }
    assert.deepEqual([...objects.keys()], keys)
  })

  test('has an object’s bytes in its body and what is known of it in headers', async (t) => {
    const { client } = await open(t)
    const bytes = Uint8Array.from({ length: 256 }, (_, i) => i)
    const Metadata = { colour: 'blue' }
    const put = { ...at('k'), Body: bytes, ContentType: 'x/y', Metadata, CacheControl: 'no-store' }
    const { ETag } = await client.send(new sdk.PutObjectCommand(put))
    const got = await client.send(new sdk.GetObjectCommand(at('k')))
    assert.deepEqual(new Uint8Array((await got.Body?.transformToByteArray()) ?? []), bytes)
    assert.deepEqual([got.ContentType, got.ContentLength, got.ETag, got.Metadata], ['x/y', 256, ETag, Metadata])
    const head = await client.send(new sdk.HeadObjectCommand(at('k')))
    assert.deepEqual([head.ContentLength, head.LastModified], [256, new Date(1_700_000_000_000)])
    const part = await client.send(new sdk.GetObjectCommand({ ...at('k'), Range: 'bytes=1-3' }))
    assert.deepEqual([part.$metadata.httpStatusCode, part.ContentRange], [206, 'bytes 1-3/256'])
    assert.deepEqual([...((await part.Body?.transformToByteArray()) ?? [])], [1, 2, 3])
  })

  test('takes bodies that are streamed in chunks, with their checksum behind them', async (t) => {
    const { client, objects } = await open(t)
    for (const ChecksumAlgorithm of [undefined, 'CRC32', 'CRC32C', 'SHA1', 'SHA256'] as const) {
      const chunks = [Buffer.alloc(70_000, 'a'), Buffer.alloc(70_000, 'b')]
      const Body = Readable.from(chunks)
      const known = { ContentLength: 140_000, ChecksumAlgorithm }
      await client.send(new sdk.PutObjectCommand({ ...at('k'), ...known, Body, ContentEncoding: 'gzip' }))
      const object = objects.get('k')
      assert.deepEqual(object?.bytes, new Uint8Array(Buffer.concat(chunks)))
      assert.equal(object.contentEncoding, 'gzip')
    }
  })

  test('has lists, copies and uploads in XML', async (t) => {
    const { client, put, objects } = await open(t)
    await put('a&b', 'x')
    await put('<c>', 'yz')
    const list = await client.send(new sdk.ListObjectsV2Command({ Bucket: 'bucket', Prefix: 'a' }))
    const Contents = [{ Key: 'a&b', Size: 1, LastModified: new Date(1_700_000_000_000) }]
    assert.deepEqual([list.Contents, list.KeyCount, list.Prefix], [Contents, 1, 'a'])
    const nothing = await client.send(new sdk.ListObjectsV2Command({ Bucket: 'bucket', Prefix: 'z' }))
    assert.deepEqual([nothing.Contents, nothing.KeyCount], [undefined, 0])
    const CopySource = encodeURIComponent('bucket/<c>')
    const copy = await client.send(new sdk.CopyObjectCommand({ ...at('copy'), CopySource }))
    assert.deepEqual([copy.CopyObjectResult?.ETag, objects.get('copy')?.bytes.length], ['"2"', 2])
    const { UploadId } = await client.send(new sdk.CreateMultipartUploadCommand(at('parts')))
    for (const [PartNumber, Body] of [
      [1, 'one '],
      [2, 'two'],
    ] as const) {
      await client.send(new sdk.UploadPartCommand({ ...at('parts'), UploadId, PartNumber, Body }))
    }
    const Parts = [1, 2].map((PartNumber) => ({ PartNumber, ETag: `"${PartNumber}"` }))
    await client.send(new sdk.CompleteMultipartUploadCommand({ ...at('parts'), UploadId, MultipartUpload: { Parts } }))
    assert.equal(Buffer.from(objects.get('parts')?.bytes ?? []).toString(), 'one two')
    const { LocationConstraint } = await client.send(new sdk.GetBucketLocationCommand({ Bucket: 'bucket' }))
    assert.equal(LocationConstraint, 'eu-west-1')
    const gone = await client.send(
      new sdk.DeleteObjectsCommand({ Bucket: 'bucket', Delete: { Objects: [{ Key: 'a&b' }, { Key: '<c>' }] } }),
    )
    assert.deepEqual(gone.Deleted, [{ Key: 'a&b' }, { Key: '<c>' }])
    assert.equal((await client.send(new sdk.DeleteObjectCommand(at('copy')))).$metadata.httpStatusCode, 204)
  })

  test('tells of errors by their class, their status and their members', async (t) => {
    const { client, put, endpoint } = await open(t)
    await assert.rejects(client.send(new sdk.GetObjectCommand(at('none'))), (error) => {
      assert.ok(error instanceof sdk.NoSuchKey)
      assert.deepEqual([error.message, error.$metadata.httpStatusCode], ['The specified key does not exist.', 404])
      assert.match(error.$metadata.requestId ?? '', /^[0-9a-f-]{36}$/)
      return true
    })
    await assert.rejects(client.send(new sdk.HeadObjectCommand(at('none'))), sdk.NotFound)
    const raw = await fetch(`${endpoint.url}/bucket/none`)
    assert.deepEqual([raw.status, raw.headers.get('x-amz-delete-marker')], [404, 'true'])
    const id = raw.headers.get('x-amz-request-id')
    assert.match(
      await raw.text(),
      new RegExp(`^<\\?xml [^>]*>\\n<Error><Code>NoSuchKey</Code>.*<Key>none</Key><RequestId>${id}</RequestId>`),
    )
    await put('k', 'x')
    const [unmodified] = await refusal(client.send(new sdk.GetObjectCommand({ ...at('k'), IfNoneMatch: '"1"' })))
    assert.equal(unmodified, 304)
    const full = await refusal(client.send(new sdk.DeleteBucketCommand({ Bucket: 'bucket' })))
    assert.deepEqual(full, [409, 'BucketNotEmpty'])
  })

  test('refuses what it cannot read, and what is not there', async (t) => {
    const { client, endpoint } = await open(t)
    const website = client.send(new sdk.GetBucketWebsiteCommand({ Bucket: 'bucket' }))
    await assert.rejects(website, {
      name: 'NotImplemented',
      message: 'Teal does not implement the operation GetBucketWebsite of Amazon S3 (yet).',
    })
    const call = async (method: string, path: string, body?: string, headers: Record<string, string> = {}) => {
      const answer = await fetch(endpoint.url + path, { method, headers, ...(body !== undefined && { body }) })
      return [answer.status, /<Code>(.*)<\/Code>/.exec(await answer.text())?.[1]]
    }
    assert.deepEqual(await call('POST', '/bucket?delete', '<Delete>'), [400, 'MalformedXML'])
    assert.deepEqual(await call('GET', '/bucket/%zz'), [400, 'InvalidURI'])
    assert.deepEqual(await call('GET', '/bucket?list-type=2&max-keys=many'), [400, 'InvalidArgument'])
    assert.deepEqual(await call('PUT', '/bucket/k', 'x', { 'x-amz-acl': 'loud' }), [400, 'InvalidArgument'])
    assert.deepEqual(await call('PUT', '/bucket/k', 'x', { 'x-amz-checksum-crc32': 'AAAAAA==' }), [400, 'BadDigest'])
    assert.deepEqual(await call('PATCH', '/bucket/k', 'x'), [501, 'NotImplemented'])
    const large = 'x'.repeat(20 * 1024 * 1024 + 1)
    assert.deepEqual(await call('PUT', '/bucket/k', large), [400, 'EntityTooLarge'])
  })

  test('takes requests without a signature, and with the bucket in the host', async (t) => {
    const { put, endpoint, objects } = await open(t)
    await put('k', 'from the client')
    const got = await fetch(`${endpoint.url}/bucket/k`)
    assert.deepEqual([got.headers.get('content-length'), await got.text()], ['15', 'from the client'])
    const head = await fetch(`${endpoint.url}/bucket/k`, { method: 'HEAD' })
    assert.deepEqual([head.headers.get('content-length'), await head.text()], ['15', ''])
    await fetch(`${endpoint.url}/bucket/l`, { method: 'PUT', body: 'anyone’s' })
    assert.equal(Buffer.from(objects.get('l')?.bytes ?? []).toString(), 'anyone’s')
    for (const host of ['bucket.localhost', 'bucket.127.0.0.1']) {
      const options = { port: endpoint.port, host: '127.0.0.1', path: '/k', headers: { host } }
      const answer = await new Promise<Readable>((resolve, reject) => {
        request(options, resolve).on('error', reject).end()
      })
      assert.equal(await text(answer), 'from the client')
    }
    assert.match(await (await fetch(endpoint.url)).text(), /^This is Teal/)
  })

  test('serves the AWS CLI', { skip: noAws && 'there is no aws command on this machine' }, async (t) => {
    const { endpoint, objects } = await open(t)
    const directory = mkdtempSync(join(tmpdir(), 'teal-wire-'))
    t.after(() => rmSync(directory, { recursive: true }))
    const [small, large, back] = [join(directory, 's m.txt'), join(directory, 'large'), join(directory, 'back')]
    writeFileSync(small, 'small')
    // Above 8 MiB the CLI uploads in parts.
    writeFileSync(large, Buffer.alloc(9 * 1024 * 1024, 'large'))
    await aws(endpoint, ['s3', 'cp', small, 's3://bucket/d/s m.txt'])
    assert.equal(Buffer.from(objects.get('d/s m.txt')?.bytes ?? []).toString(), 'small')
    await aws(endpoint, ['s3', 'cp', large, 's3://bucket/large'])
    await aws(endpoint, ['s3', 'cp', 's3://bucket/large', back])
    assert.ok(readFileSync(back).equals(readFileSync(large)))
    assert.match(await aws(endpoint, ['s3', 'ls', 's3://bucket', '--recursive']), /5 d\/s m\.txt\n.* 9437184 large\n/)
    const url = await aws(endpoint, ['s3', 'presign', 's3://bucket/d/s m.txt'])
    assert.equal(await (await fetch(url.trim())).text(), 'small')
    await aws(endpoint, ['s3', 'rm', 's3://bucket/large'])
    assert.deepEqual([...objects.keys()], ['d/s m.txt'])
    await assert.rejects(
      aws(endpoint, ['s3', 'cp', 's3://bucket/none', '-']),
      /\(404\).*HeadObject operation: Not Found/,
    )
    await assert.rejects(
      aws(endpoint, ['s3api', 'get-object', '--bucket', 'bucket', '--key', 'none', back]),
      /\(NoSuchKey\) when calling the GetObject operation: The specified key does not exist\./,
    )
  })
})
