import type * as sdk from '@aws-sdk/client-ecs'
import type { ServiceDeploymentConfiguration } from '../../domain/service-deployment-configuration.ts'
import { isOver } from '../../domain/service-deployment.ts'
import type { Service, ServiceLoadBalancer } from '../../domain/service.ts'
import { forwardOf, listenerOfRule } from '../../engine/rule-traffic.ts'
import { currentDeployment } from '../../engine/service-deployments.ts'
import type { Store } from '../../engine/store.ts'
import { defined } from './defined.ts'
import { invalidParameter, notSupported } from './errors.ts'

type Advanced = NonNullable<ServiceLoadBalancer['advancedConfiguration']>

/**
 * The other group of a pair and the listener rules that shift traffic between the two, as far as one entry tells.
 * @throws InvalidParameterException
 */
export function readAdvancedConfiguration(
  store: Store,
  targetGroupArn: string,
  given: sdk.AdvancedConfiguration,
): Advanced {
  const { alternateTargetGroupArn, productionListenerRule, testListenerRule, roleArn } = given
  if (!alternateTargetGroupArn) throw invalidParameter('advancedConfiguration needs an alternateTargetGroupArn.')
  if (!productionListenerRule) throw invalidParameter('advancedConfiguration needs a productionListenerRule.')
  if (!store.targetGroups.has(alternateTargetGroupArn)) {
    throw invalidParameter(`The target group with targetGroupArn ${alternateTargetGroupArn} does not exist.`)
  }
  if (alternateTargetGroupArn === targetGroupArn) {
    throw invalidParameter(`Duplicate targetGroupArn found: ${targetGroupArn}`)
  }
  checkRule('productionListenerRule', productionListenerRule)
  if (testListenerRule) checkRule('testListenerRule', testListenerRule)
  if (productionListenerRule === testListenerRule) {
    throw invalidParameter(
      `The following rules cannot be used as both production and test listener rules: ${productionListenerRule}`,
    )
  }
  if (!testListenerRule) checkBothBehind(store, productionListenerRule, [targetGroupArn, alternateTargetGroupArn])
  return {
    alternateTargetGroupArn,
    productionListenerRule,
    ...defined({ testListenerRule: testListenerRule || undefined, roleArn }),
  }
}

/**
 * What has to be so between the load balancers of a service and its strategy.
 * @throws InvalidParameterException, UnsupportedFeatureException
 */
export function checkTrafficConfiguration(
  loadBalancers: readonly ServiceLoadBalancer[],
  { strategy }: ServiceDeploymentConfiguration,
): void {
  const advanced = loadBalancers.filter(({ advancedConfiguration }) => advancedConfiguration !== undefined)
  if (advanced.length > 0 && advanced.length < loadBalancers.length) {
    throw invalidParameter('Either all or none of the provided loadBalancers must have advancedConfiguration defined')
  }
  if (strategy === 'ROLLING') return
  if (advanced.length < loadBalancers.length) {
    throw invalidParameter(
      'advancedConfiguration field is required for all loadBalancers when using a non-ROLLING deployment strategy',
    )
  }
  if (loadBalancers.length === 1) return
  throw notSupported(
    `deployment strategy ${strategy} with ${loadBalancers.length} loadBalancers`,
    'Give the service exactly one entry in loadBalancers, with the pair of target groups to shift traffic between.',
  )
}

/**
 * A rolling update stays in one target group, so it cannot begin while traffic is between two, nor in a group that gets
 * none of it: its last step would take away the tasks that serve.
 * @throws InvalidParameterException
 */
export function checkRollingUpdate(store: Store, before: Service, after: Service): void {
  if (after.deploymentConfiguration?.strategy !== 'ROLLING') return
  const running = currentDeployment(store, before)
  if (running !== undefined && !isOver(running) && running.deploymentConfiguration.strategy !== 'ROLLING') {
    throw invalidParameter(
      `A rolling update cannot replace a ${running.deploymentConfiguration.strategy} deployment that is ${running.status}. ` +
        'Wait for its end, or stop it with StopServiceDeployment.',
    )
  }
  for (const { advancedConfiguration, targetGroupArn } of before.loadBalancers) {
    const rule = advancedConfiguration?.productionListenerRule
    const serving = (rule === undefined ? [] : (forwardOf(store, rule) ?? [])).filter(({ weight }) => weight > 0)
    if (serving.length > 1) {
      throw invalidParameter(
        `A rolling update cannot begin while rule ${rule} forwards to two target groups. Deploy with strategy BLUE_GREEN first.`,
      )
    }
    const live = serving[0]?.targetGroupArn
    const kept = after.loadBalancers.find((entry) => entry.targetGroupArn === targetGroupArn)
    if (live === undefined || live === targetGroupArn || kept?.advancedConfiguration !== undefined) continue
    if (after.loadBalancers.some((entry) => entry.targetGroupArn === live)) continue
    throw invalidParameter(
      `The service serves from target group ${live}. Name that one in loadBalancers, or keep the advancedConfiguration.`,
    )
  }
}

/** `…:listener-rule/app/…`: the default rule has one, too. A listener's ARN is for Network Load Balancers. */
function checkRule(member: string, ruleArn: string): void {
  if (/^arn:[^:]+:elasticloadbalancing:[^:]+:[^:]*:listener-rule\/app\/.+/.test(ruleArn)) return
  throw invalidParameter(
    `${member} has an invalid ARN format. Must be RuleArn for ALB or ListenerArn for NLB. Got: ${ruleArn}`,
  )
}

function checkBothBehind(store: Store, ruleArn: string, pair: readonly string[]): void {
  if (listenerOfRule(store, ruleArn) === undefined) return // Its deployment says that it is missing, as on ECS.
  const groups = (forwardOf(store, ruleArn) ?? []).map(({ targetGroupArn }) => targetGroupArn)
  if (pair.every((group) => groups.includes(group))) return
  throw invalidParameter(
    'For Application LoadBalancer, testListenerRule is required when productionListenerRule is not associated with both ' +
      'targetGroup and alternateTargetGroup',
  )
}
