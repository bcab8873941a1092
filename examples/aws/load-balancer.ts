import {
  CreateListenerCommand,
  CreateLoadBalancerCommand,
  CreateTargetGroupCommand,
  DescribeListenersCommand,
  ElasticLoadBalancingV2Client,
  ModifyTargetGroupAttributesCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2'
import { given, unlessThere } from './place.ts'
import type { Place } from './place.ts'

export type LoadBalancer = {
  /** `http://…:8080`, without a slash at its end. */
  readonly productionUrl: string
  readonly testUrl: string
  readonly productionListener: string
  readonly testListener: string
  readonly blue: string
  readonly green: string
}

const elb = new ElasticLoadBalancingV2Client({})

/** A load balancer with two target groups, and a production and a test listener, both on the first of these. */
export async function createLoadBalancer(
  { name, healthCheckPath }: { readonly name: string; readonly healthCheckPath: string },
  place: Place,
): Promise<LoadBalancer> {
  const { LoadBalancers } = await elb.send(
    new CreateLoadBalancerCommand({ Name: name, Subnets: place.subnets, SecurityGroups: place.securityGroups }),
  )
  const loadBalancer = given(LoadBalancers?.[0])
  const arn = given(loadBalancer.LoadBalancerArn)
  const blue = await createTargetGroup(`${name}-blue`, healthCheckPath, place)
  const green = await createTargetGroup(`${name}-green`, healthCheckPath, place)
  return {
    productionUrl: `http://${loadBalancer.DNSName}:${place.productionPort}`,
    testUrl: `http://${loadBalancer.DNSName}:${place.testPort}`,
    productionListener: await createListener(arn, place.productionPort, blue),
    testListener: await createListener(arn, place.testPort, blue),
    blue,
    green,
  }
}

async function createTargetGroup(name: string, healthCheckPath: string, { vpc }: Place): Promise<string> {
  const { TargetGroups } = await elb.send(
    new CreateTargetGroupCommand({
      Name: name,
      Protocol: 'HTTP',
      Port: 80,
      VpcId: vpc,
      TargetType: 'ip',
      HealthCheckPath: healthCheckPath,
      HealthCheckIntervalSeconds: 5,
      HealthCheckTimeoutSeconds: 2,
      HealthyThresholdCount: 2,
      UnhealthyThresholdCount: 2,
    }),
  )
  const arn = given(TargetGroups?.[0]?.TargetGroupArn)
  const delay = { Key: 'deregistration_delay.timeout_seconds', Value: '10' }
  await elb.send(new ModifyTargetGroupAttributesCommand({ TargetGroupArn: arn, Attributes: [delay] }))
  return arn
}

/** Where one is on this port already it stays as it is: which group it leads to is CodeDeploy's business by then. */
async function createListener(loadBalancer: string, port: number, targetGroup: string): Promise<string> {
  const listener = {
    LoadBalancerArn: loadBalancer,
    Protocol: 'HTTP' as const,
    Port: port,
    DefaultActions: [{ Type: 'forward' as const, TargetGroupArn: targetGroup }],
  }
  await unlessThere(elb.send(new CreateListenerCommand(listener)), 'DuplicateListenerException')
  const { Listeners = [] } = await elb.send(new DescribeListenersCommand({ LoadBalancerArn: loadBalancer }))
  return given(Listeners.find(({ Port }) => Port === port)?.ListenerArn)
}
