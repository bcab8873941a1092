import type * as sdk from '@aws-sdk/client-elastic-load-balancing-v2'
import {
  listenerAttributeDefaults,
  loadBalancerAttributeDefaults,
  targetGroupAttributeDefaults,
} from '../../domain/load-balancer-attributes.ts'
import type { Engine } from '../../engine/engine.ts'
import type { Handlers } from '../handlers.ts'
import { invalid, unsupported } from './errors.ts'
import { findListener, findLoadBalancer, findTargetGroup } from './find.ts'

type Attributes = Readonly<Record<string, string>>
type AskedAttribute = { readonly Key?: string | undefined; readonly Value?: string | undefined }
type AttributeKind = {
  /** Begins the messages: `Load balancer attribute`. */
  readonly noun: string
  readonly defaults: Attributes
  /** What something enforces; every other attribute can only have its default. */
  readonly enforced: Readonly<Record<string, 'boolean' | { readonly minimum: number; readonly maximum: number }>>
}

const ofLoadBalancers: AttributeKind = {
  noun: 'Load balancer attribute',
  defaults: loadBalancerAttributeDefaults,
  enforced: {
    'client_keep_alive.seconds': { minimum: 60, maximum: 604_800 },
    'deletion_protection.enabled': 'boolean',
    'idle_timeout.timeout_seconds': { minimum: 1, maximum: 4000 },
  },
}
const ofTargetGroups: AttributeKind = {
  noun: 'Target group attribute',
  defaults: targetGroupAttributeDefaults,
  enforced: { 'deregistration_delay.timeout_seconds': { minimum: 0, maximum: 3600 } },
}
const ofListeners: AttributeKind = { noun: 'Listener attribute', defaults: listenerAttributeDefaults, enforced: {} }

export const attributes = ({ store, loadBalancing }: Engine) =>
  ({
    DescribeLoadBalancerAttributes({ LoadBalancerArn }, call) {
      return described(ofLoadBalancers, findLoadBalancer({ store, call }, LoadBalancerArn).attributes)
    },

    async ModifyLoadBalancerAttributes({ LoadBalancerArn, Attributes: asked }, call) {
      const loadBalancer = findLoadBalancer({ store, call }, LoadBalancerArn)
      const changed = { ...loadBalancer.attributes, ...readAttributes(ofLoadBalancers, asked) }
      store.loadBalancers.put(LoadBalancerArn, { ...loadBalancer, attributes: changed })
      await loadBalancing.publish()
      return described(ofLoadBalancers, changed)
    },

    DescribeTargetGroupAttributes({ TargetGroupArn }, call) {
      return described(ofTargetGroups, findTargetGroup({ store, call }, TargetGroupArn).attributes)
    },

    async ModifyTargetGroupAttributes({ TargetGroupArn, Attributes: asked }, call) {
      const targetGroup = findTargetGroup({ store, call }, TargetGroupArn)
      const changed = { ...targetGroup.attributes, ...readAttributes(ofTargetGroups, asked) }
      store.targetGroups.put(TargetGroupArn, { ...targetGroup, attributes: changed })
      await loadBalancing.publish()
      return described(ofTargetGroups, changed)
    },

    DescribeListenerAttributes({ ListenerArn }, call) {
      return described(ofListeners, findListener({ store, call }, ListenerArn).attributes)
    },

    ModifyListenerAttributes({ ListenerArn, Attributes: asked }, call) {
      const listener = findListener({ store, call }, ListenerArn)
      const changed = { ...listener.attributes, ...readAttributes(ofListeners, asked) }
      store.listeners.put(ListenerArn, { ...listener, attributes: changed })
      return described(ofListeners, changed)
    },
  }) satisfies Handlers<typeof sdk>

/** All attributes, those never set with their defaults. */
function described({ defaults }: AttributeKind, set: Attributes) {
  return { Attributes: Object.entries({ ...defaults, ...set }).map(([Key, Value]) => ({ Key, Value })) }
}

function readAttributes(kind: AttributeKind, asked: readonly AskedAttribute[]): Attributes {
  const entries = asked.map((attribute) => readAttribute(kind, attribute))
  const keys = entries.map(([key]) => key)
  const duplicate = keys.find((key, at) => keys.indexOf(key) !== at)
  if (duplicate !== undefined) throw invalid(`${kind.noun} key '${duplicate}' was specified twice`)
  return Object.fromEntries(entries)
}

function readAttribute({ noun, defaults, enforced }: AttributeKind, { Key, Value = '' }: AskedAttribute) {
  if (Key === undefined) throw invalid(`${noun} key must be specified`)
  const byDefault = Object.hasOwn(defaults, Key) ? defaults[Key] : undefined
  if (byDefault === undefined) throw invalid(`${noun} key '${Key}' is not recognized`)
  const allowed = enforced[Key]
  if (allowed === undefined) {
    if (Value === byDefault) return [Key, Value] as const
    const code = 'InvalidConfigurationRequestException'
    throw unsupported(code, `${noun} '${Key}' with value`, Value, `leave it at its default '${byDefault}'`)
  }
  return [Key, allowed === 'boolean' ? readBoolean(noun, Key, Value) : readNumber(noun, Key, Value, allowed)] as const
}

function readBoolean(noun: string, key: string, value: string): string {
  if (value === 'true' || value === 'false') return value
  throw invalid(`${noun} '${key}' must be true or false, not '${value}'`)
}

function readNumber(
  noun: string,
  key: string,
  value: string,
  { minimum, maximum }: { readonly minimum: number; readonly maximum: number },
): string {
  const number = /^\d+$/.test(value) ? Number(value) : Number.NaN
  if (number >= minimum && number <= maximum) return String(number)
  throw invalid(`${noun} '${key}' must be a whole number between ${minimum} and ${maximum}, not '${value}'`)
}
