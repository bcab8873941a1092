import type * as sdk from '@aws-sdk/client-elastic-load-balancing-v2'
import { arn, parseArn } from '../../domain/identifiers.ts'
import { isDeletionProtected } from '../../domain/load-balancer-attributes.ts'
import type { LoadBalancer } from '../../domain/load-balancer.ts'
import { noteEndOfAccessLog } from '../../engine/access-log-destinations.ts'
import type { Engine } from '../../engine/engine.ts'
import type { EngineSettings } from '../../engine/ports.ts'
import type { Answer, Call, Checked, Handlers } from '../handlers.ts'
import { checkName, invalid, refusal, refuseGiven, unsupported } from './errors.ts'
import { checkLoadBalancerArn, findLoadBalancer, isIn } from './find.ts'
import { limits } from './limits.ts'
import { deleteListener } from './listener-changes.ts'
import { page } from './pages.ts'
import { includesTags, readTags } from './tag-lists.ts'

export const loadBalancers = (engine: Engine) => {
  const { store, loadBalancing, settings } = engine
  return {
    CreateLoadBalancer(input, call) {
      const asked = readLoadBalancer(input)
      const inRegion = store.loadBalancers.list().filter(({ loadBalancerArn }) => isIn(call, loadBalancerArn))
      const existing = inRegion.find(({ name }) => name === asked.name)
      if (existing !== undefined) return { LoadBalancers: [describe(settings, sameAs(existing, asked))] }
      checkLimit(inRegion.length)
      const created = newLoadBalancer(engine, call, asked)
      store.loadBalancers.put(created.loadBalancerArn, created)
      return { LoadBalancers: [describe(settings, created)] }
    },

    DescribeLoadBalancers({ LoadBalancerArns = [], Names = [], ...request }, call) {
      if (LoadBalancerArns.length > 0 && Names.length > 0) {
        throw invalid('Load balancer names and load balancer ARNs cannot be specified at the same time')
      }
      for (const loadBalancerArn of LoadBalancerArns) findLoadBalancer({ store, call }, loadBalancerArn)
      const inRegion = store.loadBalancers.list().filter(({ loadBalancerArn }) => isIn(call, loadBalancerArn))
      const unknown = Names.filter((name) => !inRegion.some((each) => each.name === name))
      if (unknown.length > 0) {
        throw refusal('LoadBalancerNotFoundException', `Load balancers '[${unknown.join(', ')}]' not found`)
      }
      const isAsked = ({ loadBalancerArn, name }: LoadBalancer): boolean =>
        LoadBalancerArns.length + Names.length === 0 ||
        LoadBalancerArns.includes(loadBalancerArn) ||
        Names.includes(name)
      const { items, ...next } = page(inRegion.filter(isAsked), ({ loadBalancerArn }) => loadBalancerArn, request)
      return { LoadBalancers: items.map((each) => describe(settings, each)), ...next }
    },

    /** One that does not exist (any more) is no error, as AWS says of this operation. */
    async DeleteLoadBalancer({ LoadBalancerArn }, call) {
      checkLoadBalancerArn(LoadBalancerArn)
      if (!store.loadBalancers.has(LoadBalancerArn)) return {}
      if (isDeletionProtected(findLoadBalancer({ store, call }, LoadBalancerArn))) {
        throw refusal(
          'OperationNotPermittedException',
          `Load balancer '${LoadBalancerArn}' cannot be deleted because deletion protection is enabled`,
        )
      }
      store.transaction(() => deleteWithListeners(engine, LoadBalancerArn))
      await loadBalancing.publish()
      return {}
    },

    SetSubnets({ LoadBalancerArn, IpAddressType, ...input }, call) {
      refuseGiven('InvalidConfigurationRequestException', networkOnly(input), 'leave it out')
      const loadBalancer = findLoadBalancer({ store, call }, LoadBalancerArn)
      const subnets = readSubnets(input)
      const changed = { ...loadBalancer, subnets, ipAddressType: IpAddressType ?? loadBalancer.ipAddressType }
      store.loadBalancers.put(LoadBalancerArn, changed)
      return { AvailabilityZones: availabilityZones(changed), IpAddressType: changed.ipAddressType }
    },

    SetSecurityGroups({ LoadBalancerArn, SecurityGroups, ...input }, call) {
      refuseGiven('InvalidConfigurationRequestException', input, 'it is for Network Load Balancers: leave it out')
      const loadBalancer = findLoadBalancer({ store, call }, LoadBalancerArn)
      store.loadBalancers.put(LoadBalancerArn, { ...loadBalancer, securityGroups: SecurityGroups })
      return { SecurityGroupIds: SecurityGroups }
    },

    SetIpAddressType({ LoadBalancerArn, IpAddressType }, call) {
      const loadBalancer = findLoadBalancer({ store, call }, LoadBalancerArn)
      store.loadBalancers.put(LoadBalancerArn, { ...loadBalancer, ipAddressType: IpAddressType })
      return { IpAddressType }
    },
  } satisfies Handlers<typeof sdk>
}

type AskedLoadBalancer = Pick<LoadBalancer, 'name' | 'scheme' | 'ipAddressType' | 'subnets' | 'securityGroups' | 'tags'>
type AskedSubnets = Pick<Checked<sdk.CreateLoadBalancerInput>, 'Subnets' | 'SubnetMappings'>

function readLoadBalancer(input: Checked<sdk.CreateLoadBalancerInput>): AskedLoadBalancer {
  const { Name: name, Type = 'application' } = input
  if (Type !== 'application') {
    throw unsupported('InvalidConfigurationRequestException', 'Type', Type, "use 'application'")
  }
  checkName('The load balancer name', name)
  if (name.startsWith('internal-')) throw invalid(`The load balancer name '${name}' cannot begin with 'internal-'`)
  refuseGiven('InvalidConfigurationRequestException', networkOnly(input), 'leave it out')
  return {
    name,
    scheme: input.Scheme ?? 'internet-facing',
    ipAddressType: input.IpAddressType ?? 'ipv4',
    subnets: readSubnets(input),
    securityGroups: input.SecurityGroups ?? [],
    tags: readTags(input.Tags),
  }
}

/** Parameters for networks which one machine does not have; `off` is the same as leaving it out. */
function networkOnly(input: Partial<Checked<sdk.CreateLoadBalancerInput>>) {
  const { CustomerOwnedIpv4Pool, EnablePrefixForIpv6SourceNat, IpamPools } = input
  const prefix = EnablePrefixForIpv6SourceNat === 'off' ? undefined : EnablePrefixForIpv6SourceNat
  return { CustomerOwnedIpv4Pool, EnablePrefixForIpv6SourceNat: prefix, IpamPools }
}

function readSubnets({ Subnets = [], SubnetMappings = [] }: AskedSubnets): readonly string[] {
  if (Subnets.length > 0 && SubnetMappings.length > 0) {
    throw invalid('Subnets and SubnetMappings cannot be specified at the same time')
  }
  const mapped = SubnetMappings.map(({ SubnetId, ...addresses }) => {
    refuseGiven('InvalidConfigurationRequestException', addresses, 'a subnet mapping takes only its SubnetId')
    if (SubnetId === undefined) throw invalid('A subnet ID must be specified in each subnet mapping')
    return SubnetId
  })
  const subnets = [...Subnets, ...mapped]
  const duplicate = subnets.find((subnet, at) => subnets.indexOf(subnet) !== at)
  if (duplicate !== undefined) throw invalid(`The subnet '${duplicate}' was specified twice`)
  // Which zone a subnet is in is not known here; one subnet is in one for certain.
  if (subnets.length < 2) throw invalid('At least two subnets in two different Availability Zones must be specified')
  return subnets
}

/** Creating the same load balancer again is no error; a different one of the same name is. */
function sameAs(existing: LoadBalancer, asked: AskedLoadBalancer): LoadBalancer {
  const isSame =
    existing.scheme === asked.scheme &&
    existing.ipAddressType === asked.ipAddressType &&
    hasSameMembers(existing.subnets, asked.subnets) &&
    hasSameMembers(existing.securityGroups, asked.securityGroups) &&
    includesTags(existing.tags, asked.tags)
  if (isSame) return existing
  throw refusal(
    'DuplicateLoadBalancerNameException',
    `A load balancer with the same name '${asked.name}' exists, but with different settings`,
  )
}

function hasSameMembers(some: readonly string[], others: readonly string[]): boolean {
  return some.length === others.length && some.every((each) => others.includes(each))
}

function checkLimit(count: number): void {
  if (count < limits.loadBalancersPerRegion) return
  throw refusal(
    'TooManyLoadBalancersException',
    `The maximum number of load balancers, '${limits.loadBalancersPerRegion}', has been reached`,
  )
}

function newLoadBalancer({ chance, clock }: Engine, call: Call, asked: AskedLoadBalancer): LoadBalancer {
  const loadBalancerArn = arn.loadBalancer(call, asked.name, chance.hex(16))
  return { ...asked, loadBalancerArn, createdTime: clock.now(), attributes: {} }
}

function deleteWithListeners({ store, clock }: Engine, loadBalancerArn: string): void {
  for (const listener of store.listeners.list()) {
    if (listener.loadBalancerArn === loadBalancerArn) deleteListener(store, listener.listenerArn)
  }
  const loadBalancer = store.loadBalancers.get(loadBalancerArn)
  if (loadBalancer !== undefined) noteEndOfAccessLog({ store, clock }, loadBalancer)
  store.loadBalancers.delete(loadBalancerArn)
}

function describe(settings: EngineSettings, loadBalancer: LoadBalancer): Answer<sdk.LoadBalancer> {
  return {
    LoadBalancerArn: loadBalancer.loadBalancerArn,
    DNSName: dnsName(settings),
    CreatedTime: new Date(loadBalancer.createdTime),
    LoadBalancerName: loadBalancer.name,
    Scheme: loadBalancer.scheme,
    State: { Code: 'active' },
    Type: 'application',
    AvailabilityZones: availabilityZones(loadBalancer),
    SecurityGroups: loadBalancer.securityGroups,
    IpAddressType: loadBalancer.ipAddressType,
  }
}

/**
 * Where clients reach the listeners. There is no DNS here that could know a name per load balancer, so all of them have
 * the name of the host whose ports the listeners open: `http://<DNSName>:<port>` works as it does on AWS.
 */
function dnsName({ listenHost }: EngineSettings): string {
  return ['127.0.0.1', '::1', '0.0.0.0', '::'].includes(listenHost) ? 'localhost' : listenHost
}

/** Subnets are recorded, not looked up: each is told as being in a zone of its own, in the order given. */
function availabilityZones({ loadBalancerArn, subnets }: LoadBalancer) {
  const region = parseArn(loadBalancerArn)?.region ?? ''
  return subnets.map((SubnetId, at) => ({
    ZoneName: `${region}${String.fromCodePoint(0x61 + (at % 26))}`,
    SubnetId,
    LoadBalancerAddresses: [],
  }))
}
