import type * as sdk from '@aws-sdk/client-codedeploy'
import { AwsError } from '../../domain/aws-error.ts'
import type { TargetGroupPair } from '../../domain/code-deploy.ts'
import { counted } from '../../domain/counted.ts'
import { parseArn } from '../../domain/identifiers.ts'
import type { TargetGroup } from '../../domain/load-balancer.ts'
import { loadBalancersByTargetGroup } from '../../domain/routing-table-of.ts'
import type { Here } from './lookups.ts'
import { quoted } from './names.ts'

/**
 * Reads the target group pair of an ECS deployment group.
 * @throws AwsError InvalidLoadBalancerInfoException, InvalidTargetGroupPairException
 */
export function readLoadBalancerInfo(here: Here, info: sdk.LoadBalancerInfo | undefined): TargetGroupPair {
  if (info === undefined) throw invalidInfo('For ECS deployment group, loadBalancerInfo must be specified')
  if (info.elbInfoList?.length)
    throw invalidInfo('For ECS deployment group, loadBalancerInfo must not contain elbInfo list')
  if (info.targetGroupInfoList?.length) {
    throw invalidInfo('For ECS deployment group, loadBalancerInfo must not contain targetGroupInfo list')
  }
  const [pair, ...others] = info.targetGroupPairInfoList ?? []
  if (pair === undefined || others.length > 0) {
    throw invalidPair(`targetGroupPairInfoList has ${others.length + (pair ? 1 : 0)} entries; exactly one is needed`)
  }
  const targetGroupNames = readTargetGroupNames(here, pair.targetGroups ?? [])
  const prodListenerArn = readListener(here, 'prodTrafficRoute', pair.prodTrafficRoute)
  if (prodListenerArn === undefined) {
    throw invalidPair('prodTrafficRoute.listenerArns must have exactly one listener ARN and has none')
  }
  const testListenerArn = readListener(here, 'testTrafficRoute', pair.testTrafficRoute)
  if (testListenerArn === prodListenerArn) {
    throw invalidPair(
      'prodTrafficRoute and testTrafficRoute name the same listener. Give test traffic a listener of its own',
    )
  }
  const read = { targetGroupNames, prodListenerArn, ...(testListenerArn === undefined ? {} : { testListenerArn }) }
  checkOneLoadBalancer(here, read)
  return read
}

/** A target group belongs to one load balancer: behind the listeners of a pair there can be no other's. */
function checkOneLoadBalancer(here: Here, { targetGroupNames, prodListenerArn, testListenerArn }: TargetGroupPair) {
  const { listeners, rules } = here.store
  const loadBalancerArn = listeners.get(prodListenerArn)?.loadBalancerArn ?? ''
  const ofTest = listeners.get(testListenerArn ?? prodListenerArn)?.loadBalancerArn
  if (ofTest !== loadBalancerArn) {
    throw invalidPair('the listeners of prodTrafficRoute and testTrafficRoute belong to different load balancers')
  }
  const users = loadBalancersByTargetGroup({ listeners: listeners.list(), rules: rules.list() })
  for (const name of targetGroupNames) {
    const ofGroup = users.get(findTargetGroup(here, name)?.targetGroupArn ?? '') ?? []
    const other = [...ofGroup].find((each) => each !== loadBalancerArn)
    if (other === undefined) continue
    throw invalidPair(
      `the target group ${quoted(name)} is behind the load balancer ${other}, and the listener of prodTrafficRoute belongs to ` +
        `${loadBalancerArn}. Take a target group that no other load balancer uses`,
    )
  }
}

/** As GetDeploymentGroup and GetDeployment answer it. */
export function loadBalancerInfo({ targetGroupNames, prodListenerArn, testListenerArn }: TargetGroupPair) {
  return {
    targetGroupPairInfoList: [
      {
        targetGroups: targetGroupNames.map((name) => ({ name })),
        prodTrafficRoute: { listenerArns: [prodListenerArn] },
        ...(testListenerArn === undefined ? {} : { testTrafficRoute: { listenerArns: [testListenerArn] } }),
      },
    ],
  }
}

export function findTargetGroup({ store, call }: Here, name: string): TargetGroup | undefined {
  return store.targetGroups
    .list()
    .find((group) => group.name === name && parseArn(group.targetGroupArn)?.region === call.region)
}

function readTargetGroupNames(here: Here, groups: readonly sdk.TargetGroupInfo[]): readonly [string, string] {
  const names = groups.map(({ name }) => name ?? '')
  const [first, second] = names
  if (first === undefined || second === undefined || names.length > 2) {
    throw invalidPair(`targetGroups has ${counted(names.length, 'group')}; exactly two are needed, by name`)
  }
  if (first === second) throw invalidPair(`both targetGroups are ${quoted(first)}. Blue and green need one each`)
  for (const name of names) {
    if (findTargetGroup(here, name) === undefined) {
      const hint = name.startsWith('arn:') ? ' Pass the name, not the ARN' : ''
      throw invalidPair(`there is no target group with the name ${quoted(name)} in ${here.call.region}.${hint}`)
    }
  }
  return [first, second]
}

function readListener({ store, call }: Here, member: string, route: sdk.TrafficRoute | undefined): string | undefined {
  const [listenerArn, ...others] = route?.listenerArns ?? []
  if (listenerArn === undefined) return undefined
  if (others.length > 0) {
    throw invalidPair(`${member}.listenerArns has ${others.length + 1} listeners; exactly one is allowed`)
  }
  if (store.listeners.has(listenerArn) && parseArn(listenerArn)?.region === call.region) return listenerArn
  throw invalidInfo(
    `The listener ${quoted(listenerArn)} of ${member} does not exist in ${call.region}. Pass the ARN of an existing listener.`,
  )
}

function invalidInfo(message: string): AwsError {
  return new AwsError('InvalidLoadBalancerInfoException', message)
}

function invalidPair(reason: string): AwsError {
  return new AwsError(
    'InvalidTargetGroupPairException',
    'A deployment group associated with an application that uses the ECS compute platform must contain a valid pair of ' +
      `target groups that identify a load balancer. Here ${reason.replace(/\.$/, '')}.`,
  )
}
