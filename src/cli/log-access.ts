import type { ElasticLoadBalancingV2Client, LoadBalancer } from '@aws-sdk/client-elastic-load-balancing-v2'
import type { S3Client } from '@aws-sdk/client-s3'
import { loggedLoadBalancer, type LoggedLoadBalancer } from '../domain/access-log-file.ts'
import { clientConfiguration, type AwsOptions } from './aws-access.ts'
import { CliError } from './exit-code.ts'

export type LogAccess = {
  readonly loadBalancing: ElasticLoadBalancingV2Client
  readonly s3: S3Client
  readonly options: AwsOptions
  /** Where the last call to Elastic Load Balancing went: `http://127.0.0.1:4566`. */
  endpoint(): string
}

/** Clients of the services that access logs have to do with. */
export async function logAccess(options: AwsOptions): Promise<LogAccess> {
  const [elbv2, s3] = await Promise.all([
    import('@aws-sdk/client-elastic-load-balancing-v2'),
    import('@aws-sdk/client-s3'),
  ])
  const ofLoadBalancing = clientConfiguration(options, process.env, 'ELASTIC_LOAD_BALANCING_V2')
  const ofS3 = clientConfiguration(options, process.env, 'S3')
  const loadBalancing = new elbv2.ElasticLoadBalancingV2Client({ ...ofLoadBalancing, maxAttempts: 2 })
  let endpoint = ''
  loadBalancing.middlewareStack.add(
    (next) => (call) => {
      const { protocol, hostname, port } = call.request as { protocol: string; hostname: string; port?: number }
      endpoint = `${protocol}//${hostname}${port === undefined ? '' : `:${port}`}`
      return next(call)
    },
    { step: 'finalizeRequest', name: 'noteEndpoint' },
  )
  // Buckets' names are no host names of an endpoint of one's own.
  const paths = ofS3.endpoint === undefined ? {} : { forcePathStyle: true }
  return {
    loadBalancing,
    s3: new s3.S3Client({ ...ofS3, ...paths, maxAttempts: 2 }),
    options,
    endpoint: () => endpoint,
  }
}

/** An access log: whose it is, and where it is delivered to. */
export type AccessLogPlace = {
  readonly loadBalancer: LoggedLoadBalancer
  readonly bucket: string
  /** Without slashes at its ends; empty for none. */
  readonly prefix: string
}

/** Throws a `CliError` where there is no such load balancer, or it has never had an access log. */
export async function accessLogPlace(access: LogAccess, name: string | undefined): Promise<AccessLogPlace> {
  const { LoadBalancerArn = '', LoadBalancerName = '' } = await findLoadBalancer(access, name)
  const loadBalancer = loggedLoadBalancer(LoadBalancerArn)
  if (loadBalancer === undefined) throw new CliError(`${LoadBalancerName} is no Application Load Balancer.`)
  const { DescribeLoadBalancerAttributesCommand } = await import('@aws-sdk/client-elastic-load-balancing-v2')
  const { Attributes = [] } = await access.loadBalancing.send(
    new DescribeLoadBalancerAttributesCommand({ LoadBalancerArn }),
  )
  const attribute = (key: string): string => Attributes.find(({ Key }) => Key === key)?.Value ?? ''
  const bucket = attribute('access_logs.s3.bucket')
  if (bucket !== '') return { loadBalancer, bucket, prefix: attribute('access_logs.s3.prefix') }
  throw new CliError(
    `the access log of ${LoadBalancerName} is off. Switch it on:\n` +
      `  aws elbv2 modify-load-balancer-attributes --load-balancer-arn ${LoadBalancerArn} \\\n` +
      '    --attributes Key=access_logs.s3.enabled,Value=true Key=access_logs.s3.bucket,Value=BUCKET',
  )
}

async function findLoadBalancer(access: LogAccess, name?: string): Promise<LoadBalancer> {
  const { paginateDescribeLoadBalancers } = await import('@aws-sdk/client-elastic-load-balancing-v2')
  const all: LoadBalancer[] = []
  for await (const page of paginateDescribeLoadBalancers({ client: access.loadBalancing }, {})) {
    all.push(...(page.LoadBalancers ?? []).filter(({ Type }) => Type === 'application'))
  }
  const fitting = all.filter(
    ({ LoadBalancerName, LoadBalancerArn }) =>
      name === undefined || LoadBalancerName === name || LoadBalancerArn === name,
  )
  const [found] = fitting
  if (found !== undefined && fitting.length === 1) return found
  const names = all.map(({ LoadBalancerName }) => LoadBalancerName).join(', ')
  if (all.length === 0) throw new CliError(`there are no load balancers at ${access.endpoint()} in this region.`)
  if (name === undefined) throw new CliError(`there are several load balancers; say which with --lb NAME: ${names}.`)
  throw new CliError(`there is no load balancer ${name} at ${access.endpoint()} in this region. There are: ${names}.`)
}
