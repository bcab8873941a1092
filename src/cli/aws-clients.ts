import type { CloudWatchClient } from '@aws-sdk/client-cloudwatch'
import type { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs'
import type { CodeDeployClient } from '@aws-sdk/client-codedeploy'
import type { ECSClient } from '@aws-sdk/client-ecs'
import type { ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2'
import type { LambdaClient } from '@aws-sdk/client-lambda'
import type { S3Client } from '@aws-sdk/client-s3'
import { createRequire } from 'node:module'
import type { Looked } from '../domain/preflight/facts.ts'
import { aboutEndpoint, type AboutEndpoint } from './about-endpoint.ts'
import { clientConfiguration, codeDeployAccessWith, forAwsUser, isNoService } from './aws-access.ts'
import type { AwsOptions, CodeDeployAccess } from './aws-access.ts'
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

/** Each client is loaded when it is first asked for: a command waits for those it uses only. */
export async function awsClients(options: AwsOptions): Promise<AwsClients> {
  const of = (service: Parameters<typeof clientConfiguration>[2]) => ({
    ...clientConfiguration(options, process.env, service),
    maxAttempts: 2,
  })
  const configured = of('CODEDEPLOY').endpoint ?? 'AWS'
  const loaded: { -readonly [Name in keyof AwsClients]?: AwsClients[Name] } = {}
  let access: CodeDeployAccess | undefined
  const codeDeploy = (): CodeDeployAccess =>
    (access ??= codeDeployAccessWith(load('@aws-sdk/client-codedeploy'), options))
  let s3: Promise<S3Client> | undefined
  let about: Promise<AboutEndpoint> | undefined
  return {
    get codeDeploy() {
      return codeDeploy().codeDeploy
    },
    get ecs() {
      return (loaded.ecs ??= new (load('@aws-sdk/client-ecs').ECSClient)(of('ECS')))
    },
    get elb() {
      const sdk = '@aws-sdk/client-elastic-load-balancing-v2'
      return (loaded.elb ??= new (load(sdk).ElasticLoadBalancingV2Client)(of('ELASTIC_LOAD_BALANCING_V2')))
    },
    get lambda() {
      return (loaded.lambda ??= new (load('@aws-sdk/client-lambda').LambdaClient)(of('LAMBDA')))
    },
    get cloudWatch() {
      return (loaded.cloudWatch ??= new (load('@aws-sdk/client-cloudwatch').CloudWatchClient)(of('CLOUDWATCH')))
    },
    get logs() {
      const sdk = '@aws-sdk/client-cloudwatch-logs'
      return (loaded.logs ??= new (load(sdk).CloudWatchLogsClient)(of('CLOUDWATCH_LOGS')))
    },
    s3: () => (s3 ??= s3Client(options)),
    endpoint: () => access?.endpoint() || configured,
    region: () => codeDeploy().region(),
    about: () => (about ??= aboutEndpoint(options)),
  }
}

type Sdk = {
  readonly '@aws-sdk/client-codedeploy': typeof import('@aws-sdk/client-codedeploy')
  readonly '@aws-sdk/client-ecs': typeof import('@aws-sdk/client-ecs')
  readonly '@aws-sdk/client-elastic-load-balancing-v2': typeof import('@aws-sdk/client-elastic-load-balancing-v2')
  readonly '@aws-sdk/client-lambda': typeof import('@aws-sdk/client-lambda')
  readonly '@aws-sdk/client-cloudwatch': typeof import('@aws-sdk/client-cloudwatch')
  readonly '@aws-sdk/client-cloudwatch-logs': typeof import('@aws-sdk/client-cloudwatch-logs')
}

const require = createRequire(import.meta.url)

/** At once, which `import` cannot; it is the same module that `import` gives. */
function load<Name extends keyof Sdk>(name: Name): Sdk[Name] {
  return require(name) as Sdk[Name]
}

/**
 * What there is, that it is not there, or that the caller may not see it. Rejects where nobody answers at all, or nobody
 * of AWS's kind, or nobody knows who asks: then there is nothing to look at.
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
    if (isNoService(error) || !('$metadata' in error)) throw forAwsUser(error, clients)
    return { kind: 'unknown', reason: `${error.message.replace(/\.$/, '')} (${error.name})` }
  }
}
