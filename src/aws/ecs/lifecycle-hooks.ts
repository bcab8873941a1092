import type * as sdk from '@aws-sdk/client-ecs'
import type {
  DeploymentLifecycleHook,
  DeploymentLifecycleHookStage,
} from '../../domain/service-deployment-configuration.ts'
import type { Answer } from '../handlers.ts'
import { defined } from './defined.ts'
import { invalidParameter } from './errors.ts'

type Given = Answer<sdk.DeploymentLifecycleHook>

/** ECS's quota, of each type. */
const mostHooks = 10

const stages: Readonly<Record<DeploymentLifecycleHookStage, 'any' | 'AWS_LAMBDA'>> = {
  RECONCILE_SERVICE: 'AWS_LAMBDA',
  PRE_SCALE_UP: 'any',
  POST_SCALE_UP: 'any',
  TEST_TRAFFIC_SHIFT: 'AWS_LAMBDA',
  POST_TEST_TRAFFIC_SHIFT: 'any',
  PRE_PRODUCTION_TRAFFIC_SHIFT: 'any',
  PRODUCTION_TRAFFIC_SHIFT: 'AWS_LAMBDA',
  POST_PRODUCTION_TRAFFIC_SHIFT: 'any',
}

/**
 * The lifecycle hooks of a deployment configuration.
 * @throws InvalidParameterException
 */
export function readLifecycleHooks(given: readonly Given[]): readonly DeploymentLifecycleHook[] {
  const hooks = given.map((hook) => readLifecycleHook(hook))
  for (const targetType of ['AWS_LAMBDA', 'PAUSE'] as const) {
    if (hooks.filter((hook) => hook.targetType === targetType).length > mostHooks) {
      throw invalidParameter(`lifecycleHooks can have at most ${mostHooks} hooks with targetType ${targetType}.`)
    }
  }
  return hooks
}

function readLifecycleHook(given: Given): DeploymentLifecycleHook {
  const { targetType = 'AWS_LAMBDA', hookTargetArn, roleArn, lifecycleStages = [], hookDetails } = given
  if (targetType !== 'AWS_LAMBDA' && targetType !== 'PAUSE') {
    throw invalidParameter('Invalid targetType. Valid values are: AWS_LAMBDA, PAUSE')
  }
  if (targetType === 'AWS_LAMBDA' && !hookTargetArn) {
    throw invalidParameter('A lifecycle hook with targetType AWS_LAMBDA needs the ARN of a function as hookTargetArn.')
  }
  if (targetType === 'PAUSE' && hookTargetArn) {
    throw invalidParameter('A lifecycle hook with targetType PAUSE has no hookTargetArn. Remove it.')
  }
  if (lifecycleStages.length === 0) throw invalidParameter('A lifecycle hook needs at least one of lifecycleStages.')
  const checked = lifecycleStages.map((stage) => checkStage(stage, targetType))
  return {
    targetType,
    lifecycleStages: checked,
    ...defined({ hookTargetArn, roleArn, hookDetails }),
    ...readTimeout(given, targetType),
  }
}

function checkStage(stage: string, targetType: DeploymentLifecycleHook['targetType']): DeploymentLifecycleHookStage {
  const allowed = (stages as Readonly<Record<string, string>>)[stage]
  if (allowed === undefined) {
    throw invalidParameter(`Invalid lifecycle stage ${stage}. Valid values are: ${Object.keys(stages).join(', ')}`)
  }
  if (targetType === 'PAUSE' && allowed !== 'any')
    throw invalidParameter('Invalid lifecycle stage provided for Pause Hook')
  return stage as DeploymentLifecycleHookStage
}

function readTimeout(
  { timeoutConfiguration }: Given,
  targetType: DeploymentLifecycleHook['targetType'],
): Pick<DeploymentLifecycleHook, 'timeoutConfiguration'> {
  if (timeoutConfiguration === undefined) return {}
  const { timeoutInMinutes, action } = timeoutConfiguration
  const most = targetType === 'PAUSE' ? 20_160 : 1440
  if (timeoutInMinutes !== undefined && !(timeoutInMinutes >= 1 && timeoutInMinutes <= most)) {
    throw invalidParameter(`timeoutInMinutes of a lifecycle hook must be between 1 and ${most} for ${targetType}.`)
  }
  return { timeoutConfiguration: defined({ timeoutInMinutes, action }) }
}
