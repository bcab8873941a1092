import type { Engine } from '../../engine/engine.ts'
import { awsService, type AwsService } from '../handlers.ts'
import { queryProtocol } from '../wire/query-protocol.ts'
import { refuseByList } from '../wire/refusal.ts'
import { attributes } from './attributes.ts'
import { accountLimits } from './limits.ts'
import { listenerCertificates } from './listener-certificates.ts'
import { listeners } from './listeners.ts'
import { loadBalancers } from './load-balancers.ts'
import { rules } from './rules.ts'
import { securityPolicies } from './ssl-policies.ts'
import { tags } from './tags.ts'
import { targetGroups } from './target-groups.ts'
import { targets } from './targets.ts'

/** The control plane of Application Load Balancers. */
export const elasticLoadBalancingV2 = (engine: Engine): AwsService =>
  awsService({
    name: 'Elastic Load Balancing',
    signingName: 'elasticloadbalancing',
    protocol: queryProtocol({
      version: '2015-12-01',
      xmlNamespace: 'http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/',
    }),
    sdk: '@aws-sdk/client-elastic-load-balancing-v2',
    handlers: {
      ...loadBalancers(engine),
      ...targetGroups(engine),
      ...listeners(engine),
      ...listenerCertificates(engine),
      ...rules(engine),
      ...targets(engine),
      ...attributes(engine),
      ...tags(engine),
      ...securityPolicies(),
      ...accountLimits(),
    },
    refuse: refuseByList('ValidationError'),
  })
