import type { AutoRollbackEvent } from './code-deploy.ts'
import type {
  DeploymentPlan,
  DeploymentStatus,
  DeploymentWaitType,
  ErrorInformation,
  HookableEventName,
  LifecycleEventName,
} from './deployment.ts'

/** Everything a deployment can ask of the outside world. Plain data: nothing here performs anything. */
export type DeploymentStep =
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
  /** `steady`: every task is running and healthy. `serving`: at least one is, which is enough to take traffic back. */
  | {
      readonly kind: 'awaitSteadyState'
      readonly taskSet: 'blue' | 'green'
      readonly until: 'steady' | 'serving'
      readonly timeoutInMinutes: number
    }
  | { readonly kind: 'routeTestTraffic'; readonly to: 'blue' | 'green' }
  | { readonly kind: 'routeProductionTraffic'; readonly greenPercentage: number }
  | { readonly kind: 'makePrimary'; readonly taskSet: 'blue' | 'green' }
  /** Invokes the function hooked on the event and waits for its verdict, PutLifecycleEventHookExecutionStatus. */
  | { readonly kind: 'invokeHook'; readonly event: HookableEventName; readonly functionName: string }
  | { readonly kind: 'wait'; readonly waitFor: DeploymentWaitType; readonly minutes: number }
  /** Between two shifts both versions have traffic: green is watched, and gets none while it cannot serve. */
  | { readonly kind: 'holdTraffic'; readonly greenPercentage: number; readonly minutes: number }
  | { readonly kind: 'deleteTaskSet'; readonly taskSet: 'blue' | 'green' }
  /** Ends the deployment and, where it is configured, creates the deployment that rolls it back. */
  | {
      readonly kind: 'end'
      readonly status: 'Succeeded' | 'Failed' | 'Stopped'
      readonly errorInformation?: ErrorInformation
      readonly rollbackEvent?: AutoRollbackEvent
    }

export type StepResult =
  | { readonly kind: 'done'; readonly message?: string }
  | { readonly kind: 'planned'; readonly plan: DeploymentPlan }
  /** A wait ended: its time was over, or ContinueDeployment was called. */
  | { readonly kind: 'waited'; readonly ended: 'elapsed' | 'continued' }
  | { readonly kind: 'interrupted'; readonly event: AutoRollbackEvent; readonly errorInformation: ErrorInformation }

/**
 * A deployment written as ordinary control flow. Read `yield` as `await`: the engine journals the step, performs it,
 * journals what came of it, and only then resumes. Stop and failure arrive as a throw at the step being waited on.
 */
export type Procedure = Generator<DeploymentStep, void, StepResult>
