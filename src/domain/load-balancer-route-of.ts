import { lastPart, parseArn } from './identifiers.ts'
import type { LoadBalancer } from './load-balancer.ts'
import type { LoadBalancerRoute } from './routing-table.ts'

/** The names by which logs and metrics know a load balancer. */
export function loadBalancerRouteOf({
  loadBalancerArn,
  name,
  scheme,
}: Pick<LoadBalancer, 'loadBalancerArn' | 'name' | 'scheme'>): LoadBalancerRoute {
  const { region = '', resource = '' } = parseArn(loadBalancerArn) ?? {}
  const prefix = scheme === 'internal' ? 'internal-' : ''
  return {
    loadBalancerArn,
    resource: resource.replace(/^loadbalancer\//, ''),
    dnsName: `${prefix}${name}-${numberOf(lastPart(loadBalancerArn))}.${region}.elb.amazonaws.com`,
  }
}

/** AWS has a decimal number of up to ten digits there; it follows from the id, so that it stays the same. */
function numberOf(id: string): number {
  const number = Number.parseInt(id.slice(0, 8), 16)
  return Number.isNaN(number) ? 0 : number
}
