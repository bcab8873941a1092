import type { CloudWatchClient } from '@aws-sdk/client-cloudwatch'
import type { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs'
import type { CodeDeployClient } from '@aws-sdk/client-codedeploy'
import type { ECSClient } from '@aws-sdk/client-ecs'
import type { ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2'
import type { LambdaClient } from '@aws-sdk/client-lambda'
import type { S3Client } from '@aws-sdk/client-s3'
import type { Looked } from '../domain/preflight/facts.ts'
import { aboutEndpoint, type AboutEndpoint } from './about-endpoint.ts'
import { clientConfiguration, codeDeployAccess, forAwsUser, isUnreachable } from './aws-access.ts'
import type { AwsOptions } from './aws-access.ts'
import { s3Client } from './s3-place.ts'

/** Clients of every service a deployment has to do with. */
export type AwsClients = {
  readonly codeDeploy: CodeDeployClient
  readonly ecs: ECSClient
  readonly elb: ElasticLoadBalancingV2Client
  readonly lambda: LambdaClient
  readonly cloudWatch: CloudWatchClient
  readonly logs: CloudWatchLogsClient
  /** Made when something is in S3. */
  readonly s3: () => Promise<S3Client>
  /** Where CodeDeploy's last call went, or any would go: `http://127.0.0.1:4566`. */
  endpoint(): string
  region(): Promise<string>
  /** Asked once. */
  about(): Promise<AboutEndpoint>
}

export async function awsClients(options: AwsOptions): Promise<AwsClients> {
  const [access, ecs, elb, lambda, cloudWatch, logs] = await Promise.all([
    codeDeployAccess(options),
    import('@aws-sdk/client-ecs'),
    import('@aws-sdk/client-elastic-load-balancing-v2'),
    import('@aws-sdk/client-lambda'),
    import('@aws-sdk/client-cloudwatch'),
    import('@aws-sdk/client-cloudwatch-logs'),
  ])
  const of = (service: Parameters<typeof clientConfiguration>[2]) => ({
    ...clientConfiguration(options, process.env, service),
    maxAttempts: 2,
  })
  let about: Promise<AboutEndpoint> | undefined
  let s3: Promise<S3Client> | undefined
  return {
    codeDeploy: access.codeDeploy,
    ecs: new ecs.ECSClient(of('ECS')),
    elb: new elb.ElasticLoadBalancingV2Client(of('ELASTIC_LOAD_BALANCING_V2')),
    lambda: new lambda.LambdaClient(of('LAMBDA')),
    cloudWatch: new cloudWatch.CloudWatchClient(of('CLOUDWATCH')),
    logs: new logs.CloudWatchLogsClient(of('CLOUDWATCH_LOGS')),
    s3: () => (s3 ??= s3Client(options)),
    endpoint: () => access.endpoint() || (of('CODEDEPLOY').endpoint ?? 'AWS'),
    region: () => access.region(),
    about: () => (about ??= aboutEndpoint(options)),
  }
}

/**
 * What there is, that it is not there, or that the caller may not see it. Rejects where nobody answers at all, or nobody
 * knows who asks: then there is nothing to look at.
 */
export async function look<Thing>(
  clients: Pick<AwsClients, 'endpoint'>,
  get: () => Promise<Thing | undefined>,
  absent: readonly string[] = [],
): Promise<Looked<Thing>> {
  try {
    const thing = await get()
    return thing === undefined ? { kind: 'absent' } : { kind: 'found', thing }
  } catch (error) {
    if (!(error instanceof Error)) throw error
    if (absent.includes(error.name)) return { kind: 'absent' }
    if (isUnreachable(error) || !('$metadata' in error)) throw forAwsUser(error, clients)
    return { kind: 'unknown', reason: `${error.message.replace(/\.$/, '')} (${error.name})` }
  }
}
