import type * as sdk from '@aws-sdk/client-elastic-load-balancing-v2'
import { arn } from '../../domain/identifiers.ts'
import type { TargetGroup } from '../../domain/load-balancer.ts'
import { referencedTargetGroups } from '../../domain/routing-table-of.ts'
import type { Engine } from '../../engine/engine.ts'
import type { Answer, Checked, Handlers } from '../handlers.ts'
import { loadBalancersByGroup, targetGroupsOf } from './associations.ts'
import { checkName, checkRange, invalid, portRange, refusal, refuseGiven, unsupported } from './errors.ts'
import { checkTargetGroupArn, findLoadBalancer, findTargetGroup, isIn, type Where } from './find.ts'
import { defaultHealthCheck, describeHealthCheck, readHealthCheck } from './health-checks.ts'
import { limits } from './limits.ts'
import { page } from './pages.ts'
import { includesTags, readTags } from './tag-lists.ts'

export const targetGroups = ({ store, chance, loadBalancing }: Engine) =>
  ({
    CreateTargetGroup(input, call) {
      const asked = readTargetGroup(input)
      const inRegion = store.targetGroups.list().filter(({ targetGroupArn }) => isIn(call, targetGroupArn))
      const existing = inRegion.find(({ name }) => name === asked.name)
      if (existing !== undefined)
        return { TargetGroups: [describe(sameAs(existing, asked), loadBalancersByGroup(store))] }
      checkLimit(inRegion.length)
      const targetGroupArn = arn.targetGroup(call, asked.name, chance.hex(16))
      const created: TargetGroup = { ...asked, targetGroupArn, attributes: {}, targets: [] }
      store.targetGroups.put(targetGroupArn, created)
      return { TargetGroups: [describe(created, loadBalancersByGroup(store))] }
    },

    DescribeTargetGroups({ LoadBalancerArn, TargetGroupArns = [], Names = [], ...request }, call) {
      const asked = targetGroupsAskedFor({ store, call }, { LoadBalancerArn, TargetGroupArns, Names })
      const { items, ...next } = page(asked, ({ targetGroupArn }) => targetGroupArn, request)
      const users = loadBalancersByGroup(store)
      return { TargetGroups: items.map((each) => describe(each, users)), ...next }
    },

    async ModifyTargetGroup({ TargetGroupArn, ...input }, call) {
      const targetGroup = findTargetGroup({ store, call }, TargetGroupArn)
      const changed = { ...targetGroup, healthCheck: readHealthCheck(input, targetGroup.healthCheck) }
      store.targetGroups.put(TargetGroupArn, changed)
      await loadBalancing.publish()
      return { TargetGroups: [describe(changed, loadBalancersByGroup(store))] }
    },

    /** One that does not exist (any more) is no error: AWS knows only ResourceInUse here. */
    DeleteTargetGroup({ TargetGroupArn }, call) {
      checkTargetGroupArn(TargetGroupArn)
      if (!store.targetGroups.has(TargetGroupArn) || !isIn(call, TargetGroupArn)) return {}
      const referenced = referencedTargetGroups({ listeners: store.listeners.list(), rules: store.rules.list() })
      if (referenced.has(TargetGroupArn)) {
        throw refusal(
          'ResourceInUseException',
          `Target group '${TargetGroupArn}' is currently in use by a listener or a rule`,
        )
      }
      store.targetGroups.delete(TargetGroupArn)
      return {}
    },
  }) satisfies Handlers<typeof sdk>

type AskedTargetGroup = Omit<TargetGroup, 'targetGroupArn' | 'attributes' | 'targets'>

function readTargetGroup(input: Checked<sdk.CreateTargetGroupInput>): AskedTargetGroup {
  const { Name: name, TargetType = 'instance', Protocol, ProtocolVersion = 'HTTP1', Port, VpcId } = input
  const { TargetControlPort, Tags, IpAddressType } = input
  const code = 'InvalidConfigurationRequestException'
  checkName('Target group name', name)
  if (TargetType !== 'ip') {
    const reason = TargetType === 'instance' ? 'an instance id, the default, names no address here: ' : ''
    throw unsupported(code, 'TargetType', TargetType, `${reason}use TargetType 'ip'`)
  }
  if (Protocol === undefined) throw invalid('A protocol must be specified')
  if (Port === undefined) throw invalid('A port must be specified')
  if (VpcId === undefined) throw invalid("A VPC ID must be specified for target groups with target type 'ip'")
  if (Protocol !== 'HTTP' && Protocol !== 'HTTPS') throw unsupported(code, 'Protocol', Protocol, 'use HTTP or HTTPS')
  if (ProtocolVersion !== 'HTTP1') {
    throw unsupported(code, 'ProtocolVersion', ProtocolVersion, 'targets are asked in HTTP/1.1: use HTTP1')
  }
  refuseGiven(code, { TargetControlPort }, 'leave it out')
  return {
    name,
    protocol: Protocol,
    protocolVersion: 'HTTP1',
    port: checkRange('Target group port', Port, portRange),
    vpcId: VpcId,
    targetType: 'ip',
    ipAddressType: IpAddressType ?? 'ipv4',
    healthCheck: readHealthCheck(input, defaultHealthCheck),
    tags: readTags(Tags),
  }
}

/** Creating the same target group again is no error; a different one of the same name is. */
function sameAs(existing: TargetGroup, asked: AskedTargetGroup): TargetGroup {
  const { vpcId, protocol, port, ipAddressType, healthCheck, tags } = asked
  const isSame =
    existing.protocol === protocol &&
    existing.vpcId === vpcId &&
    existing.port === port &&
    existing.ipAddressType === ipAddressType &&
    JSON.stringify(describeHealthCheck(existing.healthCheck)) === JSON.stringify(describeHealthCheck(healthCheck)) &&
    includesTags(existing.tags, tags)
  if (isSame) return existing
  throw refusal('DuplicateTargetGroupNameException', 'A target group with the specified name already exists.')
}

function checkLimit(count: number): void {
  if (count < limits.targetGroupsPerRegion) return
  throw refusal(
    'TooManyTargetGroupsException',
    `The maximum number of target groups, '${limits.targetGroupsPerRegion}', has been reached`,
  )
}

type AskedFor = {
  readonly LoadBalancerArn: string | undefined
  readonly TargetGroupArns: readonly string[]
  readonly Names: readonly string[]
}

function targetGroupsAskedFor(
  where: Where,
  { LoadBalancerArn, TargetGroupArns, Names }: AskedFor,
): readonly TargetGroup[] {
  const ways = [LoadBalancerArn !== undefined, TargetGroupArns.length > 0, Names.length > 0]
  if (ways.filter(Boolean).length > 1) {
    throw invalid('A load balancer ARN, target group ARNs and target group names cannot be specified at the same time')
  }
  if (TargetGroupArns.length > 0) return [...new Set(TargetGroupArns)].map((each) => findTargetGroup(where, each))
  const { store, call } = where
  const inRegion = store.targetGroups.list().filter(({ targetGroupArn }) => isIn(call, targetGroupArn))
  if (LoadBalancerArn !== undefined) {
    const used = targetGroupsOf(store, findLoadBalancer(where, LoadBalancerArn).loadBalancerArn)
    return inRegion.filter(({ targetGroupArn }) => used.has(targetGroupArn))
  }
  if (Names.length === 0) return inRegion
  if (!Names.every((each) => inRegion.some(({ name }) => name === each))) {
    throw refusal('TargetGroupNotFoundException', 'One or more target groups not found')
  }
  return inRegion.filter(({ name }) => Names.includes(name))
}

function describe(targetGroup: TargetGroup, users: ReadonlyMap<string, ReadonlySet<string>>): Answer<sdk.TargetGroup> {
  const { targetGroupArn, name, protocol, protocolVersion, port, vpcId, targetType, ipAddressType } = targetGroup
  return {
    TargetGroupArn: targetGroupArn,
    TargetGroupName: name,
    Protocol: protocol,
    Port: port,
    ...(vpcId === undefined ? {} : { VpcId: vpcId }),
    ...describeHealthCheck(targetGroup.healthCheck),
    LoadBalancerArns: [...(users.get(targetGroupArn) ?? [])],
    TargetType: targetType,
    ProtocolVersion: protocolVersion,
    IpAddressType: ipAddressType,
  }
}
