import type { IncomingHttpHeaders } from 'node:http'

export type CredentialScope = { readonly region: string; readonly service: string }

/**
 * What a request was signed for: `Authorization: AWS4-HMAC-SHA256 Credential=AKID/20260101/eu-west-1/ecs/aws4_request, …`,
 * or `X-Amz-Credential=AKID/…` in the query of a presigned URL; older ones are of S3 and tell no region.
 * Whether it may be believed is not looked at here (`signature.ts`). Undefined for unsigned requests.
 */
export function credentialScope(request: {
  readonly headers: IncomingHttpHeaders
  readonly query: URLSearchParams
}): CredentialScope | undefined {
  const presigned = request.query.get('X-Amz-Credential')
  if (presigned === null && isSignedByVersion2(request)) return { region: 'us-east-1', service: 's3' }
  const authorization = presigned === null ? (request.headers.authorization ?? '') : `Credential=${presigned}`
  const [, region, service] =
    /Credential=[^,\s]*\/\d{8}\/([^/,\s]+)\/([^/,\s]+)\/aws4_request/.exec(authorization) ?? []
  return region !== undefined && service !== undefined ? { region, service } : undefined
}

/** Whether a member of a presigned URL's query belongs to its signature. */
export const isOfSignature = (name: string): boolean =>
  /^x-amz-(algorithm|credential|date|expires|signature|signedheaders|security-token|content-sha256|user-agent)$/i.test(
    name,
  )

/**
 * Whether the request is a presigned URL of S3 by Signature Version 2, which boto3 and version 1 of the `aws` command make
 * for the region us-east-1. The oldest query services have the same members, beside an `Action`.
 */
export function isSignedByVersion2({ query }: { readonly query: URLSearchParams }): boolean {
  return ['AWSAccessKeyId', 'Signature', 'Expires'].every((name) => query.has(name)) && !query.has('Action')
}
