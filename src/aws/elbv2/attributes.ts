import type * as sdk from '@aws-sdk/client-elastic-load-balancing-v2'
import type { Listener } from '../../domain/load-balancer.ts'
import { noteEndOfAccessLog } from '../../engine/access-log-destinations.ts'
import type { Engine } from '../../engine/engine.ts'
import type { Handlers } from '../handlers.ts'
import { checkAccessLogs } from './access-log-settings.ts'
import {
  ofHttpsListeners,
  ofListeners,
  ofLoadBalancers,
  ofTargetGroups,
  type AttributeKind,
  type Attributes,
} from './attribute-kinds.ts'
import { readDefault, readValue } from './attribute-rules.ts'
import { invalid } from './errors.ts'
import { findListener, findLoadBalancer, findTargetGroup } from './find.ts'

type AskedAttribute = { readonly Key?: string | undefined; readonly Value?: string | undefined }

export const attributes = (engine: Engine) => {
  const { store, loadBalancing } = engine
  return {
    DescribeLoadBalancerAttributes({ LoadBalancerArn }, call) {
      return described(ofLoadBalancers, findLoadBalancer({ store, call }, LoadBalancerArn).attributes)
    },

    async ModifyLoadBalancerAttributes({ LoadBalancerArn, Attributes: asked }, call) {
      const before = findLoadBalancer({ store, call }, LoadBalancerArn)
      await checkAccessLogs(engine, before, changedBy(ofLoadBalancers, before.attributes, asked))
      const loadBalancer = findLoadBalancer({ store, call }, LoadBalancerArn)
      const changed = changedBy(ofLoadBalancers, loadBalancer.attributes, asked)
      const after = { ...loadBalancer, attributes: changed }
      store.transaction(() => {
        noteEndOfAccessLog(engine, loadBalancer, after)
        store.loadBalancers.put(LoadBalancerArn, after)
      })
      await loadBalancing.publish()
      return described(ofLoadBalancers, changed)
    },

    DescribeTargetGroupAttributes({ TargetGroupArn }, call) {
      return described(ofTargetGroups, findTargetGroup({ store, call }, TargetGroupArn).attributes)
    },

    async ModifyTargetGroupAttributes({ TargetGroupArn, Attributes: asked }, call) {
      const targetGroup = findTargetGroup({ store, call }, TargetGroupArn)
      const changed = changedBy(ofTargetGroups, targetGroup.attributes, asked)
      store.targetGroups.put(TargetGroupArn, { ...targetGroup, attributes: changed })
      await loadBalancing.publish()
      return described(ofTargetGroups, changed)
    },

    DescribeListenerAttributes({ ListenerArn }, call) {
      const listener = findListener({ store, call }, ListenerArn)
      return described(kindOf(listener), listener.attributes)
    },

    async ModifyListenerAttributes({ ListenerArn, Attributes: asked }, call) {
      const listener = findListener({ store, call }, ListenerArn)
      const changed = changedBy(kindOf(listener), listener.attributes, asked)
      store.listeners.put(ListenerArn, { ...listener, attributes: changed })
      await loadBalancing.publish()
      return described(kindOf(listener), changed)
    },
  } satisfies Handlers<typeof sdk>
}

function kindOf({ protocol }: Listener): AttributeKind {
  return protocol === 'HTTPS' ? ofHttpsListeners : ofListeners
}

/** All attributes, those never set with their defaults. */
function described({ defaults }: AttributeKind, set: Attributes) {
  return { Attributes: Object.entries({ ...defaults, ...set }).map(([Key, Value]) => ({ Key, Value })) }
}

/** The attributes as they are with those asked for, all of which are valid, or none is changed. */
function changedBy(kind: AttributeKind, present: Attributes, asked: readonly AskedAttribute[]): Attributes {
  const entries = asked.map((attribute) => readAttribute(kind, attribute))
  const keys = entries.map(([key]) => key)
  const duplicate = keys.find((key, at) => keys.indexOf(key) !== at)
  if (duplicate !== undefined) throw invalid(`${kind.noun} key '${duplicate}' was specified twice`)
  const changed = { ...present, ...Object.fromEntries(entries) }
  kind.checkTogether(changed)
  return changed
}

function readAttribute({ noun, defaults, rules, reasons }: AttributeKind, { Key, Value = '' }: AskedAttribute) {
  if (Key === undefined) throw invalid(`${noun} key must be specified`)
  const byDefault = Object.hasOwn(defaults, Key) ? defaults[Key] : undefined
  if (byDefault === undefined) throw invalid(`${noun} key '${Key}' is not recognized`)
  const [rule, attribute] = [rules[Key], `${noun} '${Key}'`]
  const value =
    rule === undefined ? readDefault(attribute, byDefault, Value, reasons[Key]) : readValue(attribute, rule, Value)
  return [Key, value] as const
}
