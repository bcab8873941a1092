import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test } from 'node:test'
import type { WireRequest } from '../../../src/aws/wire/protocol.ts'
import { headProblem, signatureProblem } from '../../../src/aws/wire/signature.ts'

const key = { accessKeyId: 'TEALAAAABBBBCCCCDDDD', secretAccessKey: 'a secret of somebody' }
const expires = 1_700_000_000
const beforeThen = (expires - 60) * 1000

/** As `aws s3 presign` of version 1 makes them for us-east-1. */
function presigned(method: string, resource: string, more = ''): WireRequest {
  const text = `${method}\n\n\n${expires}\n${resource}`
  const Signature = createHmac('sha1', key.secretAccessKey).update(text).digest('base64')
  const own = new URLSearchParams({ AWSAccessKeyId: key.accessKeyId, Signature, Expires: String(expires) })
  const [path = '', members = ''] = resource.split('?')
  const query = new URLSearchParams([members, String(own), more].filter((part) => part !== '').join('&'))
  return { method, path, query, headers: { host: '192.0.2.7:4566' }, body: Buffer.alloc(0) }
}

test("a presigned URL of S3's older kind is good until it expires, for its own object", () => {
  for (const request of [
    presigned('GET', '/bucket/a%20b.txt'),
    presigned('PUT', '/bucket/key'),
    presigned('GET', '/bucket/key?response-content-type=text/x&versionId=1'),
  ]) {
    assert.equal(signatureProblem(request, key, beforeThen), undefined)
    assert.equal(headProblem(request, key, beforeThen), undefined)
    assert.equal(signatureProblem(request, key, expires * 1000)?.message, 'Request has expired')
    const elsewhere = { ...request, path: '/bucket/secret' }
    assert.equal(signatureProblem(elsewhere, key, beforeThen)?.code, 'SignatureDoesNotMatch')
    const other = { ...key, secretAccessKey: 'another' }
    assert.equal(headProblem(request, other, beforeThen)?.code, 'SignatureDoesNotMatch')
    const nobody = { ...key, accessKeyId: 'A' }
    assert.equal(headProblem(request, nobody, beforeThen)?.code, 'InvalidAccessKeyId')
  }
})

test('of a bucket itself, what is signed ends with a slash', () => {
  const request = { ...presigned('GET', '/bucket/', 'prefix=a'), path: '/bucket' }
  assert.equal(signatureProblem(request, key, beforeThen), undefined)
})

test('nothing can be added to it that says what is done, neither among its headers nor in its query', () => {
  const upload = presigned('PUT', '/bucket/key')
  const headers = { ...upload.headers, 'x-amz-copy-source': '/bucket/secret' }
  assert.equal(signatureProblem({ ...upload, headers }, key, beforeThen)?.code, 'SignatureDoesNotMatch')
  for (const more of ['x-amz-copy-source=/bucket/secret', 'X-Amz-Copy-Source=/bucket/secret', 'acl', 'uploadId=1']) {
    const changed = presigned('PUT', '/bucket/key', more)
    assert.equal(signatureProblem(changed, key, beforeThen)?.code, 'SignatureDoesNotMatch', more)
  }
})
