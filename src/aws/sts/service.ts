import { awsService, type AwsService } from '../handlers.ts'
import { queryProtocol } from '../wire/query-protocol.ts'
import { refuseByList } from '../wire/refusal.ts'
import { callerIdentity } from './caller-identity.ts'

/** Who calls: what nearly every tool asks before anything else. */
export const securityTokenService = (): AwsService =>
  awsService({
    name: 'Security Token Service',
    signingName: 'sts',
    protocol: queryProtocol({ version: '2011-06-15', xmlNamespace: 'https://sts.amazonaws.com/doc/2011-06-15/' }),
    sdk: '@aws-sdk/client-sts',
    handlers: callerIdentity(),
    refuse: refuseByList('ValidationError'),
  })
