import type { AutoRollbackEvent } from './code-deploy.ts'
import type {
  DeploymentPlan,
  DeploymentStatus,
  DeploymentWaitType,
  ErrorInformation,
  HookableEventName,
  LifecycleEventName,
} from './deployment.ts'
import type { DeploymentLifecycleHookStage } from './service-deployment-configuration.ts'
import type { ServiceDeploymentLifecycleStage, ServiceDeploymentPlan } from './service-deployment.ts'

/**
 * The steps that shift traffic between two target groups, whoever deploys. Plain data, like all steps: nothing here
 * performs anything.
 */
export type ShiftStep =
  /** `steady`: every task is running and healthy. `serving`: at least one is, which is enough to take traffic back. */
  | {
      readonly kind: 'awaitSteadyState'
      readonly taskSet: 'blue' | 'green'
      readonly until: 'steady' | 'serving'
      readonly timeoutInMinutes: number
    }
  | { readonly kind: 'routeTestTraffic'; readonly to: 'blue' | 'green' }
  | { readonly kind: 'routeProductionTraffic'; readonly greenPercentage: number }
  /** While both versions have traffic, or could have it again at once: who cannot serve gets none. */
  | { readonly kind: 'holdTraffic'; readonly greenPercentage: number; readonly minutes: number }
  | { readonly kind: 'deleteTaskSet'; readonly taskSet: 'blue' | 'green' }

/** Everything a deployment of CodeDeploy can ask of the outside world. */
export type DeploymentStep =
  | ShiftStep
  /** Reads the AppSpec, the service and the listeners, and decides what will be done. */
  | { readonly kind: 'plan' }
  | { readonly kind: 'recordStatus'; readonly status: DeploymentStatus; readonly errorInformation?: ErrorInformation }
  | {
      readonly kind: 'recordEvent'
      readonly event: LifecycleEventName
      readonly status: 'InProgress' | 'Succeeded' | 'Failed'
      readonly message?: string
    }
  /** Puts the pair behind the production listener, all weight on blue, and clears away what earlier deployments left. */
  | { readonly kind: 'prepareTargetGroups' }
  | { readonly kind: 'createTaskSet' }
  | { readonly kind: 'makePrimary'; readonly taskSet: 'blue' | 'green' }
  /** Invokes the function hooked on the event and waits for its verdict, PutLifecycleEventHookExecutionStatus. */
  | { readonly kind: 'invokeHook'; readonly event: HookableEventName; readonly functionName: string }
  | { readonly kind: 'wait'; readonly waitFor: DeploymentWaitType; readonly minutes: number }
  /** Ends the deployment and, where it is configured, creates the deployment that rolls it back. */
  | {
      readonly kind: 'end'
      readonly status: 'Succeeded' | 'Failed' | 'Stopped'
      readonly errorInformation?: ErrorInformation
      readonly rollbackEvent?: AutoRollbackEvent
    }

/** Everything that a deployment of ECS itself, one that shifts traffic, can ask of the outside world. */
export type ServiceDeploymentStep =
  | ShiftStep
  /** Waits until no older deployment of the service is under way. */
  | { readonly kind: 'awaitTurn' }
  /** Reads the service and the listener rules, and decides which side serves and which one gets the new revision. */
  | { readonly kind: 'decide' }
  | { readonly kind: 'enterStage'; readonly stage: ServiceDeploymentLifecycleStage }
  /** Several revisions run: the one that serves is wanted in full again. */
  | { readonly kind: 'restoreBlue' }
  /** Takes away all revisions but blue and green, once blue has all traffic. */
  | { readonly kind: 'removeOthers' }
  /** Puts both groups behind the rules; no request goes another way by that. */
  | { readonly kind: 'prepareRules' }
  | { readonly kind: 'scaleUp' }
  /** Runs all hooks of a stage side by side and waits for the last of them; a rollback goes on whatever they say. */
  | {
      readonly kind: 'runHooks'
      readonly stage: DeploymentLifecycleHookStage
      /** Of all times that hooks are run: the same stage may come several times. */
      readonly round: number
      readonly isRollback: boolean
    }
  /** From here on the service is what it was before: blue, where there is one. */
  | { readonly kind: 'beginRollback'; readonly reason: string }
  | {
      readonly kind: 'conclude'
      readonly status: 'SUCCESSFUL' | 'STOPPED' | 'ROLLBACK_SUCCESSFUL' | 'ROLLBACK_FAILED'
      readonly statusReason?: string
    }

export type StepResult =
  | { readonly kind: 'done'; readonly message?: string }
  | { readonly kind: 'planned'; readonly plan: DeploymentPlan }
  | { readonly kind: 'decided'; readonly plan: ServiceDeploymentPlan }
  /** A wait ended: its time was over, or ContinueDeployment was called. */
  | { readonly kind: 'waited'; readonly ended: 'elapsed' | 'continued' }
  | { readonly kind: 'interrupted'; readonly event: AutoRollbackEvent; readonly errorInformation: ErrorInformation }

/**
 * A deployment written as ordinary control flow. Read `yield` as `await`: the engine journals the step, performs it,
 * journals what came of it, and only then resumes. Stop and failure arrive as a throw at the step being waited on.
 */
export type Procedure<Step = DeploymentStep> = Generator<Step, void, StepResult>
