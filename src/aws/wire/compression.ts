import { gunzipSync } from 'node:zlib'
import { AwsError } from '../../domain/aws-error.ts'
import type { WireRequest } from './protocol.ts'
import { maximumBodyBytes } from './receive.ts'

/**
 * Undoes the compression of a body, which clients apply to large calls of some operations (CloudWatch's PutMetricData).
 * In REST, where a body may be an object that is compressed for reasons of its own, it stays as it is.
 *
 * @throws AwsError SerializationException, RequestEntityTooLargeException
 */
export function withoutCompression(request: WireRequest): WireRequest {
  if (request.headers['content-encoding'] !== 'gzip' || !isRemoteCall(request)) return request
  const { 'content-encoding': _, ...headers } = request.headers
  return { ...request, headers, body: gunzip(request.body) }
}

/** JSON and query calls have one path, CBOR's begin alike. */
const isRemoteCall = ({ method, path }: WireRequest): boolean =>
  method === 'POST' && (path === '/' || /^\/service\/[^/]+\/operation\//.test(path))

function gunzip(body: Buffer): Buffer {
  try {
    return gunzipSync(body, { maxOutputLength: maximumBodyBytes })
  } catch (error) {
    if (error instanceof RangeError) {
      const message = `The request's body is larger than ${maximumBodyBytes / 1024 / 1024} MiB when it is decompressed.`
      throw new AwsError('RequestEntityTooLargeException', message)
    }
    throw new AwsError(
      'SerializationException',
      "The request's body is not gzip, which its Content-Encoding says it is.",
    )
  }
}
