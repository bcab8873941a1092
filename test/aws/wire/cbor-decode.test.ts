import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { cbor } from '@smithy/core/cbor'
import { decodeCbor, Tagged } from '../../../src/aws/wire/cbor-decode.ts'

const decode = (hexadecimal: string) => decodeCbor(Buffer.from(hexadecimal.replaceAll(' ', ''), 'hex'))

/** Of RFC 8949's appendix A. */
const examples: Readonly<Record<string, unknown>> = {
  '00': 0,
  '17': 23,
  '18 64': 100,
  '19 03e8': 1000,
  '1a 000f4240': 1_000_000,
  '1b 000000e8d4a51000': 1_000_000_000_000,
  '38 63': -100,
  'f9 0001': 5.960464477539063e-8,
  'f9 c400': -4,
  'f9 3e00': 1.5,
  'f9 fc00': -Infinity,
  'f9 7e00': NaN,
  'fa 47c35000': 100_000,
  'fb c010666666666666': -4.1,
  f4: false,
  f5: true,
  f6: null,
  '44 01020304': new Uint8Array([1, 2, 3, 4]),
  '64 49455446': 'IETF',
  '83 01 82 02 03 82 04 05': [1, [2, 3], [4, 5]],
  'a2 61 61 01 61 62 82 02 03': { a: 1, b: [2, 3] },
  'c1 1a 514b67b0': new Tagged(1, 1_363_896_240),
  '5f 42 0102 43 030405 ff': new Uint8Array([1, 2, 3, 4, 5]),
  '7f 65 7374726561 64 6d696e67 ff': 'streaming',
  '9f 01 82 02 03 9f 04 05 ff ff': [1, [2, 3], [4, 5]],
  'bf 61 61 01 61 62 9f 02 03 ff ff': { a: 1, b: [2, 3] },
}

describe('CBOR', () => {
  test('is decoded as its standard has it', () => {
    for (const [hexadecimal, value] of Object.entries(examples)) {
      assert.deepEqual(decode(hexadecimal), value, hexadecimal)
    }
    const value = { text: 'é€😀', list: [1, -1, 2 ** 40, 0.1], nested: { deep: [true, null] } }
    assert.deepEqual(decodeCbor(cbor.serialize(value)), value)
  })

  test('is refused where it is damaged, saying where', () => {
    for (const [hexadecimal, message] of Object.entries({
      '': 'it ends too early (at byte 0)',
      '62 61': 'it ends too early (at byte 1)',
      '82 01': 'it ends too early (at byte 2)',
      '9f 01': 'it ends too early (at byte 2)',
      '62 c328': 'a text is not in UTF-8 (at byte 3)',
      'bb ffffffffffffffff': 'it ends too early (at byte 9)',
      '5b ffffffffffffffff 00': 'it ends too early (at byte 9)',
      '00 00': 'more follows after its end (at byte 1)',
      'a1 01 02': 'the key of a map is not a text (at byte 2)',
      fc: 'a value has no known form (at byte 1)',
      '1c': 'a length or number has no known form (at byte 1)',
    })) {
      assert.throws(() => decode(hexadecimal), { message }, hexadecimal)
    }
    assert.throws(() => decode('81'.repeat(200)), { message: /nested more than 100 times/ })
  })
})
