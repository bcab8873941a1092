import { utf8Length } from '../../domain/s3-names.ts'
import { AwsError } from '../../domain/aws-error.ts'
import type { ObjectHeaders } from '../../domain/s3.ts'
import { notImplemented } from './errors.ts'

/** The members of PutObject, CopyObject and CreateMultipartUpload that say what an object is. */
export type HeaderInput = {
  readonly ContentType?: string | undefined
  readonly CacheControl?: string | undefined
  readonly ContentDisposition?: string | undefined
  readonly ContentEncoding?: string | undefined
  readonly ContentLanguage?: string | undefined
  readonly Expires?: Date | string | undefined
  readonly Metadata?: Readonly<Record<string, string>> | undefined
  readonly ACL?: string | undefined
  readonly StorageClass?: string | undefined
}

export const headerMembers: readonly (keyof HeaderInput)[] = [
  'ContentType',
  'CacheControl',
  'ContentDisposition',
  'ContentEncoding',
  'ContentLanguage',
  'Expires',
  'Metadata',
  'ACL',
  'StorageClass',
]

/** @throws AwsError MetadataTooLarge, NotImplemented for ACLs and storage classes that would change something */
export function readHeaders(input: HeaderInput): ObjectHeaders {
  checkAcl(input.ACL)
  if (input.StorageClass !== undefined && input.StorageClass !== 'STANDARD') {
    throw notImplemented(`the storage class ${input.StorageClass}`, 'Leave it out, or pass STANDARD')
  }
  const expires = input.Expires instanceof Date ? input.Expires.toUTCString() : input.Expires
  const encoding = withoutTransferCoding(input.ContentEncoding)
  return {
    contentType: input.ContentType ?? 'binary/octet-stream',
    ...(input.CacheControl === undefined ? {} : { cacheControl: input.CacheControl }),
    ...(input.ContentDisposition === undefined ? {} : { contentDisposition: input.ContentDisposition }),
    ...(encoding === undefined ? {} : { contentEncoding: encoding }),
    ...(input.ContentLanguage === undefined ? {} : { contentLanguage: input.ContentLanguage }),
    ...(expires === undefined ? {} : { expires }),
    metadata: checkedMetadata(input.Metadata ?? {}),
  }
}

/** As GetObject and HeadObject answer them. */
export function answeredHeaders(headers: ObjectHeaders) {
  return {
    ContentType: headers.contentType,
    CacheControl: headers.cacheControl,
    ContentDisposition: headers.contentDisposition,
    ContentEncoding: headers.contentEncoding,
    ContentLanguage: headers.contentLanguage,
    Expires: dateIn(headers.expires),
    Metadata: headers.metadata,
  }
}

/** What these two ACLs grant, the owner has here anyway. */
function checkAcl(acl: string | undefined): void {
  if (acl === undefined || acl === 'private' || acl === 'bucket-owner-full-control') return
  throw notImplemented(`the ACL ${acl}`)
}

/** `aws-chunked` is how the bytes travelled, not what they are. */
function withoutTransferCoding(encoding: string | undefined): string | undefined {
  const codings = encoding?.split(',').map((coding) => coding.trim()) ?? []
  const left = codings.filter((coding) => coding !== '' && coding !== 'aws-chunked')
  return left.length === 0 ? undefined : left.join(',')
}

function checkedMetadata(metadata: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const size = Object.entries(metadata).reduce((sum, [name, value]) => sum + utf8Length(name) + utf8Length(value), 0)
  if (size > 2048) {
    const message = `Your metadata headers exceed the maximum allowed metadata size: they have ${size} bytes of 2048.`
    throw new AwsError('MetadataTooLarge', message, { Size: String(size), MaxSizeAllowed: '2048' })
  }
  return Object.fromEntries(Object.entries(metadata).map(([name, value]) => [name.toLowerCase(), value]))
}

function dateIn(text: string | undefined): Date | undefined {
  const date = new Date(text ?? '')
  return Number.isNaN(date.getTime()) ? undefined : date
}
