import type * as sdk from '@aws-sdk/client-elastic-load-balancing-v2'
import { arn } from '../../domain/identifiers.ts'
import type { Listener, ListenerAction } from '../../domain/load-balancer.ts'
import type { Engine } from '../../engine/engine.ts'
import type { Answer, Checked, Handlers } from '../handlers.ts'
import { describeAction, readActions } from './actions.ts'
import { checkTargetGroups } from './associations.ts'
import { checkRange, invalid, portRange, refusal } from './errors.ts'
import { findListener, findLoadBalancer, type Where } from './find.ts'
import { limits } from './limits.ts'
import { checkPortIsFree, deleteListener, publishChangeOrTakeBack, publishOrTakeBack } from './listener-changes.ts'
import { readSecurity, type ListenerSecurity } from './listener-security.ts'
import { page } from './pages.ts'
import { includesTags, readTags } from './tag-lists.ts'

export const listeners = (engine: Engine) => {
  const { store, loadBalancing } = engine
  return {
    async CreateListener(input, call) {
      const { loadBalancerArn } = findLoadBalancer({ store, call }, input.LoadBalancerArn)
      const asked = readListener({ store, call }, input)
      checkTargetGroups({ store, call }, loadBalancerArn, asked.defaultActions)
      const existing = sameListener(engine, loadBalancerArn, asked)
      if (existing !== undefined) return { Listeners: [describe(existing)] }
      checkPortIsFree(engine, loadBalancerArn, asked.port)
      checkLimit(engine, loadBalancerArn)
      const created = newListener(engine, loadBalancerArn, asked)
      store.listeners.put(created.listenerArn, created)
      await publishOrTakeBack(engine, created, () => {
        store.transaction(() => deleteListener(store, created.listenerArn))
      })
      return { Listeners: [describe(created)] }
    },

    DescribeListeners({ LoadBalancerArn, ListenerArns = [], ...request }, call) {
      if (LoadBalancerArn === undefined && ListenerArns.length === 0) {
        throw invalid('You must specify either listener ARNs or a load balancer ARN')
      }
      if (LoadBalancerArn !== undefined && ListenerArns.length > 0) {
        throw invalid('Listener ARNs and a load balancer ARN cannot be specified at the same time')
      }
      if (LoadBalancerArn !== undefined) findLoadBalancer({ store, call }, LoadBalancerArn)
      for (const listenerArn of ListenerArns) findListener({ store, call }, listenerArn)
      const isAsked = (each: Listener): boolean =>
        each.loadBalancerArn === LoadBalancerArn || ListenerArns.includes(each.listenerArn)
      const { items, ...next } = page(store.listeners.list().filter(isAsked), pageKey, request)
      return { Listeners: items.map(describe), ...next }
    },

    async ModifyListener({ ListenerArn, Port, Protocol, DefaultActions, ...input }, call) {
      const listener = findListener({ store, call }, ListenerArn)
      const security = readSecurity({ store, call }, { Protocol, ...input }, listener)
      const port = Port === undefined ? listener.port : checkRange('Listener port', Port, portRange)
      const defaultActions = DefaultActions === undefined ? listener.defaultActions : readActions(DefaultActions)
      checkTargetGroups({ store, call }, listener.loadBalancerArn, defaultActions)
      checkPortIsFree(engine, listener.loadBalancerArn, port, ListenerArn)
      const changed = withSecurity({ ...listener, port, defaultActions }, security)
      store.listeners.put(ListenerArn, changed)
      if (port === listener.port && isSameSecurity(listener, changed)) await loadBalancing.publish()
      else await publishChangeOrTakeBack(engine, { before: listener, changed })
      return { Listeners: [describe(changed)] }
    },

    async DeleteListener({ ListenerArn }, call) {
      findListener({ store, call }, ListenerArn)
      store.transaction(() => deleteListener(store, ListenerArn))
      await loadBalancing.publish()
      return {}
    },
  } satisfies Handlers<typeof sdk>
}

type AskedListener = ListenerSecurity & Pick<Listener, 'port' | 'defaultActions' | 'tags'>

function readListener(where: Where, input: Checked<sdk.CreateListenerInput>): AskedListener {
  if (input.Protocol === undefined) throw invalid('A protocol must be specified')
  if (input.Port === undefined) throw invalid('A port must be specified')
  return {
    ...readSecurity(where, input),
    port: checkRange('Listener port', input.Port, portRange),
    defaultActions: readActions(input.DefaultActions),
    tags: readTags(input.Tags),
  }
}

/** The listener, speaking with its clients in this way only. */
function withSecurity(
  { protocol: _protocol, certificateArns: _certificateArns, sslPolicy: _sslPolicy, ...listener }: Listener,
  security: ListenerSecurity,
): Listener {
  return { ...listener, ...security }
}

function isSameSecurity(one: ListenerSecurity, other: ListenerSecurity): boolean {
  return (
    one.protocol === other.protocol &&
    one.sslPolicy === other.sslPolicy &&
    one.certificateArns?.[0] === other.certificateArns?.[0]
  )
}

/** AWS says of CreateListener that creating the same one again succeeds; a different one on its port does not. */
function sameListener({ store }: Engine, loadBalancerArn: string, asked: AskedListener): Listener | undefined {
  return store.listeners
    .list()
    .find(
      (listener) =>
        listener.loadBalancerArn === loadBalancerArn &&
        listener.port === asked.port &&
        isSameSecurity(listener, asked) &&
        includesTags(listener.tags, asked.tags) &&
        areSameActions(listener.defaultActions, asked.defaultActions),
    )
}

function areSameActions(some: readonly ListenerAction[], others: readonly ListenerAction[]): boolean {
  return JSON.stringify(some.map(describeAction)) === JSON.stringify(others.map(describeAction))
}

function checkLimit({ store }: Engine, loadBalancerArn: string): void {
  const present = store.listeners.list().filter((listener) => listener.loadBalancerArn === loadBalancerArn)
  if (present.length < limits.listenersPerLoadBalancer) return
  throw refusal(
    'TooManyListenersException',
    `A load balancer can have '${limits.listenersPerLoadBalancer}' listeners, and '${loadBalancerArn}' has them`,
  )
}

function newListener({ chance }: Engine, loadBalancerArn: string, asked: AskedListener): Listener {
  const listenerArn = arn.listener(loadBalancerArn, chance.hex(16))
  return {
    ...asked,
    listenerArn,
    loadBalancerArn,
    attributes: {},
    defaultRuleArn: arn.rule(listenerArn, chance.hex(16)),
  }
}

function describe(listener: Listener): Answer<sdk.Listener> {
  const { listenerArn, loadBalancerArn, port, protocol, defaultActions, certificateArns = [], sslPolicy } = listener
  return {
    ListenerArn: listenerArn,
    LoadBalancerArn: loadBalancerArn,
    Port: port,
    Protocol: protocol,
    DefaultActions: defaultActions.map(describeAction),
    ...(protocol === 'HTTP'
      ? {}
      : {
          // The others are told by DescribeListenerCertificates.
          Certificates: certificateArns.slice(0, 1).map((CertificateArn) => ({ CertificateArn })),
          SslPolicy: sslPolicy,
          MutualAuthentication: { Mode: 'off' },
        }),
  }
}

/** By port, as people think of them. */
function pageKey({ port, listenerArn }: Listener): string {
  return `${String(port).padStart(5, '0')} ${listenerArn}`
}
