import type * as sdk from '@aws-sdk/client-codedeploy'
import { AwsError } from '../../domain/aws-error.ts'
import type { Engine } from '../../engine/engine.ts'
import type { Handlers } from '../handlers.ts'
import { deploymentWithId } from './lookups.ts'
import { quoted } from './names.ts'

/** The verdict of a function hooked on a lifecycle event, from the function itself or from whoever acts for it. */
export function hookStatusHandler({ store, deployments }: Engine) {
  return {
    PutLifecycleEventHookExecutionStatus({ deploymentId, lifecycleEventHookExecutionId, status }, call) {
      const deployment = deploymentWithId({ store, call }, deploymentId)
      if (status !== 'Succeeded' && status !== 'Failed') {
        throw new AwsError(
          'InvalidLifecycleEventHookExecutionStatusException',
          `The status of a lifecycle event hook execution can be Succeeded or Failed, not ${quoted(status ?? '')}.`,
        )
      }
      const executionId = lifecycleEventHookExecutionId ?? ''
      const verdict = { deploymentId: deployment.deploymentId, executionId, status }
      const recorded = deployments.recordHookVerdict(verdict)
      if (recorded === undefined) throw unknownExecution(deployment.deploymentId, executionId)
      if (recorded === 'already-completed') {
        throw new AwsError(
          'LifecycleEventAlreadyCompletedException',
          `The lifecycle event of hook execution ${executionId} has already completed; its status can not be changed.`,
        )
      }
      return { lifecycleEventHookExecutionId: executionId }
    },
  } satisfies Handlers<typeof sdk>
}

function unknownExecution(deploymentId: string, executionId: string): AwsError {
  return new AwsError(
    'InvalidLifecycleEventHookExecutionIdException',
    `The deployment ${deploymentId} has no lifecycle event hook execution ${quoted(executionId)}. The function is given its ` +
      'id as LifecycleEventHookExecutionId.',
  )
}
