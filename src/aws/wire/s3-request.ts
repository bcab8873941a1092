import type { IncomingHttpHeaders } from 'node:http'
import { isOfSignature } from './credential-scope.ts'
import type { WireRequest } from './protocol.ts'
import type { RestRequest } from './route.ts'

/**
 * An S3 request with its bucket taken out of the address, as the model has it: `/bucket/key` or `bucket.localhost/key`.
 * Headers which a presigned URL carries in its query (`x-amz-acl=…`, by signature version 2 `content-type=…`) are headers
 * again.
 */
export function s3Request(request: WireRequest): RestRequest {
  const { query, headers } = withoutHeadersInQuery(request)
  const bucket = bucketInHost(request.headers.host)
  if (bucket !== undefined) return { ...request, query, headers, addressLabels: { Bucket: bucket } }
  const [, first = '', rest = '/'] = /^\/([^/]*)(\/.*)?$/s.exec(request.path) ?? []
  if (first === '') return { ...request, query, headers, addressLabels: {} }
  return { ...request, path: rest, query, headers, addressLabels: { Bucket: decode(first) } }
}

/** `bucket.localhost:4566` and `bucket.127.0.0.1:4566`. */
export function bucketInHost(host = ''): string | undefined {
  return /^(.+)\.(?:localhost|\d+\.\d+\.\d+\.\d+)(?::\d+)?$/i.exec(host)?.[1]
}

/** Of a bucket that is spelled wrongly nothing can be found; so it stays as it is. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function withoutHeadersInQuery({ query, headers }: WireRequest): {
  query: URLSearchParams
  headers: IncomingHttpHeaders
} {
  const hoisted = [...query].filter(([name]) => isHeaderName(name) && !isOfSignature(name))
  if (hoisted.length === 0) return { query, headers }
  const names = new Set(hoisted.map(([name]) => name))
  const fromQuery = Object.fromEntries(hoisted.map(([name, value]) => [name.toLowerCase(), value]))
  return {
    query: new URLSearchParams([...query].filter(([name]) => !names.has(name))),
    headers: { ...fromQuery, ...headers },
  }
}

/** What could be no header stays a parameter, which is refused: as metadata it could not be answered again. */
const isHeaderName = (name: string): boolean => /^(?:x-amz-[\w!#$%&'*+.^`|~-]+|content-type|content-md5)$/i.test(name)
