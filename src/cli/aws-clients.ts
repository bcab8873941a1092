import type { CloudWatchClient } from '@aws-sdk/client-cloudwatch'
import type { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs'
import type { CodeDeployClient } from '@aws-sdk/client-codedeploy'
import type { ECSClient } from '@aws-sdk/client-ecs'
import type { ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2'
import { clientConfiguration, type AwsOptions } from './aws-access.ts'

/** Clients of all services that a deployment has to do with. */
export type AwsClients = {
  readonly codeDeploy: CodeDeployClient
  readonly ecs: ECSClient
  readonly loadBalancing: ElasticLoadBalancingV2Client
  readonly cloudWatch: CloudWatchClient
  readonly logs: CloudWatchLogsClient
  /** Where the last call went: `http://127.0.0.1:4566`. */
  endpoint(): string
  region(): Promise<string>
  /** What only the endpoint itself can say. AWS does not say it, and nor does anybody else's endpoint. */
  about(): Promise<AboutEndpoint>
}

type AboutEndpoint = {
  /** It is Teal: metrics come as they are counted, and calls cost nothing. */
  readonly isTeal: boolean
  /** What a configured minute lasts. */
  readonly minuteMilliseconds: number
}

export async function awsClients(options: AwsOptions): Promise<AwsClients> {
  const [codeDeploy, ecs, elbv2, cloudWatch, logs] = await Promise.all([
    import('@aws-sdk/client-codedeploy'),
    import('@aws-sdk/client-ecs'),
    import('@aws-sdk/client-elastic-load-balancing-v2'),
    import('@aws-sdk/client-cloudwatch'),
    import('@aws-sdk/client-cloudwatch-logs'),
  ])
  const of = (service: Parameters<typeof clientConfiguration>[2]) => ({
    ...clientConfiguration(options, process.env, service),
    maxAttempts: 2,
  })
  const codeDeployClient = new codeDeploy.CodeDeployClient(of('CODEDEPLOY'))
  const ecsClient = new ecs.ECSClient(of('ECS'))
  let endpoint = of('CODEDEPLOY').endpoint ?? 'AWS'
  const note = (request: unknown): void => {
    const { protocol, hostname, port } = request as { protocol: string; hostname: string; port?: number }
    endpoint = `${protocol}//${hostname}${port === undefined ? '' : `:${port}`}`
  }
  const step = { step: 'finalizeRequest', name: 'noteEndpoint' } as const
  codeDeployClient.middlewareStack.add(
    (next) => (call) => {
      note(call.request)
      return next(call)
    },
    step,
  )
  ecsClient.middlewareStack.add(
    (next) => (call) => {
      note(call.request)
      return next(call)
    },
    step,
  )
  let about: Promise<AboutEndpoint> | undefined
  return {
    codeDeploy: codeDeployClient,
    ecs: ecsClient,
    loadBalancing: new elbv2.ElasticLoadBalancingV2Client(of('ELASTIC_LOAD_BALANCING_V2')),
    cloudWatch: new cloudWatch.CloudWatchClient(of('CLOUDWATCH')),
    logs: new logs.CloudWatchLogsClient(of('CLOUDWATCH_LOGS')),
    endpoint: () => endpoint,
    region: () => codeDeployClient.config.region(),
    about: () => (about ??= aboutEndpoint(of('CODEDEPLOY').endpoint)),
  }
}

const aws: AboutEndpoint = { isTeal: false, minuteMilliseconds: 60_000 }
const aboutPatienceMilliseconds = 5_000

/** AWS itself is not asked. */
async function aboutEndpoint(endpoint: string | undefined): Promise<AboutEndpoint> {
  if (endpoint === undefined || /\.amazonaws\.com(\.cn)?$/.test(new URL(endpoint).hostname)) return aws
  try {
    const url = `${endpoint.replace(/\/$/, '')}/teal.json`
    const answer = await fetch(url, { signal: AbortSignal.timeout(aboutPatienceMilliseconds) })
    if (!answer.ok) return aws
    const { minuteMilliseconds } = (await answer.json()) as { readonly minuteMilliseconds?: unknown }
    return typeof minuteMilliseconds === 'number' ? { isTeal: true, minuteMilliseconds } : aws
  } catch {
    return aws
  }
}
