import type { IncomingHttpHeaders } from 'node:http'

export type CredentialScope = { readonly region: string; readonly service: string }

/**
 * What a request was signed for: `Authorization: AWS4-HMAC-SHA256 Credential=AKID/20260101/eu-west-1/ecs/aws4_request, …`.
 * The signature itself is not verified: whoever reaches the endpoint may use it. Undefined for unsigned requests.
 */
export function credentialScope(headers: IncomingHttpHeaders): CredentialScope | undefined {
  const authorization = headers.authorization ?? ''
  const [, region, service] =
    /Credential=[^,\s]*\/\d{8}\/([^/,\s]+)\/([^/,\s]+)\/aws4_request/.exec(authorization) ?? []
  return region !== undefined && service !== undefined ? { region, service } : undefined
}
