import type { ACMClient } from '@aws-sdk/client-acm'
import { clientConfiguration, type AwsOptions } from './aws-access.ts'

export type CertificateAccess = {
  readonly acm: ACMClient
  /** Where the last call went: `http://127.0.0.1:4566`. */
  endpoint(): string
  region(): Promise<string>
}

/** A client of AWS Certificate Manager, and where its calls go. */
export async function certificateAccess(options: AwsOptions): Promise<CertificateAccess> {
  const { ACMClient: Client } = await import('@aws-sdk/client-acm')
  const acm = new Client({ ...clientConfiguration(options, process.env, 'ACM'), maxAttempts: 2 })
  let endpoint = ''
  acm.middlewareStack.add(
    (next) => (call) => {
      const { protocol, hostname, port } = call.request as { protocol: string; hostname: string; port?: number }
      endpoint = `${protocol}//${hostname}${port === undefined ? '' : `:${port}`}`
      return next(call)
    },
    { step: 'finalizeRequest', name: 'noteEndpoint' },
  )
  return { acm, endpoint: () => endpoint, region: () => acm.config.region() }
}
