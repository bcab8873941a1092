import type { LambdaClient } from '@aws-sdk/client-lambda'
import { clientConfiguration, type AwsOptions } from './aws-access.ts'

export type LambdaAccess = {
  readonly lambda: LambdaClient
  /** Where the last call went: `http://127.0.0.1:4566`. */
  endpoint(): string
  /** Whether this is an endpoint of one's own and not AWS. */
  readonly isCustom: boolean
}

/** A client of Lambda, and where its calls go. */
export async function lambdaAccess(options: AwsOptions): Promise<LambdaAccess> {
  const { LambdaClient: Client } = await import('@aws-sdk/client-lambda')
  const configuration = clientConfiguration(options, process.env, 'LAMBDA')
  const lambda = new Client({ ...configuration, maxAttempts: 2 })
  let endpoint = ''
  lambda.middlewareStack.add(
    (next) => (call) => {
      const { protocol, hostname, port } = call.request as { protocol: string; hostname: string; port?: number }
      endpoint = `${protocol}//${hostname}${port === undefined ? '' : `:${port}`}`
      return next(call)
    },
    { step: 'finalizeRequest', name: 'noteEndpoint' },
  )
  return { lambda, endpoint: () => endpoint, isCustom: configuration.endpoint !== undefined }
}
