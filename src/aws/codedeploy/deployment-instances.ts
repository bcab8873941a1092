import type * as sdk from '@aws-sdk/client-codedeploy'
import { AwsError } from '../../domain/aws-error.ts'
import type { Engine } from '../../engine/engine.ts'
import type { Call, Handlers } from '../handlers.ts'
import { targetIdOf } from './deployment-info.ts'
import { deploymentWithId } from './lookups.ts'

/** The deprecated operations on instances. An ECS deployment has none: it has one target, its service. */
export function deploymentInstanceHandlers({ store }: Pick<Engine, 'store'>) {
  const refuse = (deploymentId: string | undefined, call: Call, instead: string): never => {
    const deployment = deploymentWithId({ store, call }, deploymentId)
    throw new AwsError(
      'InvalidComputePlatformException',
      `The deployment ${deployment.deploymentId} is of the compute platform ECS, which has no instances. Call ${instead}; the ` +
        `target is ${targetIdOf(deployment)}.`,
    )
  }
  return {
    ListDeploymentInstances: ({ deploymentId }, call) => refuse(deploymentId, call, 'ListDeploymentTargets'),
    GetDeploymentInstance: ({ deploymentId }, call) => refuse(deploymentId, call, 'GetDeploymentTarget'),
    BatchGetDeploymentInstances: ({ deploymentId }, call) => refuse(deploymentId, call, 'BatchGetDeploymentTargets'),
  } satisfies Handlers<typeof sdk>
}
