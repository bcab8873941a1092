import { invalidArgument } from './errors.ts'

export type CopySource = { readonly bucket: string; readonly key: string; readonly versionId: string | undefined }

/** Reads `bucket/key[?versionId=ID]`, URL-encoded, with or without a slash before it. @throws AwsError InvalidArgument */
export function copySource(text: string): CopySource {
  const [path = '', versionId] = text.replace(/^\//, '').split('?versionId=')
  const [, bucket, key] = /^([^/]+)\/(.+)$/s.exec(decoded(path)) ?? []
  if (bucket !== undefined && key !== undefined) return { bucket, key, versionId }
  throw invalidArgument('Copy Source must mention the source bucket and key: sourcebucket/sourcekey')
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw invalidArgument('Copy Source is not URL-encoded.')
  }
}
