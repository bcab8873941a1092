import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'

/** The algorithms of S3's `x-amz-checksum-…` headers which are computed here. */
export type ChecksumAlgorithm = 'CRC32' | 'CRC32C' | 'CRC64NVME' | 'MD5' | 'SHA1' | 'SHA256' | 'SHA512'

/** In base64, big-endian, as S3 has it. */
export const checksum = (algorithm: ChecksumAlgorithm, bytes: Uint8Array): string =>
  algorithms[algorithm](bytes).toString('base64')

const algorithms: Readonly<Record<ChecksumAlgorithm, (bytes: Uint8Array) => Buffer>> = {
  CRC32: (bytes) => words(crc32(bytes)),
  CRC32C: (bytes) => words(crc32c(bytes)),
  CRC64NVME: crc64nvme,
  MD5: (bytes) => createHash('md5').update(bytes).digest(),
  SHA1: (bytes) => createHash('sha1').update(bytes).digest(),
  SHA256: (bytes) => createHash('sha256').update(bytes).digest(),
  SHA512: (bytes) => createHash('sha512').update(bytes).digest(),
}

function words(...values: readonly number[]): Buffer {
  const buffer = Buffer.alloc(4 * values.length)
  for (const [i, value] of values.entries()) buffer.writeUInt32BE(value >>> 0, 4 * i)
  return buffer
}

/** The remainders of every byte, by a reflected polynomial given as its high and low 32 bits. */
function remainders(polynomialHigh: number, polynomialLow: number): { high: Int32Array; low: Int32Array } {
  const table = { high: new Int32Array(256), low: new Int32Array(256) }
  for (let byte = 0; byte < 256; byte++) {
    let [high, low] = [0, byte]
    for (let bit = 0; bit < 8; bit++) {
      const isOdd = (low & 1) === 1
      low = (low >>> 1) | (high << 31)
      high >>>= 1
      if (isOdd) [high, low] = [high ^ polynomialHigh, low ^ polynomialLow]
    }
    table.high[byte] = high
    table.low[byte] = low
  }
  return table
}

const castagnoli = remainders(0, 0x82f63b78)
const nvme = remainders(0x9a6c9329, 0xac4bc9b5)

function crc32c(bytes: Uint8Array): number {
  let crc = -1
  for (const byte of bytes) crc = (crc >>> 8) ^ (castagnoli.low[(crc ^ byte) & 0xff] ?? 0)
  return ~crc
}

/** In two halves: numbers are exact, and fast, up to 32 bits only. */
function crc64nvme(bytes: Uint8Array): Buffer {
  let [high, low] = [-1, -1]
  for (const byte of bytes) {
    const index = (low ^ byte) & 0xff
    low = ((low >>> 8) | (high << 24)) ^ (nvme.low[index] ?? 0)
    high = (high >>> 8) ^ (nvme.high[index] ?? 0)
  }
  return words(~high, ~low)
}
