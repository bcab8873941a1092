import { createHmac } from 'node:crypto'
import { areEqualSecrets } from './equal-secrets.ts'
import type { WireRequest } from './protocol.ts'
import { bucketInHost } from './s3-request.ts'
import type { AccessKey, SignatureProblem } from './signature.ts'

/**
 * Why a presigned URL of S3 by Signature Version 2 is not of whoever has this key, or not good any more; undefined where it
 * is. It is good for any body.
 */
export function version2Problem(request: WireRequest, key: AccessKey, now: number): SignatureProblem | undefined {
  const { query } = request
  if (query.get('AWSAccessKeyId') !== key.accessKeyId) {
    return {
      code: 'InvalidAccessKeyId',
      message: 'The access key of the URL is not the one that `teal serve` printed.',
    }
  }
  if (!(now < Number(query.get('Expires')) * 1000)) return { code: 'AccessDenied', message: 'Request has expired' }
  const expected = createHmac('sha1', key.secretAccessKey).update(stringToSign(request)).digest()
  const given = Buffer.from(query.get('Signature') ?? '', 'base64')
  if (areEqualSecrets(expected, given)) return undefined
  return {
    code: 'SignatureDoesNotMatch',
    message:
      'The request signature we calculated does not match the signature you provided. Check your key and signing method.',
  }
}

function stringToSign({ method, path, query, headers }: WireRequest): string {
  // In the query they mean the same, so that none can be added there either.
  const amazon = [...Object.entries(headers), ...query]
    .map(([name, value]) => [name.toLowerCase(), value] as const)
    .filter(([name]) => name.startsWith('x-amz-'))
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, value]) => `${name}:${String(value).trim()}\n`)
  const bucket = bucketInHost(headers.host)
  const place = `${bucket === undefined ? '' : `/${bucket}`}${path}`
  // Of a bucket itself the name ends with a slash, also where the address does not.
  const resource = `${place.replace(/^(\/[^/]+)$/, '$1/')}${subresources(query)}`
  const plain = [headers['content-md5'] ?? '', headers['content-type'] ?? '', query.get('Expires') ?? '']
  return [method, ...plain, `${amazon.join('')}${resource}`].join('\n')
}

/** Only what makes another resource of the address is signed. */
function subresources(query: URLSearchParams): string {
  const signed = [...query]
    .filter(([name]) => signedMembers.has(name))
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, value]) => (value === '' ? name : `${name}=${value}`))
  return signed.length === 0 ? '' : `?${signed.join('&')}`
}

const signedMembers = new Set([
  'accelerate',
  'acl',
  'analytics',
  'cors',
  'defaultObjectAcl',
  'delete',
  'inventory',
  'lifecycle',
  'location',
  'logging',
  'metrics',
  'notification',
  'object-lock',
  'partNumber',
  'policy',
  'replication',
  'requestPayment',
  'restore',
  'select',
  'select-type',
  'storageClass',
  'tagging',
  'torrent',
  'uploadId',
  'uploads',
  'versionId',
  'versioning',
  'versions',
  'website',
  'response-cache-control',
  'response-content-disposition',
  'response-content-encoding',
  'response-content-language',
  'response-content-type',
  'response-expires',
])
