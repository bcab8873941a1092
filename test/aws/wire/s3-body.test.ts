import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, test } from 'node:test'
import * as sdk from '@aws-sdk/client-s3'
import { readOperationTable } from '../../../src/aws/wire/operation-table.ts'
import { routed } from '../../../src/aws/wire/rest-json-protocol.ts'
import { withS3Body } from '../../../src/aws/wire/s3-body.ts'

const { operations } = readOperationTable(sdk)

function receive(headers: Readonly<Record<string, string>>, body: string, operationName = 'PutObject') {
  const operation = operations.get(operationName)
  assert.ok(operation)
  const request = { method: 'PUT', path: '/k', query: new URLSearchParams(), headers, body: Buffer.from(body) }
  return withS3Body({ ...request, addressLabels: { Bucket: 'b' } }, routed(operation))
}

const md5 = (text: string) => createHash('md5').update(text).digest('base64')
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

describe('the body of an S3 request', () => {
  test('is taken out of its chunks, with the checksum behind it', () => {
    const headers = {
      'content-encoding': 'gzip,aws-chunked',
      'content-length': '46',
      'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
      'x-amz-decoded-content-length': '9',
      'x-amz-trailer': 'x-amz-checksum-crc32',
    }
    const chunked = '9\r\n123456789\r\n0\r\nx-amz-checksum-crc32:y/Q5Jg==\r\n\r\n'
    const { body, headers: seen } = receive(headers, chunked)
    assert.equal(body.toString(), '123456789')
    assert.deepEqual(
      [seen['content-encoding'], seen['content-length'], seen['x-amz-checksum-crc32']],
      ['gzip', '9', 'y/Q5Jg=='],
    )
    const only = receive({ ...headers, 'content-encoding': 'aws-chunked' }, chunked)
    assert.equal(only.headers['content-encoding'], undefined)
    assert.throws(() => receive(headers, chunked.replace('y/', 'z/')), { code: 'BadDigest' })
    assert.throws(() => receive(headers, '9\r\n123456789\r\n0\r\n\r\n'), {
      code: 'MalformedTrailerError',
      message: 'The header x-amz-trailer announces x-amz-checksum-crc32, which is not after the body.',
    })
    assert.throws(() => receive({ ...headers, 'x-amz-decoded-content-length': '8' }, chunked), {
      code: 'IncompleteBody',
    })
  })

  test('is what its checksums say', () => {
    const right = [
      { 'content-md5': md5('abc') },
      { 'x-amz-content-sha256': sha256('abc') },
      { 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' },
      { 'x-amz-checksum-crc32': 'NSRBwg==' },
      { 'x-amz-checksum-crc32c': 'Nks/tw==', 'x-amz-checksum-type': 'FULL_OBJECT' },
      { 'x-amz-checksum-sha256': Buffer.from(sha256('abc'), 'hex').toString('base64') },
    ]
    for (const headers of right) assert.equal(receive(headers as Record<string, string>, 'abc').body.toString(), 'abc')
    for (const [headers, code] of [
      [{ 'content-md5': md5('abd') }, 'BadDigest'],
      [{ 'content-md5': 'abc' }, 'InvalidDigest'],
      [{ 'x-amz-content-sha256': sha256('abd') }, 'XAmzContentSHA256Mismatch'],
      [{ 'x-amz-checksum-crc32': 'NSRBwQ==' }, 'BadDigest'],
      [{ 'x-amz-checksum-crc32': 'abc' }, 'InvalidRequest'],
      [{ 'x-amz-checksum-crc32': 'NSRBwg==', 'x-amz-checksum-crc32c': 'Nks/tw==' }, 'InvalidRequest'],
      [{ 'x-amz-checksum-xxhash64': 'AAAAAAAAAAA=' }, 'NotImplemented'],
    ] as const) {
      assert.throws(() => receive(headers, 'abc'), { code }, JSON.stringify(headers))
    }
  })

  test('is not what the checksum of a whole upload is about', () => {
    const headers = { 'x-amz-checksum-crc32': 'AAAAAA==' }
    assert.equal(receive(headers, '<x/>', 'CompleteMultipartUpload').body.toString(), '<x/>')
  })
})
