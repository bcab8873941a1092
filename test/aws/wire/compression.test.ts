import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { withoutCompression } from '../../../src/aws/wire/compression.ts'

const call = { method: 'POST', path: '/', query: new URLSearchParams(), headers: { 'content-encoding': 'gzip' } }

describe('a compressed call', () => {
  test('is decompressed', () => {
    const { body, headers } = withoutCompression({ ...call, body: gzipSync('{"a":1}') })
    assert.deepEqual([body.toString(), { ...headers }], ['{"a":1}', {}])
  })

  test('is refused when it is too large for an endpoint of 16 MiB, or not compressed at all', () => {
    assert.throws(() => withoutCompression({ ...call, body: gzipSync(Buffer.alloc(16 * 1024 * 1024 + 1)) }), {
      code: 'RequestEntityTooLargeException',
    })
    assert.throws(() => withoutCompression({ ...call, body: Buffer.from('{}') }), { code: 'SerializationException' })
  })

  test('may be an object of S3 that somebody compressed, which stays so', () => {
    const request = { ...call, method: 'PUT', path: '/bucket/a.gz', body: gzipSync('a') }
    assert.equal(withoutCompression(request), request)
  })
})
