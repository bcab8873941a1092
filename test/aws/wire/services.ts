import type * as codeDeploySdk from '@aws-sdk/client-codedeploy'
import type * as ecsSdk from '@aws-sdk/client-ecs'
import type * as elbv2Sdk from '@aws-sdk/client-elastic-load-balancing-v2'
import { awsService, type AwsService, type Handlers } from '../../../src/aws/handlers.ts'
import { jsonProtocol } from '../../../src/aws/wire/json-protocol.ts'
import { queryProtocol } from '../../../src/aws/wire/query-protocol.ts'
import { refuseByList, refuseByMember } from '../../../src/aws/wire/refusal.ts'

/** The three services with the handlers a test gives them. */
export function services(handlers: {
  readonly codeDeploy?: Handlers<typeof codeDeploySdk>
  readonly ecs?: Handlers<typeof ecsSdk>
  readonly elbv2?: Handlers<typeof elbv2Sdk>
}): readonly AwsService[] {
  return [
    awsService({
      name: 'CodeDeploy',
      signingName: 'codedeploy',
      protocol: jsonProtocol({ version: '1.1', targetPrefix: 'CodeDeploy_20141006' }),
      sdk: '@aws-sdk/client-codedeploy',
      handlers: handlers.codeDeploy ?? {},
      refuse: refuseByMember({
        exceptions: { serviceRoleArn: 'RoleRequiredException' },
        messages: { DeploymentGroupNameRequiredException: 'Deployment Group name is missing' },
      }),
    }),
    awsService({
      name: 'Amazon ECS',
      signingName: 'ecs',
      protocol: jsonProtocol({ version: '1.1', targetPrefix: 'AmazonEC2ContainerServiceV20141113' }),
      sdk: '@aws-sdk/client-ecs',
      handlers: handlers.ecs ?? {},
      refuse: refuseByList('InvalidParameterException'),
    }),
    awsService({
      name: 'Elastic Load Balancing',
      signingName: 'elasticloadbalancing',
      protocol: queryProtocol({ version: '2015-12-01', xmlNamespace }),
      sdk: '@aws-sdk/client-elastic-load-balancing-v2',
      handlers: handlers.elbv2 ?? {},
      refuse: refuseByList('ValidationError'),
    }),
  ]
}

export const xmlNamespace = 'http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/'
