import type { IncomingHttpHeaders } from 'node:http'

export type CredentialScope = { readonly region: string; readonly service: string }

/**
 * What a request was signed for: `Authorization: AWS4-HMAC-SHA256 Credential=AKID/20260101/eu-west-1/ecs/aws4_request, …`,
 * or `X-Amz-Credential=AKID/…` in the query of a presigned URL. Whether it may be believed is not
 * looked at here (`signature.ts`). Undefined for unsigned requests.
 */
export function credentialScope(request: {
  readonly headers: IncomingHttpHeaders
  readonly query: URLSearchParams
}): CredentialScope | undefined {
  const presigned = request.query.get('X-Amz-Credential')
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
