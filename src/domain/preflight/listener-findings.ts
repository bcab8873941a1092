import { thingOf } from './facts.ts'
import type { GroupFacts, ListenerFacts, PreflightFacts, RouteFacts, ServiceFacts, TargetGroupFacts } from './facts.ts'
import { errorAt, listed, warningAt } from './finding.ts'
import type { Finding, FindingPlace } from './finding.ts'
import { placeOfGroup } from './service-findings.ts'

/** Whether the group's listeners are where a deployment has to find them: on the target group of the PRIMARY task set. */
export function listenerFindings(facts: PreflightFacts): readonly Finding[] {
  const group = thingOf(facts.group)
  if (group === undefined) return []
  const { prodListenerArn: production, testListenerArn: test } = group
  if (production === undefined) return [noProduction(group)]
  const isShared = production === test
  return [
    ...(isShared ? [sharedListener(group)] : []),
    ...facts.listeners.flatMap(({ name, looked }) => {
      if (looked.kind === 'absent') return [missingListener(name, group)]
      return looked.kind === 'found' ? routeFindings(facts, looked.thing, { isTest: name === test && !isShared }) : []
    }),
    ...elsewhereFindings(facts, group),
    ...loadBalancerFindings(facts),
  ]
}

function noProduction(group: GroupFacts): Finding {
  return errorAt('listener-missing', placeOfGroup(group, 'loadBalancerInfo', 'prodTrafficRoute'), {
    what: `The deployment group ${group.deploymentGroupName} has no production listener.`,
    why: 'There is nothing whose traffic could be shifted.',
    how: 'Give its target group pair a prodTrafficRoute with the ARN of a listener.',
  })
}

function sharedListener(group: GroupFacts): Finding {
  return errorAt('listener-shared', placeOfGroup(group, 'loadBalancerInfo', 'testTrafficRoute'), {
    what: 'The test listener is the production listener.',
    why: 'AllowTestTraffic would send all production traffic to green before anything has judged it.',
    how: 'Create a listener on another port for testTrafficRoute, or leave testTrafficRoute out.',
  })
}

function missingListener(listenerArn: string, group: GroupFacts): Finding {
  const route = listenerArn === group.testListenerArn ? 'testTrafficRoute' : 'prodTrafficRoute'
  return errorAt('listener-missing', placeOfGroup(group, 'loadBalancerInfo', route), {
    what: `The listener ${listenerArn} does not exist.`,
    why: 'The deployment fails when it prepares the load balancer (ELASTIC_LOAD_BALANCING_INVALID).',
    how: `Create a listener, and write its ARN into ${route} of the deployment group.`,
  })
}

type Role = { readonly isTest: boolean }

function routeFindings(facts: PreflightFacts, listener: ListenerFacts, { isTest }: Role): readonly Finding[] {
  const service = thingOf(facts.service)
  const pair = facts.targetGroups.flatMap(({ looked }) => (looked.kind === 'found' ? [looked.thing] : []))
  if (service?.primary === undefined || pair.length < 2) return []
  const blue = pair.find(({ targetGroupArn }) => service.primary?.targetGroupArns.includes(targetGroupArn))
  const green = pair.find((candidate) => candidate !== blue)
  if (blue === undefined || green === undefined) return []
  const sides = { blue, green }
  return [
    ...primaryFindings(listener, sides, { isTest }),
    ...mixedFindings(listener, sides, { isTest }),
    ...(isTest ? [] : aheadFindings(listener, sides, service)),
  ]
}

type Sides = { readonly blue: TargetGroupFacts; readonly green: TargetGroupFacts }

/**
 * A listener must forward to the PRIMARY's target group, with whatever weight; for the test listener either of the pair
 * will do.
 */
export function primaryFindings(
  listener: ListenerFacts,
  { blue, green }: { readonly blue: GroupName; readonly green: GroupName },
  { isTest }: Role,
): readonly Finding[] {
  if (isBehind(listener, blue) || (isTest && isBehind(listener, green))) return []
  const where: FindingPlace = { subject: 'Listener', id: listener.listenerArn, field: ['DefaultActions'] }
  const which = `The ${isTest ? 'test' : 'production'} listener on port ${listener.port}`
  const wanted = isTest ? `${blue.name} or ${green.name}` : `${blue.name}, the target group of the PRIMARY task set`
  const why =
    'The deployment fails before it changes anything: "Primary taskset target group must be behind listener" ' +
    '(ELASTIC_LOAD_BALANCING_INVALID).'
  const how = `aws elbv2 modify-listener --listener-arn ${listener.listenerArn} --default-actions Type=forward,TargetGroupArn=${blue.targetGroupArn}`
  const forwards = listener.routes.filter(({ targetGroups }) => targetGroups.length > 0)
  if (forwards.length === 0) {
    const actions = [...new Set(listener.routes.map(({ action }) => action))]
    return [
      errorAt('listener-not-forwarding', where, {
        what: `${which} forwards to no target group; it does ${listed(actions)}.`,
        why,
        how: `Name the listener that serves the traffic in the deployment group, or let this one forward: ${how}`,
      }),
    ]
  }
  const names = [...new Set(forwards.flatMap(({ targetGroups }) => targetGroups.map(nameOfGroup)))]
  return [
    errorAt('listener-not-on-primary', where, {
      what: `${which} forwards to ${listed(names)}, not to ${wanted}.`,
      why,
      how,
    }),
  ]
}

type GroupName = Pick<TargetGroupFacts, 'targetGroupArn' | 'name'>

/** A forward that mixes the pair with a third group: nobody could keep that one's share. */
function mixedFindings(
  { listenerArn, routes }: ListenerFacts,
  { blue, green }: Sides,
  { isTest }: Role,
): readonly Finding[] {
  const which = isTest ? 'test' : 'production'
  const pair = [blue.targetGroupArn, green.targetGroupArn]
  return routes.flatMap((route): readonly Finding[] => {
    const inPair = route.targetGroups.filter(({ targetGroupArn }) => pair.includes(targetGroupArn))
    const where: FindingPlace = { subject: 'Listener', id: listenerArn, field: [describeRoute(route)] }
    if (inPair.length > 0 && inPair.length < route.targetGroups.length) {
      const names = route.targetGroups.map(nameOfGroup)
      return [
        errorAt('listener-mixed', where, {
          what: `The ${describeRoute(route)} of the ${which} listener forwards to ${listed(names)}: to the pair and to others.`,
          why: 'The shares of the others could not be kept while the weights of the pair change: the deployment fails.',
          how: 'Give the other target groups rules of their own.',
        }),
      ]
    }
    return []
  })
}

/** Production traffic that green's group gets before any deployment has begun. */
function aheadFindings({ listenerArn, routes }: ListenerFacts, { blue, green }: Sides, service: ServiceFacts) {
  return routes.flatMap((route): readonly Finding[] => {
    const weightOf = ({ targetGroupArn }: TargetGroupFacts): number =>
      route.targetGroups.find((candidate) => candidate.targetGroupArn === targetGroupArn)?.weight ?? 0
    const [ofGreen, ofBlue] = [weightOf(green), weightOf(blue)]
    if (ofGreen === 0) return []
    const percentage = Math.round((100 * ofGreen) / (ofGreen + ofBlue))
    return [
      warningAt(
        'listener-not-on-primary',
        { subject: 'Listener', id: listenerArn, field: [describeRoute(route)] },
        {
          what: `The ${describeRoute(route)} of the production listener gives ${percentage} % of its traffic to ${green.name} already, which is not the target group of the PRIMARY task set of ${service.serviceName}.`,
          why: 'What a stopped deployment has left there serves until the next one begins, which first gives all traffic to blue.',
          how: `Give all weight to ${blue.name}, unless that is meant.`,
        },
      ),
    ]
  })
}

function elsewhereFindings({ listeners }: PreflightFacts, group: GroupFacts): readonly Finding[] {
  const listenerOf = (arn: string | undefined): ListenerFacts | undefined =>
    thingOf(listeners.find(({ name }) => name === arn)?.looked)
  const [production, test] = [listenerOf(group.prodListenerArn), listenerOf(group.testListenerArn)]
  if (production === undefined || test === undefined) return []
  if (production.loadBalancerArn === test.loadBalancerArn) return []
  return [
    errorAt('listener-elsewhere', placeOfGroup(group, 'loadBalancerInfo', 'testTrafficRoute'), {
      what: `The test listener on port ${test.port} is of the load balancer ${test.loadBalancerArn}; the production listener on port ${production.port} is of ${production.loadBalancerArn}.`,
      why: 'A target group is behind one load balancer: CreateDeploymentGroup refuses the two listeners, and a deployment fails.',
      how: 'Create a test listener on another port of the load balancer of the production listener, and name that.',
    }),
  ]
}

/** A Network Load Balancer cannot shift in parts; and both listeners must see the pair, so must their load balancers. */
function loadBalancerFindings({ loadBalancers, trafficRouting, listeners, group }: PreflightFacts): readonly Finding[] {
  const routing = thingOf(trafficRouting)
  const configName = thingOf(group)?.deploymentConfigName ?? ''
  if (routing === undefined || routing.type === 'AllAtOnce') return []
  const used = new Set(listeners.map(({ looked }) => thingOf(looked)?.loadBalancerArn))
  return loadBalancers
    .filter(({ loadBalancerArn, type }) => type === 'network' && used.has(loadBalancerArn))
    .map(({ loadBalancerArn }) =>
      errorAt(
        'load-balancer-type',
        { subject: 'LoadBalancer', id: loadBalancerArn, field: ['Type'] },
        {
          what: `The load balancer is a Network Load Balancer, and ${configName} shifts traffic in parts.`,
          why: 'Only an Application Load Balancer can: CodeDeploy refuses the configuration.',
          how: 'Use CodeDeployDefault.ECSAllAtOnce, or an Application Load Balancer.',
        },
      ),
    )
}

function isBehind({ routes }: ListenerFacts, { targetGroupArn }: GroupName): boolean {
  return routes.some(({ targetGroups }) => targetGroups.some((group) => group.targetGroupArn === targetGroupArn))
}

function describeRoute({ priority }: RouteFacts): string {
  return priority === 'default' ? 'default action' : `rule of priority ${priority}`
}

/** `arn:…:targetgroup/NAME/ID` → NAME */
function nameOfGroup({ targetGroupArn }: { readonly targetGroupArn: string }): string {
  return targetGroupArn.split('/')[1] ?? targetGroupArn
}
