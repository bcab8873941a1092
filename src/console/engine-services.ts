import type { Deployment } from '../domain/deployment.ts'
import { lastPart, parseArn } from '../domain/identifiers.ts'
import type { Service } from '../domain/service.ts'
import type { RouterReport } from '../domain/router-report.ts'
import { verdictOf } from '../domain/traffic-account.ts'
import type { Engine } from '../engine/engine.ts'
import { listenerOfRule } from '../engine/rule-traffic.ts'
import { trafficWeight } from '../engine/traffic-route.ts'
import { codeDeployRow, serviceRow } from './deployment-rows.ts'
import { listenerUrl } from './engine-view-parts.ts'
import type { DeploymentRow, ServiceSide, ServiceView, SideName } from './views.ts'

type ReadEngine = Pick<Engine, 'store' | 'loadBalancing' | 'services' | 'settings' | 'clock'>

/** Requests of each target group, as the load balancer had counted them at a moment. */
export type Counted = {
  readonly at: number
  readonly byGroup: ReadonlyMap<string, { answered: number; failed: number }>
}

export function countedNow(report: RouterReport | undefined, at: number): Counted {
  const byGroup = new Map<string, { answered: number; failed: number }>()
  for (const { targetGroupArn, outcome, count } of report?.counts ?? []) {
    if (targetGroupArn === undefined) continue
    const sum = byGroup.get(targetGroupArn) ?? { answered: 0, failed: 0 }
    if (verdictOf(outcome) === 'failed') sum.failed += count
    else sum.answered += count
    byGroup.set(targetGroupArn, sum)
  }
  return { at, byGroup }
}

/** The pair of a service, or its one target group, and what is known of the traffic to it. */
type Pair = {
  readonly route: string | undefined
  readonly groups: readonly { readonly arn: string; readonly side: SideName }[]
  readonly last: DeploymentRow | undefined
  readonly controller: string
}

export function serviceView(
  engine: ReadEngine,
  service: Service,
  rates: { readonly before: Counted | undefined; readonly now: Counted },
  lastCodeDeploy: ReadonlyMap<string, Deployment>,
): ServiceView {
  const { store, services } = engine
  const pair =
    service.deploymentController === 'CODE_DEPLOY'
      ? codeDeployPair(engine, service, lastCodeDeploy)
      : ecsPair(engine, service)
  const taskSets = store.taskSets.ofService(service.serviceArn)
  return {
    arn: service.serviceArn,
    name: service.serviceName,
    cluster: lastPart(service.clusterArn),
    region: parseArn(service.serviceArn)?.region ?? '',
    controller: pair.controller,
    desiredCount: service.desiredCount,
    runningCount: taskSets.reduce((sum, { taskSetArn }) => sum + services.counts(taskSetArn).running, 0),
    sides: pair.groups.map((group) => sideView(engine, group, pair.route, rates)),
    listeners: listenersOf(engine, pair),
    lastDeployment: pair.last,
  }
}

function sideView(
  { store, loadBalancing }: ReadEngine,
  { arn, side }: Pair['groups'][number],
  route: string | undefined,
  { before, now }: { readonly before: Counted | undefined; readonly now: Counted },
): ServiceSide {
  const group = store.targetGroups.get(arn)
  const bound = store.taskSets.ofTargetGroup(arn).filter(({ status }) => status !== 'DRAINING')
  // What has failed is there beside what serves on.
  const running = bound.findLast(({ rollout }) => rollout?.state !== 'FAILED') ?? bound.at(-1)
  const seconds = before === undefined ? 0 : (now.at - before.at) / 1000
  const rate = (which: 'answered' | 'failed'): number | undefined => {
    const [earlier, later] = [before?.byGroup.get(arn)?.[which] ?? 0, now.byGroup.get(arn)?.[which] ?? 0]
    return seconds < 0.05 ? undefined : Math.max(0, (later - earlier) / seconds)
  }
  const [answered, failed] = [rate('answered'), rate('failed')]
  return {
    side,
    targetGroup: group?.name ?? lastPart(arn),
    taskDefinition: running === undefined ? undefined : lastPart(running.taskDefinition),
    weight: route === undefined ? 0 : trafficWeight(store, route, arn),
    healthy: loadBalancing.healthyTargetCount(arn),
    targets: group?.targets.length ?? 0,
    requestsPerSecond: answered === undefined ? undefined : answered + (failed ?? 0),
    failuresPerSecond: failed,
  }
}

/** The roles of the last deployment: until the next one, green is what it brought. */
function codeDeployPair({ store }: ReadEngine, service: Service, last: ReadonlyMap<string, Deployment>): Pair {
  const deployment = last.get(service.serviceArn)
  const [cluster, region] = [lastPart(service.clusterArn), parseArn(service.serviceArn)?.region]
  const settings =
    deployment?.group ??
    store.deploymentGroups
      .list()
      .find(
        (each) =>
          each.region === region &&
          lastPart(each.ecsService.serviceName) === service.serviceName &&
          lastPart(each.ecsService.clusterName) === cluster,
      )
  const own = service.loadBalancers.map(({ targetGroupArn }) => targetGroupArn)
  const named = (settings?.targetGroupPair.targetGroupNames ?? []).flatMap((name) =>
    store.targetGroups
      .named(name)
      .flatMap(({ targetGroupArn }) => (parseArn(targetGroupArn)?.region === region ? [targetGroupArn] : [])),
  )
  const arns = named.length === 0 ? own : named
  const greenArn = deployment?.plan?.green.targetGroupArn ?? arns[1]
  return {
    route: settings?.targetGroupPair.prodListenerArn ?? routeTo(store, own[0]),
    groups: arns
      .map((arn) => ({ arn, side: arn === greenArn ? ('green' as const) : ('blue' as const) }))
      .toSorted(bySide),
    last: deployment === undefined ? undefined : codeDeployRow(deployment),
    controller: 'CodeDeploy',
  }
}

function ecsPair({ store }: ReadEngine, service: Service): Pair {
  const last = store.serviceDeployments.ofService(service.serviceArn).at(-1)
  const strategy = last?.deploymentConfiguration.strategy ?? service.deploymentConfiguration?.strategy ?? 'ROLLING'
  const [balancer] = service.loadBalancers
  const advanced = balancer?.advancedConfiguration
  const arns = [balancer?.targetGroupArn, advanced?.alternateTargetGroupArn].filter((arn) => arn !== undefined)
  const planned = store.serviceDeployments
    .ofService(service.serviceArn)
    .findLast(({ plan }) => plan !== undefined)?.plan
  const greenArn = planned?.green.targetGroupArn ?? (arns.length > 1 ? arns[1] : undefined)
  const controllers = {
    ROLLING: 'ECS rolling',
    BLUE_GREEN: 'ECS blue/green',
    LINEAR: 'ECS linear',
    CANARY: 'ECS canary',
  }
  return {
    route: planned?.prodListenerArn ?? advanced?.productionListenerRule ?? routeTo(store, arns[0]),
    groups: arns
      .map((arn) => ({ arn, side: arn === greenArn ? ('green' as const) : ('blue' as const) }))
      .toSorted(bySide),
    last: last === undefined ? undefined : serviceRow(last),
    controller: service.deploymentController === 'EXTERNAL' ? 'external' : controllers[strategy],
  }
}

const bySide = (one: { readonly side: SideName }, other: { readonly side: SideName }): number =>
  one.side.localeCompare(other.side)

/** A listener that forwards to the group. */
function routeTo(store: Engine['store'], arn: string | undefined): string | undefined {
  if (arn === undefined) return undefined
  return store.listeners.list().find(({ listenerArn }) => trafficWeight(store, listenerArn, arn) > 0)?.listenerArn
}

function listenersOf({ store, settings }: ReadEngine, { route }: Pair): readonly string[] {
  if (route === undefined) return []
  const listener = store.listeners.get(store.listeners.has(route) ? route : (listenerOfRule(store, route) ?? ''))
  if (listener === undefined) return []
  return [listenerUrl(listener, settings.listenHost)]
}
