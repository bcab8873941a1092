import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { AwsError } from '../../domain/aws-error.ts'
import { checksumAlgorithms, type ChecksumAlgorithm, type ObjectChecksum } from '../../domain/s3.ts'

/** An input's or an output's checksum members: `ChecksumCRC32` and its like, base64. */
export type ChecksumMembers = { readonly [Name in `Checksum${ChecksumAlgorithm}`]?: string | undefined }
export const checksumMembers = checksumAlgorithms.map((algorithm) => `Checksum${algorithm}` as const)

/** The checksum a caller gave, if any. */
export function givenChecksum(input: ChecksumMembers): ObjectChecksum | undefined {
  for (const algorithm of checksumAlgorithms) {
    const value = input[`Checksum${algorithm}`]
    if (value !== undefined) return { algorithm, value }
  }
  return undefined
}

export function checksumOf(algorithm: ChecksumAlgorithm, bytes: Uint8Array): ObjectChecksum {
  return { algorithm, value: begin(algorithm).update(bytes).base64() }
}

export async function checksumOfPieces(algorithm: ChecksumAlgorithm, pieces: AsyncIterable<Uint8Array>) {
  const running = begin(algorithm)
  for await (const piece of pieces) running.update(piece)
  return { algorithm, value: running.base64() }
}

/**
 * Compares the bytes with what the caller says of them, and answers the checksum to keep.
 * @throws AwsError BadDigest, InvalidDigest
 */
export function checkedBytes(
  bytes: Uint8Array,
  input: ChecksumMembers & {
    readonly ContentMD5?: string | undefined
    readonly ChecksumAlgorithm?: string | undefined
  },
): ObjectChecksum | undefined {
  if (input.ContentMD5 !== undefined) checkMd5(bytes, input.ContentMD5)
  const given = givenChecksum(input)
  const algorithm = given?.algorithm ?? knownAlgorithm(input.ChecksumAlgorithm)
  if (algorithm === undefined) return undefined
  const computed = checksumOf(algorithm, bytes)
  if (given !== undefined) checkSame(given, computed)
  return computed
}

export function checkSame(given: ObjectChecksum, computed: ObjectChecksum): void {
  if (given.value === computed.value) return
  throw new AwsError(
    'BadDigest',
    `The ${given.algorithm} you specified did not match the calculated checksum: it is ${computed.value} of the bytes as ` +
      `they arrived, and ${given.value} was given.`,
  )
}

/** @throws AwsError InvalidRequest for one that is not computed here */
export function knownAlgorithm(name: string | undefined): ChecksumAlgorithm | undefined {
  if (name === undefined) return undefined
  const algorithm = checksumAlgorithms.find((candidate) => candidate === name)
  if (algorithm !== undefined) return algorithm
  throw new AwsError('InvalidRequest', `ChecksumAlgorithm ${name} is not one of ${checksumAlgorithms.join(', ')}.`)
}

/** As an answer has it. */
export function checksumAnswer(checksum: ObjectChecksum | undefined): ChecksumMembers {
  return checksum === undefined ? {} : { [`Checksum${checksum.algorithm}`]: checksum.value }
}

function checkMd5(bytes: Uint8Array, given: string): void {
  if (Buffer.from(given, 'base64').length !== 16) {
    throw new AwsError('InvalidDigest', 'The Content-MD5 you specified was invalid.')
  }
  if (createHash('md5').update(bytes).digest('base64') === given) return
  throw new AwsError('BadDigest', 'The Content-MD5 you specified did not match what we received.')
}

type Running = { update(bytes: Uint8Array): Running; base64(): string }

function begin(algorithm: ChecksumAlgorithm): Running {
  switch (algorithm) {
    case 'CRC32':
      return runningCrc32()
    case 'CRC32C':
      return runningCrc(castagnoli, 4)
    case 'CRC64NVME':
      return runningCrc(nvme, 8)
    case 'SHA1':
    case 'SHA256':
      return runningHash(algorithm)
  }
}

function runningHash(algorithm: 'SHA1' | 'SHA256'): Running {
  const hash = createHash(algorithm.toLowerCase())
  const running: Running = {
    update(bytes) {
      hash.update(bytes)
      return running
    },
    base64: () => hash.digest('base64'),
  }
  return running
}

function runningCrc32(): Running {
  let value = 0
  const running: Running = {
    update(bytes) {
      value = crc32(bytes, value)
      return running
    },
    base64() {
      const bytes = Buffer.alloc(4)
      bytes.writeUInt32BE(value)
      return bytes.toString('base64')
    },
  }
  return running
}

/** A table of 256 remainders, each as its upper and lower 32 bits. */
type CrcTable = { readonly high: Uint32Array; readonly low: Uint32Array }

/** Polynomials with their bits reversed; a 32-bit one has nothing in the upper half. */
const castagnoli = crcTable(0, 0x82f63b78)
const nvme = crcTable(0x9a6c9329, 0xac4bc9b5)

function crcTable(polynomialHigh: number, polynomialLow: number): CrcTable {
  const table = { high: new Uint32Array(256), low: new Uint32Array(256) }
  for (let byte = 0; byte < 256; byte += 1) {
    let [high, low] = [0, byte]
    for (let bit = 0; bit < 8; bit += 1) {
      const isOdd = (low & 1) === 1
      low = ((low >>> 1) | ((high & 1) << 31)) >>> 0
      high >>>= 1
      if (isOdd) [high, low] = [(high ^ polynomialHigh) >>> 0, (low ^ polynomialLow) >>> 0]
    }
    table.high[byte] = high
    table.low[byte] = low
  }
  return table
}

function runningCrc(table: CrcTable, size: 4 | 8): Running {
  let high = size === 8 ? 0xffffffff : 0
  let low = 0xffffffff
  const running: Running = {
    update(bytes) {
      for (const byte of bytes) {
        const index = (low ^ byte) & 0xff
        low = (((low >>> 8) | (high << 24)) ^ (table.low[index] ?? 0)) >>> 0
        high = ((high >>> 8) ^ (table.high[index] ?? 0)) >>> 0
      }
      return running
    },
    base64() {
      const bytes = Buffer.alloc(8)
      bytes.writeUInt32BE(~high >>> 0, 0)
      bytes.writeUInt32BE(~low >>> 0, 4)
      return bytes.subarray(8 - size).toString('base64')
    },
  }
  return running
}
