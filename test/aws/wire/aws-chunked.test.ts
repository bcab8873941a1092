import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { decodeAwsChunked } from '../../../src/aws/wire/aws-chunked.ts'

const decode = (text: string) => {
  const { body, trailers } = decodeAwsChunked(Buffer.from(text, 'latin1'))
  return { body: body.toString('latin1'), trailers }
}

describe('an aws-chunked body', () => {
  test('is put together from its chunks, signed or not, whatever bytes they hold', () => {
    assert.equal(decode('9\r\na\r\n0\r\n\r\n\xFF\r\n0\r\n\r\n').body, 'a\r\n0\r\n\r\n\xFF')
    assert.deepEqual(decode('5;chunk-signature=ab12\r\nhello\r\n0;chunk-signature=cd34\r\n\r\n'), {
      body: 'hello',
      trailers: {},
    })
    assert.equal(decode('3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n').body, 'abcde')
    assert.equal(decode('A\r\n0123456789\r\n0\r\n\r\n').body, '0123456789')
  })

  test('may be empty', () => assert.deepEqual(decode('0\r\n\r\n'), { body: '', trailers: {} }))

  test('may have trailers', () => {
    assert.deepEqual(decode('1\r\nx\r\n0\r\nX-Amz-Checksum-CRC32:jNxjkg==\r\nx-amz-trailer-signature:ab\r\n\r\n'), {
      body: 'x',
      trailers: { 'x-amz-checksum-crc32': 'jNxjkg==', 'x-amz-trailer-signature': 'ab' },
    })
  })

  test('that ends too early, or is none, is refused', () => {
    for (const text of ['', '5', '5\r\nab', '5\r\nhello', '5\r\nhello\r\n']) {
      assert.throws(() => decode(text), { code: 'IncompleteBody' }, JSON.stringify(text))
    }
    for (const text of ['hello\r\n', '-1\r\n\r\n', '3\r\nhello\r\n0\r\n\r\n']) {
      assert.throws(() => decode(text), { code: 'InvalidRequest' }, JSON.stringify(text))
    }
  })
})
