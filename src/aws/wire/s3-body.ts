import { createHash } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { AwsError } from '../../domain/aws-error.ts'
import { counted } from '../../domain/counted.ts'
import { decodeAwsChunked } from './aws-chunked.ts'
import { checksum, type ChecksumAlgorithm } from './checksum.ts'
import type { RestRequest, RoutedOperation } from './route.ts'

/**
 * The request with its body as the client meant it: taken out of its chunks, the checksums that came after it among the
 * headers, and every checksum verified that is of the body.
 *
 * @throws AwsError BadDigest, InvalidDigest, XAmzContentSHA256Mismatch, IncompleteBody, InvalidRequest, MalformedTrailerError,
 *   NotImplemented
 */
export function withS3Body(request: RestRequest, operation: RoutedOperation): RestRequest {
  const whole = isChunked(request.headers) ? unchunked(request) : request
  verifyMd5(whole)
  verifySha256(whole)
  if (operation.isBodyChecked) verifyChecksum(whole)
  return whole
}

const encodings = (headers: IncomingHttpHeaders): readonly string[] =>
  (headers['content-encoding'] ?? '').split(',').map((encoding) => encoding.trim())

const isChunked = (headers: IncomingHttpHeaders): boolean =>
  encodings(headers).includes('aws-chunked') || textOf(headers, 'x-amz-content-sha256').startsWith('STREAMING-')

/** `aws-chunked` is not an encoding of the object: it is taken out of those that are kept with it. */
function unchunked(request: RestRequest): RestRequest {
  const { body, trailers } = decodeAwsChunked(request.body)
  const stated = textOf(request.headers, 'x-amz-decoded-content-length')
  if (stated !== '' && Number(stated) !== body.length) {
    throw new AwsError(
      'IncompleteBody',
      `The body has ${counted(body.length, 'byte')}; x-amz-decoded-content-length is ${stated}.`,
    )
  }
  checkTrailers(request.headers, trailers)
  const { 'content-encoding': _, ...rest } = request.headers
  const kept = encodings(request.headers).filter((encoding) => encoding !== 'aws-chunked' && encoding !== '')
  const headers: IncomingHttpHeaders = { ...rest, ...trailers, 'content-length': String(body.length) }
  return { ...request, body, headers: kept.length === 0 ? headers : { ...headers, 'content-encoding': kept.join(',') } }
}

/** A checksum that was announced and has not come could not be verified. */
function checkTrailers(headers: IncomingHttpHeaders, trailers: Readonly<Record<string, string>>): void {
  const announced = textOf(headers, 'x-amz-trailer').toLowerCase().split(',')
  const missing = announced.map((name) => name.trim()).find((name) => name !== '' && !Object.hasOwn(trailers, name))
  if (missing === undefined) return
  throw new AwsError(
    'MalformedTrailerError',
    `The header x-amz-trailer announces ${missing}, which is not after the body.`,
  )
}

function verifyMd5({ headers, body }: RestRequest): void {
  const expected = textOf(headers, 'content-md5')
  if (expected === '') return
  if (Buffer.from(expected, 'base64').length !== 16) {
    throw new AwsError('InvalidDigest', 'The Content-MD5 you specified was invalid.')
  }
  const calculated = checksum('MD5', body)
  if (calculated === expected) return
  const digests = { ExpectedDigest: expected, CalculatedDigest: calculated }
  throw new AwsError('BadDigest', 'The Content-MD5 you specified did not match what we received.', digests)
}

/** Besides a hash, the header may say that there is none: `UNSIGNED-PAYLOAD`, `STREAMING-…`. */
function verifySha256({ headers, body }: RestRequest): void {
  const expected = textOf(headers, 'x-amz-content-sha256')
  if (!/^[0-9a-f]{64}$/i.test(expected)) return
  const calculated = createHash('sha256').update(body).digest('hex')
  if (calculated === expected.toLowerCase()) return
  throw new AwsError(
    'XAmzContentSHA256Mismatch',
    "The provided 'x-amz-content-sha256' header does not match what was computed.",
    { ClientComputedContentSHA256: expected, S3ComputedContentSHA256: calculated },
  )
}

const checksumHeader = /^x-amz-checksum-(?!algorithm$|mode$|type$)(.+)$/

function verifyChecksum({ headers, body }: RestRequest): void {
  const [name, ...more] = Object.keys(headers).filter((header) => checksumHeader.test(header))
  if (name === undefined) return
  if (more.length > 0) {
    throw new AwsError('InvalidRequest', `Expecting a single x-amz-checksum- header, not also ${more.join(', ')}.`)
  }
  const algorithm = checksumHeader.exec(name)?.[1]?.toUpperCase() ?? ''
  if (!isKnown(algorithm)) {
    const known = Object.keys(lengths).join(', ')
    throw new AwsError(
      'NotImplemented',
      `Teal does not compute the checksum of ${name}. It computes ${known}: use one of these.`,
    )
  }
  const expected = textOf(headers, name)
  if (Buffer.from(expected, 'base64').length !== lengths[algorithm]) {
    throw new AwsError('InvalidRequest', `Value for ${name} header is invalid.`)
  }
  if (checksum(algorithm, body) !== expected) {
    throw new AwsError('BadDigest', `The ${algorithm} you specified did not match the calculated checksum.`)
  }
}

/** In bytes. */
const lengths: Readonly<Record<ChecksumAlgorithm, number>> = {
  CRC32: 4,
  CRC32C: 4,
  CRC64NVME: 8,
  MD5: 16,
  SHA1: 20,
  SHA256: 32,
  SHA512: 64,
}

const isKnown = (algorithm: string): algorithm is ChecksumAlgorithm => Object.hasOwn(lengths, algorithm)

function textOf(headers: IncomingHttpHeaders, name: string): string {
  const value = headers[name]
  return typeof value === 'string' ? value : ''
}
