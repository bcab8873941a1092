import type { Action } from '@aws-sdk/client-elastic-load-balancing-v2'
import type { SeenForward } from '../view/service-status.ts'
import type { AwsClients } from './aws-clients.ts'

/** The rules, default ones too, that forward to any of these target groups, with their weights. */
export async function forwardsTo(
  { elb }: AwsClients,
  targetGroupArns: readonly string[],
): Promise<readonly SeenForward[]> {
  if (targetGroupArns.length === 0) return []
  const sdk = await import('@aws-sdk/client-elastic-load-balancing-v2')
  const { TargetGroups = [] } = await elb.send(
    new sdk.DescribeTargetGroupsCommand({ TargetGroupArns: [...targetGroupArns] }),
  )
  const loadBalancers = new Set(TargetGroups.flatMap(({ LoadBalancerArns = [] }) => LoadBalancerArns))
  const found: SeenForward[] = []
  for (const LoadBalancerArn of loadBalancers) {
    const { Listeners = [] } = await elb.send(new sdk.DescribeListenersCommand({ LoadBalancerArn }))
    for (const { ListenerArn, Port = 0 } of Listeners) {
      const { Rules = [] } = await elb.send(new sdk.DescribeRulesCommand({ ListenerArn }))
      const forwards = Rules.map(({ RuleArn = '', Actions = [] }): SeenForward => {
        return { port: Port, of: [ListenerArn ?? '', RuleArn], weights: weightsOf(Actions) }
      })
      found.push(...forwards.filter(({ weights }) => isTo(weights, targetGroupArns)))
    }
  }
  return found.toSorted((one, other) => one.port - other.port)
}

function weightsOf(actions: readonly Action[]): Readonly<Record<string, number>> {
  const groups = actions.flatMap(({ ForwardConfig }) => ForwardConfig?.TargetGroups ?? [])
  if (groups.length > 0) {
    const total = groups.reduce((sum, { Weight = 1 }) => sum + Weight, 0)
    // One group alone gets all, whatever its weight.
    return Object.fromEntries(
      groups.map(({ TargetGroupArn = '', Weight = 1 }) => [
        TargetGroupArn,
        total === 0 && groups.length === 1 ? 1 : Weight,
      ]),
    )
  }
  return Object.fromEntries(
    actions.flatMap(({ TargetGroupArn }) => (TargetGroupArn === undefined ? [] : [[TargetGroupArn, 1]])),
  )
}

function isTo(weights: Readonly<Record<string, number>>, targetGroupArns: readonly string[]): boolean {
  return Object.keys(weights).some((arn) => targetGroupArns.includes(arn))
}
