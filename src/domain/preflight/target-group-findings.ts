import { matchesStatusCode } from '../health-check.ts'
import { thingOf } from './facts.ts'
import type { HealthAnswer, HealthCheckFacts, PreflightFacts, ServiceFacts, TargetGroupFacts } from './facts.ts'
import { errorAt, listed, warningAt } from './finding.ts'
import type { Finding, FindingPlace } from './finding.ts'
import { placeOfGroup } from './service-findings.ts'

/** Whether the pair of target groups can take turns, and what their health checks would find. */
export function targetGroupFindings(facts: PreflightFacts): readonly Finding[] {
  const pair = facts.targetGroups.flatMap(({ looked }) => (looked.kind === 'found' ? [looked.thing] : []))
  const service = thingOf(facts.service)
  const blue = pair.find(({ targetGroupArn }) => service?.primary?.targetGroupArns.includes(targetGroupArn))
  const green = blue === undefined ? undefined : pair.find((candidate) => candidate !== blue)
  return [
    ...missingFindings(facts),
    ...typeFindings(facts, pair),
    ...(pair.length === 2 && service?.primary !== undefined && blue === undefined ? [foreign(facts, service)] : []),
    ...unattachedFindings(facts, pair, blue),
    ...pair.flatMap(protocolFindings),
    ...(blue === undefined ? [] : healthFindings(blue)),
    ...(blue === undefined || green === undefined ? [] : differenceFindings(blue, green)),
    ...(green === undefined || service === undefined ? [] : leftoverFindings(green, service)),
    ...(facts.healthAnswer === undefined || green === undefined ? [] : answerFindings(facts.healthAnswer, green)),
  ]
}

function missingFindings({ targetGroups, group }: PreflightFacts): readonly Finding[] {
  const settings = thingOf(group)
  if (settings === undefined) return []
  return targetGroups.flatMap(({ name, looked }) =>
    looked.kind === 'absent'
      ? [
          errorAt('target-group-missing', placeOfGroup(settings, 'loadBalancerInfo', 'targetGroups'), {
            what: `There is no target group ${name}.`,
            why: 'The deployment fails at once (ELASTIC_LOAD_BALANCING_INVALID).',
            how: 'Create it with the settings of the other one, or name another in the deployment group.',
          }),
        ]
      : [],
  )
}

/** Tasks with an address of their own are registered by address, others by instance. */
function typeFindings({ taskDefinition }: PreflightFacts, pair: readonly TargetGroupFacts[]): readonly Finding[] {
  const definition = thingOf(taskDefinition)
  if (definition === undefined) return []
  const wanted = definition.networkMode === 'awsvpc' ? 'ip' : 'instance'
  return pair
    .filter(({ targetType }) => targetType !== wanted)
    .map((group) =>
      errorAt('target-type', at(group, 'TargetType'), {
        what: `The target type of ${group.name} is ${group.targetType}; tasks of network mode ${definition.networkMode} need ${wanted}.`,
        why: 'ECS refuses the task set that is to register there: the deployment fails in Install.',
        how: `A target group keeps its type: create another one with --target-type ${wanted}, and name it in the deployment group.`,
      }),
    )
}

function foreign({ group }: PreflightFacts, { serviceArn, serviceName, primary }: ServiceFacts): Finding {
  const bound = (primary?.targetGroupArns ?? []).map((arn) => arn.split('/')[1] ?? arn)
  return errorAt(
    'target-group-foreign',
    { subject: 'Service', id: serviceArn, field: ['taskSets', 'loadBalancers'] },
    {
      what: `The PRIMARY task set of ${serviceName} is in ${listed(bound, 'no target group')}, which is not one of the pair ${listed(thingOf(group)?.targetGroupNames ?? [])}.`,
      why: 'CodeDeploy cannot tell which of the pair is blue: the deployment fails at once.',
      how: "Name the service's target group in the deployment group's pair.",
    },
  )
}

/** Green's group may have no listener yet: CodeDeploy puts it behind the production listener. Blue's must have one. */
function unattachedFindings(
  facts: PreflightFacts,
  pair: readonly TargetGroupFacts[],
  blue: TargetGroupFacts | undefined,
): readonly Finding[] {
  const elsewhere = elsewhereFindings(facts, pair)
  if (elsewhere.length > 0) return elsewhere
  const arns = pair.map(({ loadBalancerArns }) => loadBalancerArns[0])
  const [one, other] = arns
  if (one !== undefined && other !== undefined && one !== other) {
    const [first, second] = pair
    return [
      errorAt(
        'target-group-unattached',
        second === undefined ? { subject: 'TargetGroup' } : at(second, 'LoadBalancerArns'),
        {
          what: `The target groups ${first?.name} and ${second?.name} are behind different load balancers.`,
          why: 'Traffic is shifted between them by one listener: the deployment fails.',
          how: 'Create the second target group anew, and let only listeners of the first load balancer forward to it.',
        },
      ),
    ]
  }
  if (blue === undefined || blue.loadBalancerArns.length > 0) return []
  return [
    errorAt('target-group-unattached', at(blue, 'LoadBalancerArns'), {
      what: `No listener forwards to ${blue.name}, the target group of the PRIMARY task set.`,
      why: 'The deployment fails: "Primary taskset target group must be behind listener".',
      how: `Let the production listener forward to ${blue.name}.`,
    }),
  ]
}

/** Those behind another load balancer than that of the production listener, which shifts the traffic between them. */
function elsewhereFindings(
  { group, listeners }: PreflightFacts,
  pair: readonly TargetGroupFacts[],
): readonly Finding[] {
  const production = listeners.find(({ name }) => name === thingOf(group)?.prodListenerArn)
  const { loadBalancerArn, port } = thingOf(production?.looked) ?? {}
  if (loadBalancerArn === undefined) return []
  return pair.flatMap((each) => {
    const other = each.loadBalancerArns.find((arn) => arn !== loadBalancerArn)
    if (other === undefined) return []
    return [
      errorAt('target-group-unattached', at(each, 'LoadBalancerArns'), {
        what: `The target group ${each.name} is behind the load balancer ${other}; the production listener on port ${port} is of ${loadBalancerArn}.`,
        why: 'A target group is behind one load balancer: CreateDeploymentGroup refuses the pair, and a deployment fails.',
        how: `Name a target group that no other load balancer uses, or let no listener of that one forward to ${each.name}.`,
      }),
    ]
  })
}

/** Whatever listens on a port speaks TLS there, or does not. */
function protocolFindings(group: TargetGroupFacts): readonly Finding[] {
  const { targetGroupArn, name, protocol, healthCheck } = group
  // Those of Network Load Balancers may be checked by another protocol on the same port.
  const isHttp = protocol === 'HTTP' || protocol === 'HTTPS'
  if (!isHttp || healthCheck.port !== 'traffic-port' || healthCheck.protocol === protocol) return []
  return [
    warningAt('target-group-protocol', at(group, 'HealthCheckProtocol'), {
      what: `Requests come to the targets of ${name} by ${protocol}, and health checks on the same port by ${healthCheck.protocol}.`,
      why: 'Unless tasks speak both there, they never become healthy, or every request is answered 502.',
      how: `Make them the same: aws elbv2 modify-target-group --target-group-arn ${targetGroupArn} --health-check-protocol ${protocol}`,
    }),
  ]
}

function healthFindings(blue: TargetGroupFacts): readonly Finding[] {
  const targets = blue.targets ?? []
  const bad = targets.filter(({ state }) => state === 'unhealthy' || state === 'unavailable')
  const [first] = bad
  if (first === undefined) return []
  const because = first.description === undefined ? '' : `: ${first.description.replace(/\.$/, '')}`
  return [
    warningAt('blue-unhealthy', at(blue, 'HealthCheckPath'), {
      what: `${bad.length} of ${targets.length} targets of ${blue.name}, which serve now, are not healthy; ${first.target} is ${first.state}${because}.`,
      why: 'A rollback would return to them; and the same check may fail on green, whose tasks have to pass within 60 minutes.',
      how: `See \`aws elbv2 describe-target-health --target-group-arn ${blue.targetGroupArn}\`, and mend the service first.`,
    }),
  ]
}

function differenceFindings(blue: TargetGroupFacts, green: TargetGroupFacts): readonly Finding[] {
  return [...protocolDifference(blue, green), ...healthCheckDifferences(blue, green)]
}

function protocolDifference(blue: TargetGroupFacts, green: TargetGroupFacts): readonly Finding[] {
  if (blue.protocol === green.protocol) return []
  return [
    warningAt('target-group-protocol', at(green, 'Protocol'), {
      what: `Protocol is ${green.protocol} on ${green.name} and ${blue.protocol} on ${blue.name}.`,
      why: 'The groups take turns: the same version would answer in one deployment and not in the next.',
      how: `A target group keeps its protocol: create another one with --protocol ${blue.protocol}, and name it in the deployment group.`,
    }),
  ]
}

function healthCheckDifferences(blue: TargetGroupFacts, green: TargetGroupFacts): readonly Finding[] {
  const members: readonly (readonly [keyof HealthCheckFacts, string])[] = [
    ['path', 'HealthCheckPath'],
    ['port', 'HealthCheckPort'],
    ['protocol', 'HealthCheckProtocol'],
    ['matcher', 'Matcher'],
  ]
  return members
    .filter(([member]) => blue.healthCheck[member] !== green.healthCheck[member])
    .map(([member, field]) =>
      warningAt('health-check-differs', at(green, field), {
        what: `${field} is ${green.healthCheck[member]} on ${green.name} and ${blue.healthCheck[member]} on ${blue.name}.`,
        why: 'The groups take turns: the same version would be healthy in one deployment and not in the next.',
        how: `Make them the same: aws elbv2 modify-target-group --target-group-arn ${green.targetGroupArn}`,
      }),
    )
}

/** Targets in green's group that belong to no task set of the service: nobody will take them out. */
function leftoverFindings(green: TargetGroupFacts, service: ServiceFacts): readonly Finding[] {
  const targets = (green.targets ?? []).filter(({ state }) => state !== 'draining')
  if (targets.length === 0 || service.boundTargetGroupArns.includes(green.targetGroupArn)) return []
  return [
    warningAt('green-not-empty', at(green, 'Targets'), {
      what: `${green.name}, which is to be green's, already has ${targets.length === 1 ? 'a target' : `${targets.length} targets`} of no task set of ${service.serviceName}: ${listed(targets.slice(0, 3).map(({ target }) => target))}.`,
      why: 'They would get a share of the traffic that is meant for the new version.',
      how: `Take them out: aws elbv2 deregister-targets --target-group-arn ${green.targetGroupArn}`,
    }),
  ]
}

function answerFindings({ url, statusCode }: HealthAnswer, green: TargetGroupFacts): readonly Finding[] {
  const { path, matcher } = green.healthCheck
  if (matchesStatusCode(matcher, statusCode)) return []
  return [
    warningAt('health-check-answer', at(green, 'HealthCheckPath'), {
      what: `${url} answers ${statusCode} now; the health check of ${green.name} wants ${matcher} at ${path}.`,
      why: 'Unless the new version answers there, green never becomes healthy: the deployment fails after 60 minutes.',
      how: `Check the path: aws elbv2 modify-target-group --target-group-arn ${green.targetGroupArn} --health-check-path /PATH`,
    }),
  ]
}

function at({ targetGroupArn }: TargetGroupFacts, field: string): FindingPlace {
  return { subject: 'TargetGroup', id: targetGroupArn, field: [field] }
}
