import type { WireRequest } from './protocol.ts'

export type CredentialScope = { readonly region: string; readonly service: string }

/**
 * What a request was signed for: `Authorization: AWS4-HMAC-SHA256 Credential=AKID/20260101/eu-west-1/ecs/aws4_request, …`.
 * The signature itself is not verified: whoever reaches the endpoint may use it. Undefined for unsigned requests.
 */
export function credentialScope(request: WireRequest): CredentialScope | undefined {
  const header = request.headers.authorization ?? ''
  const [, region, service] = /Credential=[^,\s]*\/\d{8}\/([^/,\s]+)\/([^/,\s]+)\/aws4_request/.exec(header) ?? []
  return region !== undefined && service !== undefined ? { region, service } : undefined
}
