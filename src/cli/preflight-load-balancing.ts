import type {
  Action,
  Listener,
  Rule,
  TargetGroup,
  TargetHealthDescription,
} from '@aws-sdk/client-elastic-load-balancing-v2'
import { thingOf } from '../domain/preflight/facts.ts'
import type {
  ListenerFacts,
  LoadBalancerFacts,
  Named,
  RouteFacts,
  TargetGroupFacts,
} from '../domain/preflight/facts.ts'
import { look } from './aws-clients.ts'
import type { AwsClients } from './aws-clients.ts'

export async function lookAtTargetGroups(
  clients: AwsClients,
  names: readonly string[],
): Promise<readonly Named<TargetGroupFacts>[]> {
  const { DescribeTargetGroupsCommand, DescribeTargetHealthCommand } =
    await import('@aws-sdk/client-elastic-load-balancing-v2')
  const looks = names.map(async (name): Promise<Named<TargetGroupFacts>> => {
    const looked = await look(clients, async () => {
      const { TargetGroups } = await clients.elb.send(new DescribeTargetGroupsCommand({ Names: [name] }))
      const group = TargetGroups?.[0]
      if (group?.TargetGroupArn === undefined) return undefined
      const health = await look(clients, () =>
        clients.elb.send(new DescribeTargetHealthCommand({ TargetGroupArn: group.TargetGroupArn })),
      )
      return targetGroupFacts(group, thingOf(health)?.TargetHealthDescriptions)
    }, ['TargetGroupNotFoundException', 'TargetGroupNotFound'])
    return { name, looked }
  })
  return Promise.all(looks)
}

function targetGroupFacts(
  group: TargetGroup,
  health: readonly TargetHealthDescription[] | undefined,
): TargetGroupFacts {
  return {
    targetGroupArn: group.TargetGroupArn ?? '',
    name: group.TargetGroupName ?? '',
    targetType: group.TargetType ?? '',
    protocol: group.Protocol ?? '',
    loadBalancerArns: group.LoadBalancerArns ?? [],
    healthCheck: {
      protocol: group.HealthCheckProtocol ?? '',
      port: group.HealthCheckPort ?? '',
      path: group.HealthCheckPath ?? '/',
      matcher: group.Matcher?.HttpCode ?? group.Matcher?.GrpcCode ?? '200',
    },
    ...(health === undefined
      ? {}
      : {
          targets: health.map(({ Target, TargetHealth }) => ({
            target: `${Target?.Id}:${Target?.Port}`,
            state: TargetHealth?.State ?? '',
            ...(TargetHealth?.Description === undefined ? {} : { description: TargetHealth.Description }),
          })),
        }),
  }
}

export async function lookAtListeners(
  clients: AwsClients,
  arns: readonly string[],
): Promise<readonly Named<ListenerFacts>[]> {
  const { DescribeListenersCommand, DescribeRulesCommand } = await import('@aws-sdk/client-elastic-load-balancing-v2')
  const looks = arns.map(async (name): Promise<Named<ListenerFacts>> => {
    const looked = await look(clients, async () => {
      const { Listeners } = await clients.elb.send(new DescribeListenersCommand({ ListenerArns: [name] }))
      const { Rules = [] } = await clients.elb.send(new DescribeRulesCommand({ ListenerArn: name }))
      return Listeners?.[0] === undefined ? undefined : listenerFacts(name, Listeners[0], Rules)
    }, ['ListenerNotFoundException', 'ListenerNotFound', 'ValidationError'])
    return { name, looked }
  })
  return Promise.all(looks)
}

function listenerFacts(listenerArn: string, listener: Listener, rules: readonly Rule[]): ListenerFacts {
  return {
    listenerArn,
    loadBalancerArn: listener.LoadBalancerArn ?? '',
    protocol: listener.Protocol ?? '',
    port: listener.Port ?? 0,
    routes: rules.map(({ Priority = 'default', Actions }) => routeFacts(Priority, Actions ?? [])),
  }
}

/** The last action of a rule is the one that answers; authentication may stand before it. */
function routeFacts(priority: string, actions: readonly Action[]): RouteFacts {
  const action = actions.at(-1)
  const weighted = action?.ForwardConfig?.TargetGroups ?? []
  const single = action?.TargetGroupArn === undefined ? [] : [{ targetGroupArn: action.TargetGroupArn, weight: 1 }]
  return {
    priority,
    action: action?.Type ?? '',
    targetGroups:
      weighted.length > 0
        ? weighted.map(({ TargetGroupArn = '', Weight = 1 }) => ({ targetGroupArn: TargetGroupArn, weight: Weight }))
        : single,
  }
}

export async function lookAtLoadBalancers(
  clients: AwsClients,
  listeners: readonly Named<ListenerFacts>[],
): Promise<readonly LoadBalancerFacts[]> {
  const arns = [...new Set(listeners.flatMap(({ looked }) => thingOf(looked)?.loadBalancerArn ?? []))]
  if (arns.length === 0) return []
  const { DescribeLoadBalancersCommand } = await import('@aws-sdk/client-elastic-load-balancing-v2')
  const looked = await look(clients, async () => {
    const { LoadBalancers = [] } = await clients.elb.send(new DescribeLoadBalancersCommand({ LoadBalancerArns: arns }))
    return LoadBalancers.map(({ LoadBalancerArn = '', Type = '', DNSName = '' }) => ({
      loadBalancerArn: LoadBalancerArn,
      type: Type,
      dnsName: DNSName,
    }))
  })
  return thingOf(looked) ?? []
}
