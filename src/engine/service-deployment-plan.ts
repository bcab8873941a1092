import type { PlannedTaskSet } from '../domain/deployment.ts'
import { arn } from '../domain/identifiers.ts'
import type { ServiceDeployment, ServiceDeploymentPlan } from '../domain/service-deployment.ts'
import type { ServiceRevision } from '../domain/service-revision.ts'
import type { Service, ServiceLoadBalancer, TaskSet } from '../domain/service.ts'
import { failed } from './deployment-failure.ts'
import { forwardOf, foundPercentage, invalidNetworking, networkingFailure, ruleIsGone } from './rule-traffic.ts'
import { rolloutsOf } from './service-deployments.ts'
import type { Store } from './store.ts'

/**
 * Decides what a deployment that shifts traffic will do, before it changes anything: which revision is blue and which of
 * the two target groups green gets. Both follow what is live, never which group the client names first: the revision that
 * serves is blue, and green gets the group that does not serve. Where rules and tasks contradict one another nothing is done.
 * @throws DeploymentInterrupted
 */
export function planServiceDeployment(store: Store, deployment: ServiceDeployment): ServiceDeploymentPlan {
  const { service, revision, loadBalancer, rules } = found(store, deployment)
  checkAssociations(store, loadBalancer, rules)
  const groups = [loadBalancer.targetGroupArn, loadBalancer.advancedConfiguration?.alternateTargetGroupArn ?? '']
  const others = rolloutsOf(store, service.serviceArn).filter(({ taskSetId }) => taskSetId !== revision.taskSetId)
  const [one = '', other = ''] = groups
  const shareOfOther = foundPercentage(store, rules.production, pairOf(store, one, other))
  const shareOf = (group: string | undefined): number => {
    if (group === other) return shareOfOther
    return group === one ? 100 - shareOfOther : 0
  }
  const live = liveTaskSet(store, service, others, shareOf)
  if (live !== undefined) checkShares(store, live, others, rules.production, shareOf)
  const blueGroup = live === undefined ? other : groupOf(live)
  const greenGroup = blueGroup === one ? other : one
  const pair = pairOf(store, blueGroup, greenGroup)
  const { blue, green } = pair
  return {
    serviceArn: service.serviceArn,
    blue: { ...blue, taskSetId: live?.taskSetId ?? '' },
    green: { ...green, taskSetId: revision.taskSetId },
    prodListenerArn: rules.production,
    ...(rules.test === undefined ? {} : { testListenerArn: rules.test }),
    isFirst: live === undefined,
    needsReconcile: others.some((each) => each !== live),
    foundPercentages: {
      [rules.production]: foundPercentage(store, rules.production, pair),
      ...(rules.test === undefined ? {} : { [rules.test]: foundPercentage(store, rules.test, pair, 'Test') }),
    },
  }
}

type Rules = { readonly production: string; readonly test?: string }
type Found = {
  readonly service: Service
  readonly revision: ServiceRevision
  readonly loadBalancer: ServiceLoadBalancer
  readonly rules: Rules
}

function found(store: Store, { serviceArn, targetServiceRevision }: ServiceDeployment): Found {
  const service = store.services.get(serviceArn)
  const revision = store.serviceRevisions.get(targetServiceRevision.arn)
  const loadBalancer = revision?.loadBalancers[0]
  const { productionListenerRule: production, testListenerRule: test } = loadBalancer?.advancedConfiguration ?? {}
  if (service === undefined || revision === undefined || loadBalancer === undefined || production === undefined) {
    throw failed('INVALID_ECS_SERVICE', 'the service revision to deploy is not there any more.')
  }
  return { service, revision, loadBalancer, rules: { production, ...(test === undefined ? {} : { test }) } }
}

function checkAssociations(store: Store, loadBalancer: ServiceLoadBalancer, rules: Rules): void {
  const { targetGroupArn, advancedConfiguration } = loadBalancer
  const forwarded = [rules.production, ...(rules.test === undefined ? [] : [rules.test])].flatMap((rule) => {
    const groups = forwardOf(store, rule)
    if (groups === undefined) throw networkingFailure(ruleIsGone(store, rule))
    return groups.map((group) => group.targetGroupArn)
  })
  const missing = [targetGroupArn, advancedConfiguration?.alternateTargetGroupArn ?? ''].find(
    (group) => !forwarded.includes(group),
  )
  if (missing === undefined) return
  throw networkingFailure(
    `${invalidNetworking} Both targetGroup and alternateTargetGroup must be associated with the productionListenerRule ` +
      `or testListenerRule.: Target group ${missing} is not associated with either productionListenerRule or testListenerRule.`,
  )
}

/**
 * The revision that serves: of those with a part of the traffic one that is healthy, before one that was only ever
 * completed. A revision that never was either has nothing that traffic could be with.
 */
function liveTaskSet(
  store: Store,
  service: Service,
  taskSets: readonly TaskSet[],
  shareOf: (group: string | undefined) => number,
): TaskSet | undefined {
  const rank = (taskSet: TaskSet): number => {
    const hasShare = shareOf(groupOf(taskSet)) > 0
    return (hasShare ? 4 : 0) + (isHealthy(store, taskSet) ? 2 : 0) + (isCompleted(service, taskSet) ? 1 : 0)
  }
  const viable = taskSets.filter((taskSet) => isHealthy(store, taskSet) || isCompleted(service, taskSet))
  return viable.toSorted((a, b) => rank(b) - rank(a) || shareOf(groupOf(b)) - shareOf(groupOf(a)))[0]
}

/** What the service believes and what the rule says must be the same before any traffic is moved. */
function checkShares(
  store: Store,
  live: TaskSet,
  others: readonly TaskSet[],
  ruleArn: string,
  shareOf: (group: string | undefined) => number,
): void {
  const share = shareOf(groupOf(live))
  if (share === 0) {
    const serving = (forwardOf(store, ruleArn) ?? []).filter(({ weight }) => weight > 0)
    throw networkingFailure(
      `${invalidNetworking} Production listener rule ${ruleArn} forwards all traffic to ` +
        `${serving.map(({ targetGroupArn }) => nameOf(store, targetGroupArn)).join(', ')}, but the revision that is live, ` +
        `${live.taskSetId}, runs in ${nameOf(store, groupOf(live)) || 'no target group of the pair'}. Somebody else has changed ` +
        'the rule: forward it to where the tasks are and deploy again.',
    )
  }
  // Deployments that were stopped midway leave both sides with traffic, and tasks on both of them.
  const isShared = others.some((each) => groupOf(each) !== groupOf(live) && isHealthy(store, each))
  if (share === 100 || isShared) return
  throw networkingFailure(
    `${invalidNetworking} productionListenerRule ${ruleArn} should have exactly one target group serving traffic but ` +
      'found 2 target groups which are serving traffic',
  )
}

function isHealthy(store: Store, { taskSetId, serviceArn }: TaskSet): boolean {
  return store.tasks
    .ofService(serviceArn)
    .some(
      (task) =>
        task.taskSetId === taskSetId &&
        task.lastStatus === 'RUNNING' &&
        task.healthyAt !== undefined &&
        task.unhealthyAt === undefined,
    )
}

function isCompleted({ serviceArn, completedServiceRevision }: Service, { taskSetId, rollout }: TaskSet): boolean {
  return rollout?.state === 'COMPLETED' || arn.serviceRevision(serviceArn, taskSetId) === completedServiceRevision
}

function groupOf({ loadBalancers }: TaskSet): string {
  return loadBalancers[0]?.targetGroupArn ?? ''
}

function pairOf(store: Store, blue: string, green: string): { blue: PlannedTaskSet; green: PlannedTaskSet } {
  const side = (targetGroupArn: string): PlannedTaskSet => {
    const targetGroupName = nameOf(store, targetGroupArn)
    return { taskSetId: '', targetGroupArn, targetGroupName }
  }
  return { blue: side(blue), green: side(green) }
}

function nameOf(store: Store, targetGroupArn: string): string {
  return store.targetGroups.get(targetGroupArn)?.name ?? targetGroupArn
}
