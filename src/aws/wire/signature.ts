import { createHash, createHmac } from 'node:crypto'
import type { WireRequest } from './protocol.ts'
import { isSignedByVersion2 } from './credential-scope.ts'
import { areEqualSecrets } from './equal-secrets.ts'
import { version2Problem } from './signature-v2.ts'

export type AccessKey = { readonly accessKeyId: string; readonly secretAccessKey: string }

/** How old a signature may be, and how far ahead of this clock. As AWS has it. */
const mostSkewMilliseconds = 15 * 60_000
const mostPresignedSeconds = 7 * 86_400

type Signed = {
  readonly accessKeyId: string
  readonly scope: string
  /** `20260101T120000Z` */
  readonly time: string
  readonly signedHeaders: readonly string[]
  readonly signature: string
  readonly lifetimeMilliseconds: number
  readonly isPresigned: boolean
}

/**
 * Why a request is not from whoever has this key: undefined where it is. The signature is AWS's Signature Version 4, in the
 * Authorization header or in a presigned URL's query, or Version 2 in one of S3. Of bodies that are signed chunk by chunk,
 * the head is verified.
 */
export function signatureProblem(request: WireRequest, key: AccessKey, now: number): SignatureProblem | undefined {
  if (isSignedByVersion2(request)) return version2Problem(request, key, now)
  const signed = signedOf(request)
  const problem = claimProblem(request, signed, key, now)
  if (problem !== undefined || signed === undefined) return problem
  return bodyMatches(request) && isSignedBy(request, signed, key) ? undefined : doesNotMatch
}

/**
 * The same before the body has come, as far as it is known by then. Nobody else's body is received: it might be large. The
 * signature itself counts already where the digest of the body is among the headers, or none is signed.
 */
export function headProblem(request: WireRequest, key: AccessKey, now: number): SignatureProblem | undefined {
  if (isSignedByVersion2(request)) return version2Problem(request, key, now)
  const signed = signedOf(request)
  const problem = claimProblem(request, signed, key, now)
  if (problem !== undefined || signed === undefined) return problem
  const isBodyNeeded = headerOf(request.headers['x-amz-content-sha256']) === '' && !isOpenUpload(signed)
  return isBodyNeeded || isSignedBy(request, signed, key) ? undefined : doesNotMatch
}

const doesNotMatch: SignatureProblem = {
  code: 'SignatureDoesNotMatch',
  message:
    'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method.',
}

/** What is wrong with what the request says of its signature. */
function claimProblem(
  request: WireRequest,
  signed: Signed | undefined,
  key: AccessKey,
  now: number,
): SignatureProblem | undefined {
  if (signed === undefined) {
    return {
      code: 'MissingAuthenticationToken',
      message: 'The request is not signed. Sign it with the access key that `teal serve` printed.',
    }
  }
  if (signed.accessKeyId !== key.accessKeyId) {
    return {
      code: 'UnrecognizedClientException',
      message: 'The access key of the request is not the one that `teal serve` printed.',
    }
  }
  const age = now - timeOf(signed.time)
  if (!(age <= signed.lifetimeMilliseconds && -age <= mostSkewMilliseconds)) {
    return {
      code: 'RequestExpired',
      message: `The request was signed at ${signed.time}, too far from this clock's time.`,
    }
  }
  const unsigned = unsignedHeaders(request, signed)
  if (unsigned.length === 0) return undefined
  return {
    code: 'AccessDenied',
    message: `There were headers present in the request which were not signed: ${unsigned.join(', ')}`,
  }
}

function isSignedBy(request: WireRequest, signed: Signed, key: AccessKey): boolean {
  const expected = Buffer.from(signatureOf(request, signed, key), 'hex')
  const given = Buffer.from(signed.signature, 'hex')
  return areEqualSecrets(expected, given)
}

export type SignatureProblem = { readonly code: string; readonly message: string }

function signedOf({ headers, query }: WireRequest): Signed | undefined {
  const presigned = query.get('X-Amz-Credential')
  if (presigned !== null) {
    const seconds = Math.min(mostPresignedSeconds, Number(query.get('X-Amz-Expires') ?? 0))
    return parts(presigned, query.get('X-Amz-SignedHeaders') ?? '', query.get('X-Amz-Signature') ?? '', {
      time: query.get('X-Amz-Date') ?? '',
      lifetimeMilliseconds: seconds * 1000,
      isPresigned: true,
    })
  }
  const { authorization = '' } = headers
  if (!authorization.startsWith('AWS4-HMAC-SHA256 ')) return undefined
  const member = (name: string): string => new RegExp(`${name}=([^,\\s]+)`).exec(authorization)?.[1] ?? ''
  return parts(member('Credential'), member('SignedHeaders'), member('Signature'), {
    time: headerOf(headers['x-amz-date']),
    lifetimeMilliseconds: mostSkewMilliseconds,
    isPresigned: false,
  })
}

function parts(
  credential: string,
  signedHeaders: string,
  signature: string,
  rest: Pick<Signed, 'time' | 'lifetimeMilliseconds' | 'isPresigned'>,
): Signed {
  const [accessKeyId = '', ...scope] = credential.split('/')
  return { accessKeyId, scope: scope.join('/'), signedHeaders: signedHeaders.split(';'), signature, ...rest }
}

function timeOf(text: string): number {
  const [, year, month, day, hour, minute, second] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text) ?? []
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`)
}

/**
 * Headers that say what is done, without belonging to what was signed: whoever was given a presigned URL could make another
 * call of it, or copy what it does not name.
 */
function unsignedHeaders({ headers }: WireRequest, { signedHeaders }: Signed): readonly string[] {
  return Object.keys(headers).filter((name) => name.startsWith('x-amz-') && !signedHeaders.includes(name))
}

/** What stands for the body in the signature is either no digest, or the body's. */
function bodyMatches({ headers, body }: WireRequest): boolean {
  const told = headerOf(headers['x-amz-content-sha256'])
  return !/^[0-9a-f]{64}$/.test(told) || told === sha256(body)
}

function signatureOf(request: WireRequest, signed: Signed, { secretAccessKey }: AccessKey): string {
  const [date = '', region = '', service = ''] = signed.scope.split('/')
  const text = ['AWS4-HMAC-SHA256', signed.time, signed.scope, sha256(canonical(request, signed, service))].join('\n')
  const key = [date, region, service, 'aws4_request'].reduce<string | Buffer>(
    (secret, part) => hmac(secret, part),
    `AWS4${secretAccessKey}`,
  )
  return hmac(key, text).toString('hex')
}

/** A presigned URL of S3 is good for any body. */
function isOpenUpload({ isPresigned, scope }: Signed): boolean {
  return isPresigned && scope.split('/')[2] === 's3'
}

function canonical({ method, path, query, headers, body }: WireRequest, signed: Signed, service: string): string {
  const { signedHeaders, isPresigned } = signed
  // S3 signs the path as it was sent; the others encode it once more.
  const shownPath = service === 's3' ? path : path.split('/').map(encoded).join('/')
  const pairs = [...query]
    .filter(([name]) => !(isPresigned && name === 'X-Amz-Signature'))
    .map(([name, value]) => `${encoded(name)}=${encoded(value)}`)
    .toSorted((one, other) => (one < other ? -1 : 1))
  const lines = signedHeaders.map((name) => `${name}:${headerOf(headers[name]).trim().replaceAll(/\s+/g, ' ')}\n`)
  const told = headerOf(headers['x-amz-content-sha256'])
  const payload = told !== '' ? told : isOpenUpload(signed) ? 'UNSIGNED-PAYLOAD' : sha256(body)
  return [method, shownPath, pairs.join('&'), lines.join(''), signedHeaders.join(';'), payload].join('\n')
}

function headerOf(value: string | readonly string[] | undefined): string {
  return typeof value === 'string' ? value : (value ?? []).join(',')
}

/** RFC 3986: all but letters, digits and `-_.~`. */
function encoded(text: string): string {
  return encodeURIComponent(text).replaceAll(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)
}

function sha256(data: string | Buffer): string {
  return createHash('sha256').update(data).digest('hex')
}

function hmac(key: string | Buffer, data: string): Buffer {
  return createHmac('sha256', key).update(data).digest()
}
