import { clientConfiguration } from './aws-access.ts'
import type { AwsOptions } from './aws-access.ts'
import { CliError } from './exit-code.ts'

const lifetimeSeconds = 60

/**
 * The URL with the signature of the configured credentials in its query, as AWS's presigned URLs have it: Teal asks other
 * machines for one, for what it offers beside the AWS API too. The signature is good for this method and body only.
 */
export async function signedUrl(
  url: string,
  options: AwsOptions,
  { method = 'GET', body }: { readonly method?: 'GET' | 'POST'; readonly body?: string } = {},
): Promise<string> {
  const { CodeDeployClient } = await import('@aws-sdk/client-codedeploy')
  const { config } = new CodeDeployClient(clientConfiguration(options))
  // The client's own signer: it knows the credentials, the region and the clock's skew as any call of the client does.
  const signer: unknown = typeof config.signer === 'function' ? await config.signer() : config.signer
  if (!isPresigner(signer)) throw new CliError('The AWS client offers no way to sign a URL.')
  const { protocol, hostname, host, port, pathname } = new URL(url)
  const request = { protocol, hostname, port: port === '' ? undefined : Number(port), path: pathname, query: {} }
  const signed = await signer.presign({ ...request, method, body, headers: { host } }, { expiresIn: lifetimeSeconds })
  return `${url}?${new URLSearchParams(signed.query).toString()}`
}

/** What Signature Version 4 signers of the SDK can do beside signing headers. */
type Presigner = {
  presign(request: object, options: { readonly expiresIn: number }): Promise<{ query: Record<string, string> }>
}

function isPresigner(signer: unknown): signer is Presigner {
  return typeof signer === 'object' && signer !== null && 'presign' in signer && typeof signer.presign === 'function'
}
