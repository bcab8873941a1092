import { DescribeAccountLimitsCommand } from '@aws-sdk/client-elastic-load-balancing-v2'
import assert from 'node:assert/strict'
import { execFile, execFileSync } from 'node:child_process'
import { after, before, describe, test } from 'node:test'
import { promisify } from 'node:util'
import { startLoadBalancingEndpoint, type LoadBalancingEndpoint } from './load-balancing-endpoint.ts'

const run = promisify(execFile)
const skip = hasAwsCli() ? false : 'the aws CLI is not installed'

describe('elastic load balancing', () => {
  let endpoint: LoadBalancingEndpoint

  before(async () => {
    endpoint = await startLoadBalancingEndpoint()
  })
  after(() => endpoint.close())

  test('tells its limits, page by page', async () => {
    const client = endpoint.client()
    const first = await client.send(new DescribeAccountLimitsCommand({ PageSize: 5 }))
    const rest = await client.send(new DescribeAccountLimitsCommand({ Marker: first.NextMarker }))
    const limits = [...(first.Limits ?? []), ...(rest.Limits ?? [])]
    assert.deepEqual(
      limits.find(({ Name }) => Name === 'targets-per-target-group'),
      { Name: 'targets-per-target-group', Max: '1000' },
    )
    assert.equal(rest.NextMarker, undefined)
  })

  test('is driven by the aws CLI', { skip }, async () => {
    const aws = (...args: string[]) => elbv2(endpoint.url, args)
    const group = '--protocol HTTP --port 80 --target-type ip --vpc-id vpc-1 --query TargetGroups[0]'
    const [loadBalancer, ...targetGroups] = await Promise.all([
      aws('create-load-balancer --name web --subnets s-1 s-2 --query LoadBalancers[0]'),
      aws(`create-target-group --name blue ${group}`),
      aws(`create-target-group --name green ${group}`),
    ])
    assert.equal(loadBalancer['DNSName'], 'localhost')
    const arn = String(loadBalancer['LoadBalancerArn'])
    const [blue, green] = targetGroups.map(({ TargetGroupArn }) => String(TargetGroupArn))
    await aws(`wait load-balancer-available --load-balancer-arns ${arn}`)

    const listener = await aws(
      `create-listener --load-balancer-arn ${arn} --protocol HTTP --port 26000 --query Listeners[0]`,
      `--default-actions Type=forward,TargetGroupArn=${blue}`,
    )
    const weighted = JSON.stringify([
      {
        Type: 'forward',
        ForwardConfig: {
          TargetGroups: [
            { TargetGroupArn: blue, Weight: 90 },
            { TargetGroupArn: green, Weight: 10 },
          ],
        },
      },
    ])
    const modified = await elbv2(endpoint.url, [
      `modify-listener --listener-arn ${String(listener['ListenerArn'])} --query Listeners[0].DefaultActions[0]`,
      '--default-actions',
      { verbatim: weighted },
    ])
    assert.deepEqual(Object.keys(modified), ['Type', 'ForwardConfig'])

    await aws(`register-targets --target-group-arn ${blue} --targets Id=10.0.0.1,Port=8001`)
    endpoint.router.tell()
    await aws(`wait target-in-service --target-group-arn ${blue} --targets Id=10.0.0.1,Port=8001`)
    await aws(`deregister-targets --target-group-arn ${blue} --targets Id=10.0.0.1,Port=8001`)
    endpoint.router.tell()
    await aws(`wait target-deregistered --target-group-arn ${blue} --targets Id=10.0.0.1,Port=8001`)

    await assert.rejects(aws(`delete-target-group --target-group-arn ${blue}`), /ResourceInUse.*currently in use/)
    await aws(`delete-load-balancer --load-balancer-arn ${arn}`)
    await aws(`delete-target-group --target-group-arn ${blue}`)
  })
})

type Argument = string | { readonly verbatim: string }

/** Runs `aws elbv2` with words, and texts that are one argument each; answers the JSON it printed, or `{}`. */
async function elbv2(url: string, args: readonly Argument[]): Promise<Record<string, unknown>> {
  const words = args.flatMap((each) => (typeof each === 'string' ? each.split(' ') : [each.verbatim]))
  const credentials = { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test', AWS_DEFAULT_REGION: 'eu-west-1' }
  const settings = { AWS_ENDPOINT_URL: url, AWS_MAX_ATTEMPTS: '1', AWS_PAGER: '', AWS_CONFIG_FILE: '/dev/null' }
  const env = { ...process.env, ...credentials, ...settings, AWS_SHARED_CREDENTIALS_FILE: '/dev/null' }
  const { stdout } = await run('aws', ['elbv2', '--output', 'json', ...words], { env })
  return JSON.parse(stdout === '' ? '{}' : stdout) as Record<string, unknown>
}

function hasAwsCli(): boolean {
  try {
    execFileSync('aws', ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
