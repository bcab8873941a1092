import type { Engine } from '../../engine/engine.ts'
import { awsService, type AwsService } from '../handlers.ts'
import { jsonProtocol } from '../wire/json-protocol.ts'
import { applicationHandlers } from './applications.ts'
import { createDeploymentHandler } from './create-deployment.ts'
import { deploymentConfigHandlers } from './deployment-configs.ts'
import { deploymentControlHandlers } from './deployment-control.ts'
import { deploymentGroupHandlers } from './deployment-groups.ts'
import { deploymentInstanceHandlers } from './deployment-instances.ts'
import { deploymentTargetHandlers } from './deployment-targets.ts'
import { deploymentHandlers } from './deployments.ts'
import { hookStatusHandler } from './hook-status.ts'
import { refuseAsCodeDeploy } from './refusal.ts'
import { revisionHandlers } from './revisions.ts'
import { tagHandlers } from './tags.ts'

/** The CodeDeploy API for the ECS compute platform. */
export function codeDeploy(engine: Engine): AwsService {
  return awsService({
    name: 'CodeDeploy',
    signingName: 'codedeploy',
    protocol: jsonProtocol({ version: '1.1', targetPrefix: 'CodeDeploy_20141006' }),
    sdk: '@aws-sdk/client-codedeploy',
    refuse: refuseAsCodeDeploy,
    handlers: {
      ...applicationHandlers(engine),
      ...revisionHandlers(engine),
      ...deploymentConfigHandlers(engine),
      ...deploymentGroupHandlers(engine),
      ...createDeploymentHandler(engine),
      ...deploymentHandlers(engine),
      ...deploymentTargetHandlers(engine),
      ...deploymentControlHandlers(engine),
      ...hookStatusHandler(engine),
      ...deploymentInstanceHandlers(engine),
      ...tagHandlers(engine),
    },
  })
}
