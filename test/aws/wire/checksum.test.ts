import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { checksum, type ChecksumAlgorithm } from '../../../src/aws/wire/checksum.ts'

describe('checksums', () => {
  test('are those that their standards give for the nine digits', () => {
    const expected: Readonly<Record<ChecksumAlgorithm, string>> = {
      CRC32: 'cbf43926',
      CRC32C: 'e3069283',
      CRC64NVME: 'ae8b14860a799888',
      MD5: '25f9e794323b453885f5181f1b624d0b',
      SHA1: 'f7c3bc1d808e04732adf679965ccc34ca7ae3441',
      SHA256: '15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225',
      SHA512:
        'd9e6762dd1c8eaf6d61b3c6192fc408d4d6d5f1176d0c29169bc24e71c3f274a' +
        'd27fcd5811b313d681f7e55ec02d73d499c95455b6b5bb503acf574fba8ffe85',
    }
    for (const [algorithm, hexadecimal] of Object.entries(expected)) {
      const computed = checksum(algorithm as ChecksumAlgorithm, Buffer.from('123456789'))
      assert.equal(Buffer.from(computed, 'base64').toString('hex'), hexadecimal, algorithm)
    }
  })

  test('of nothing are there too', () => {
    assert.equal(checksum('CRC32', new Uint8Array()), 'AAAAAA==')
    assert.equal(checksum('CRC64NVME', new Uint8Array()), 'AAAAAAAAAAA=')
  })
})
