import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { s3Request } from '../../../src/aws/wire/s3-request.ts'

function read(url: string, headers: Readonly<Record<string, string>> = {}) {
  const [path = '', query = ''] = url.split('?')
  return s3Request({ method: 'GET', path, query: new URLSearchParams(query), headers, body: Buffer.alloc(0) })
}

const address = (url: string, host = 'localhost:4566') => {
  const { path, addressLabels } = read(url, { host })
  return [addressLabels['Bucket'], path]
}

describe('a request of S3', () => {
  test('has its bucket in the path', () => {
    assert.deepEqual(address('/'), [undefined, '/'])
    assert.deepEqual(address('/bucket'), ['bucket', '/'])
    assert.deepEqual(address('/bucket/'), ['bucket', '/'])
    assert.deepEqual(address('/bucket/a/b/'), ['bucket', '/a/b/'])
    assert.deepEqual(address('/bucket//a'), ['bucket', '//a'])
    assert.deepEqual(address('/b%75cket/%2F'), ['bucket', '/%2F'])
    assert.deepEqual(address('/100%/a'), ['100%', '/a'])
    assert.deepEqual(address('/bucket/a', '127.0.0.1:4566'), ['bucket', '/a'])
  })

  test('may have its bucket in the host', () => {
    assert.deepEqual(address('/', 'bucket.localhost'), ['bucket', '/'])
    assert.deepEqual(address('/a/b', 'bucket.localhost:4566'), ['bucket', '/a/b'])
    assert.deepEqual(address('/a', 'my.bucket.127.0.0.1:4566'), ['my.bucket', '/a'])
  })

  test('may carry headers in the query of a presigned URL, where they are not taken for the query', () => {
    const signature =
      'X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=c&X-Amz-Date=d&X-Amz-Expires=1&X-Amz-Signature=s'
    const { headers, query } = read(`/b/k?${signature}&x-amz-acl=private&X-Amz-Meta-Colour=red&versionId=1`, {
      host: 'h',
    })
    assert.deepEqual({ ...headers }, { host: 'h', 'x-amz-acl': 'private', 'x-amz-meta-colour': 'red' })
    assert.equal(query.toString(), `${signature}&versionId=1`)
  })

  test('may carry its type and its MD5 in the query, as those of boto3 do by signature version 2', () => {
    const signature = 'AWSAccessKeyId=a&Signature=s&Expires=1'
    const hoisted = 'content-type=text%2Fx&content-md5=m'
    assert.deepEqual(
      { ...read(`/b/k?${signature}&${hoisted}`, { host: 'h' }).headers },
      {
        host: 'h',
        'content-type': 'text/x',
        'content-md5': 'm',
      },
    )
    const sent = read(`/b/k?${signature}&${hoisted}`, { 'content-type': 'text/y' })
    assert.deepEqual([sent.headers['content-type'], sent.query.toString()], ['text/y', signature])
  })
})
