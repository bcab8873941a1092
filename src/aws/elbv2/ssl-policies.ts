import type * as sdk from '@aws-sdk/client-elastic-load-balancing-v2'
import { findSslPolicy, sslPolicies, type SslPolicy } from '../../domain/ssl-policies.ts'
import type { Answer, Handlers } from '../handlers.ts'
import { invalid, refusal } from './errors.ts'
import { unknownSslPolicy } from './listener-security.ts'
import { page } from './pages.ts'

export const securityPolicies = () =>
  ({
    DescribeSSLPolicies({ Names = [], LoadBalancerType = 'application', ...request }) {
      if (LoadBalancerType !== 'application') {
        throw invalid(`LoadBalancerType '${LoadBalancerType}' is not supported by Teal; use 'application'`)
      }
      const unknown = Names.find((name) => findSslPolicy(name) === undefined)
      if (unknown !== undefined) throw refusal('SSLPolicyNotFoundException', unknownSslPolicy(unknown))
      const asked = sslPolicies.filter(({ name }) => Names.length === 0 || Names.includes(name))
      const { items, ...next } = page(asked, ({ name }) => name, request)
      return { SslPolicies: items.map(describe), ...next }
    },
  }) satisfies Handlers<typeof sdk>

function describe({ name, protocols, ciphers }: SslPolicy): Answer<sdk.SslPolicy> {
  return {
    Name: name,
    SslProtocols: protocols,
    Ciphers: ciphers.map((Name, at) => ({ Name, Priority: at + 1 })),
    SupportedLoadBalancerTypes: ['application', 'network'],
  }
}
