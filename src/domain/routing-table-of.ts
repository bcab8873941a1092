import type { Certificate } from './certificate.ts'
import { listenerTls } from './listener-tls.ts'
import { clientKeepAliveSeconds, deregistrationDelaySeconds, idleTimeoutSeconds } from './load-balancer-attributes.ts'
import { loadBalancerRouteOf } from './load-balancer-route-of.ts'
import type { Listener, ListenerAction, ListenerRule, LoadBalancer, TargetGroup } from './load-balancer.ts'
import { requestHandlingOf } from './request-handling-of.ts'
import type { ListenerRoute, RouteAction, RoutingTable, RuleRoute, TargetGroupRoute } from './routing-table.ts'
import { targetBalancingOf } from './target-balancing-of.ts'

/** What the load balancers of all regions are made of: the source of the one routing table. */
export type LoadBalancing = {
  readonly loadBalancers: readonly LoadBalancer[]
  readonly listeners: readonly Listener[]
  readonly rules: readonly ListenerRule[]
  readonly targetGroups: readonly TargetGroup[]
  /** Those which listeners name; others may be among them. */
  readonly certificates?: readonly Certificate[]
  /** How long a file of an access log is written; absent means five minutes. */
  readonly accessLogPeriodMilliseconds?: number
}

/**
 * The table by which the router serves. Only target groups which a rule or a default action names are in it: as on AWS,
 * the others get no requests and no health checks. What is made of the same objects is the same object in every table, so
 * that what is different is seen without looking into everything.
 */
export function routingTableOf(source: LoadBalancing, version: number): RoutingTable {
  const referenced = referencedTargetGroups(source)
  const loadBalancers = new Map(source.loadBalancers.map((each) => [each.loadBalancerArn, each]))
  const rules = Map.groupBy(source.rules, ({ listenerArn }) => listenerArn)
  const { certificates = [], accessLogPeriodMilliseconds } = source
  const targetGroups = source.targetGroups.filter(({ targetGroupArn }) => referenced.has(targetGroupArn))
  return {
    version,
    listeners: source.listeners.flatMap((listener) => {
      const loadBalancer = loadBalancers.get(listener.loadBalancerArn)
      const own = rules.get(listener.listenerArn) ?? []
      const origin = { listener, loadBalancer, rules: own, certificates, accessLogPeriodMilliseconds }
      return rememberedListenerRoute(origin) ?? []
    }),
    targetGroups: new Map(targetGroups.map((group) => [group.targetGroupArn, targetGroupRoute(group)])),
  }
}

/** The ARNs of the target groups which any action names; weight 0 counts, as on AWS. */
export function referencedTargetGroups({
  listeners,
  rules,
}: Pick<LoadBalancing, 'listeners' | 'rules'>): ReadonlySet<string> {
  const actions = [
    ...listeners.flatMap((listener) => listener.defaultActions),
    ...rules.flatMap((rule) => rule.actions),
  ]
  return new Set(actions.flatMap(targetGroupsOfAction))
}

/** By target group, the load balancers whose listeners and rules name it: one at most, as on AWS. */
export function loadBalancersByTargetGroup({
  listeners,
  rules,
}: Pick<LoadBalancing, 'listeners' | 'rules'>): ReadonlyMap<string, ReadonlySet<string>> {
  const loadBalancerOf = new Map(listeners.map(({ listenerArn, loadBalancerArn }) => [listenerArn, loadBalancerArn]))
  const users = new Map<string, Set<string>>()
  const note = (listenerArn: string, actions: readonly ListenerAction[]): void => {
    const loadBalancerArn = loadBalancerOf.get(listenerArn)
    if (loadBalancerArn === undefined) return
    for (const targetGroupArn of actions.flatMap(targetGroupsOfAction)) {
      users.set(targetGroupArn, (users.get(targetGroupArn) ?? new Set()).add(loadBalancerArn))
    }
  }
  for (const { listenerArn, defaultActions } of listeners) note(listenerArn, defaultActions)
  for (const { listenerArn, actions } of rules) note(listenerArn, actions)
  return users
}

export function targetGroupsOfAction(action: ListenerAction): readonly string[] {
  return action.type === 'forward' ? action.targetGroups.map(({ targetGroupArn }) => targetGroupArn) : []
}

/** Everything that a listener's route is made of. */
type ListenerOrigin = {
  readonly listener: Listener
  readonly loadBalancer: LoadBalancer | undefined
  readonly rules: readonly ListenerRule[]
  readonly certificates: readonly Certificate[]
  readonly accessLogPeriodMilliseconds: number | undefined
}

const listenerRoutes = new WeakMap<
  Listener,
  { readonly made: readonly unknown[]; readonly route: ListenerRoute | undefined }
>()

function rememberedListenerRoute(origin: ListenerOrigin): ListenerRoute | undefined {
  const { listener, loadBalancer, rules, certificates, accessLogPeriodMilliseconds } = origin
  const made = [
    loadBalancer,
    accessLogPeriodMilliseconds,
    ...rules,
    ...(listener.protocol === 'HTTPS' ? certificates : []),
  ]
  const known = listenerRoutes.get(listener)
  if (known?.made.length === made.length && made.every((each, at) => each === known.made[at])) return known.route
  const route = listenerRoute(origin)
  listenerRoutes.set(listener, { made, route })
  return route
}

function listenerRoute({
  listener,
  loadBalancer,
  rules,
  certificates,
  accessLogPeriodMilliseconds,
}: ListenerOrigin): ListenerRoute | undefined {
  if (loadBalancer === undefined) return undefined
  const tls = listenerTls(listener, loadBalancer, certificates)
  // What was to be encrypted is never served in the clear.
  if (listener.protocol === 'HTTPS' && tls === undefined) return undefined
  const handling = requestHandlingOf(loadBalancer, listener)
  return {
    listenerArn: listener.listenerArn,
    port: listener.port,
    rules: rules.toSorted((one, other) => one.priority - other.priority).map(ruleRoute),
    defaultAction: decidingAction(listener.defaultActions),
    idleTimeoutSeconds: idleTimeoutSeconds(loadBalancer),
    clientKeepAliveSeconds: clientKeepAliveSeconds(loadBalancer),
    ...(tls === undefined ? {} : { tls }),
    ...(handling === undefined ? {} : { handling }),
    loadBalancer: {
      ...loadBalancerRouteOf(loadBalancer),
      ...(accessLogPeriodMilliseconds === undefined ? {} : { accessLogPeriodMilliseconds }),
    },
  }
}

function ruleRoute({ priority, conditions, actions, transforms }: ListenerRule): RuleRoute {
  const action = decidingAction(actions)
  return { priority, conditions, action, ...(transforms === undefined ? {} : { transforms }) }
}

/** The last action in order is the one that routes: forward, redirect or fixed-response. */
function decidingAction(actions: readonly ListenerAction[]): RouteAction {
  const last = actions.toSorted((one, other) => (one.order ?? 0) - (other.order ?? 0)).at(-1)
  if (last === undefined) throw new RangeError('a rule has at least one action')
  switch (last.type) {
    case 'forward':
      return { type: 'forward', targetGroups: last.targetGroups, ...stickinessOf(last) }
    case 'redirect': {
      const { protocol, port, host, path, query } = last
      return {
        type: 'redirect',
        protocol,
        port,
        host,
        path,
        query,
        statusCode: last.statusCode === 'HTTP_301' ? 301 : 302,
      }
    }
    case 'fixed-response':
      return {
        type: 'fixed-response',
        statusCode: Number(last.statusCode),
        contentType: last.contentType ?? 'text/plain',
        messageBody: last.messageBody ?? '',
      }
    default:
      return last satisfies never
  }
}

function stickinessOf({ stickinessEnabled, stickinessDurationSeconds }: Extract<ListenerAction, { type: 'forward' }>) {
  const isOn = stickinessEnabled === true && stickinessDurationSeconds !== undefined
  return isOn ? { stickinessSeconds: stickinessDurationSeconds } : {}
}

const targetGroupRoutes = new WeakMap<TargetGroup, TargetGroupRoute>()

function targetGroupRoute(group: TargetGroup): TargetGroupRoute {
  const known = targetGroupRoutes.get(group)
  if (known !== undefined) return known
  const balancing = targetBalancingOf(group)
  const route: TargetGroupRoute = {
    targetGroupArn: group.targetGroupArn,
    ...(group.protocol === 'HTTPS' ? { protocol: group.protocol } : {}),
    healthCheck: group.healthCheck,
    deregistrationDelaySeconds: deregistrationDelaySeconds(group),
    targets: group.targets.map(({ id, port, draining }) => ({ id, port, draining: draining !== undefined })),
    ...(balancing === undefined ? {} : { balancing }),
  }
  targetGroupRoutes.set(group, route)
  return route
}
