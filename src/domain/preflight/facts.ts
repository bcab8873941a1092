import type { AppSpec } from '../app-spec.ts'
import type {
  AutoRollbackEvent,
  DeploymentReadyOption,
  TerminateBlueInstances,
  TrafficRouting,
} from '../code-deploy.ts'
import type { HookableEventName } from '../deployment.ts'
import type { CapacityProviderStrategyItem } from '../service.ts'
import type { ContainerDefinition } from '../task-definition.ts'

/** What is known before a deployment of everything it will touch. */
export type PreflightFacts = {
  readonly region: string
  readonly appSpec: Looked<AppSpecFacts>
  readonly taskDefinition: Looked<TaskDefinitionFacts>
  readonly group: Looked<GroupFacts>
  /** The group is that of the project's file: there is none of its name yet. */
  readonly isGroupPlanned?: boolean
  /** Of the group, or of another one on the same service. */
  readonly runningDeploymentId?: string
  readonly trafficRouting: Looked<TrafficRouting>
  readonly service: Looked<ServiceFacts>
  /** Those of the service's cluster; not asked for where the AppSpec has no strategy. */
  readonly capacityProviders: Looked<readonly string[]>
  /** The group's pair. */
  readonly targetGroups: readonly Named<TargetGroupFacts>[]
  /** By ARN: the group's production listener, and its test listener where it has one. */
  readonly listeners: readonly Named<ListenerFacts>[]
  readonly loadBalancers: readonly LoadBalancerFacts[]
  /** By the name or ARN the AppSpec gives. */
  readonly functions: readonly Named<FunctionFacts>[]
  readonly alarms: readonly Named<AlarmFacts>[]
  /** What the tasks that serve now answer to the health check of green's target group. */
  readonly healthAnswer?: HealthAnswer
  /** How long the deployment may wait, at most. */
  readonly mostMinutes?: number
}

/** A thing, that there is none, or why nobody can tell. */
export type Looked<Thing> =
  | { readonly kind: 'found'; readonly thing: Thing }
  | { readonly kind: 'absent' }
  | { readonly kind: 'unknown'; readonly reason: string }
  /** Nobody was to look. */
  | { readonly kind: 'unasked' }

export type Named<Thing> = { readonly name: string; readonly looked: Looked<Thing> }

/** `taskDefinition` may be a placeholder still, for what fills it in. */
export type AppSpecFacts = Pick<
  AppSpec,
  'taskDefinition' | 'containerName' | 'containerPort' | 'hooks' | 'capacityProviderStrategy'
> & {
  readonly hasNetworkConfiguration: boolean
}

export type TaskDefinitionFacts = {
  /** `hello:2`, or the family alone of one that is not registered yet. */
  readonly name: string
  readonly family: string
  /** Absent of one that is not registered yet. */
  readonly status?: string
  readonly networkMode: string
  readonly requiresCompatibilities: readonly string[]
  readonly cpu?: string
  readonly memory?: string
  readonly executionRoleArn?: string
  readonly containerDefinitions: readonly ContainerFacts[]
  /** Members which ECS answers and does not accept. */
  readonly readOnlyMembers: readonly string[]
  /** `<IMAGE1_NAME>` and the like which nobody has filled in. */
  readonly placeholders: readonly string[]
}

export type ContainerFacts = Pick<
  ContainerDefinition,
  'name' | 'image' | 'essential' | 'portMappings' | 'secrets' | 'logConfiguration'
>

export type GroupFacts = {
  readonly applicationName: string
  readonly deploymentGroupName: string
  readonly deploymentConfigName: string
  readonly serviceRoleArn: string
  readonly targetGroupNames: readonly string[]
  readonly prodListenerArn?: string
  readonly testListenerArn?: string
  readonly deploymentReadyOption: DeploymentReadyOption
  readonly terminateBlueInstances: TerminateBlueInstances
  readonly autoRollbackEvents: readonly AutoRollbackEvent[]
  /** Empty where the group watches none. */
  readonly alarmNames: readonly string[]
  readonly ignorePollAlarmFailure: boolean
}

export type ServiceFacts = {
  readonly serviceArn: string
  readonly serviceName: string
  readonly status: string
  readonly deploymentController: string
  /** Absent where tasks are made by a capacity provider strategy. */
  readonly launchType?: string
  /** Of its PRIMARY task set. */
  readonly capacityProviderStrategy?: readonly CapacityProviderStrategyItem[]
  readonly desiredCount: number
  readonly hasNetworkConfiguration: boolean
  readonly primary?: PrimaryFacts
  /** Target groups of its task sets, PRIMARY or not. */
  readonly boundTargetGroupArns: readonly string[]
}

type PrimaryFacts = {
  readonly targetGroupArns: readonly string[]
  readonly taskDefinition: string
  readonly runningCount: number
}

export type TargetGroupFacts = {
  readonly targetGroupArn: string
  readonly name: string
  readonly targetType: string
  /** `HTTP` or `HTTPS`; others behind a Network Load Balancer. */
  readonly protocol: string
  readonly loadBalancerArns: readonly string[]
  readonly healthCheck: HealthCheckFacts
  /** Undefined where nobody looked. */
  readonly targets?: readonly TargetFacts[]
}

export type HealthCheckFacts = {
  readonly protocol: string
  /** `traffic-port`, or a number as text. */
  readonly port: string
  readonly path: string
  /** `200`, `200-299`, `200,301`. */
  readonly matcher: string
}

type TargetFacts = {
  /** `10.0.1.23:8080` */
  readonly target: string
  readonly state: string
  readonly description?: string
}

export type ListenerFacts = {
  readonly listenerArn: string
  readonly loadBalancerArn: string
  readonly protocol: string
  readonly port: number
  readonly routes: readonly RouteFacts[]
}

/** What one rule does, or the default action, whose priority is `default`. */
export type RouteFacts = {
  readonly priority: string
  /** `forward`, `redirect`, `fixed-response` … */
  readonly action: string
  readonly targetGroups: readonly { readonly targetGroupArn: string; readonly weight: number }[]
}

export type LoadBalancerFacts = {
  readonly loadBalancerArn: string
  /** `application` or `network`. */
  readonly type: string
  /** Empty where it has none. */
  readonly dnsName: string
}

export type FunctionFacts = {
  readonly functionArn: string
  readonly state?: string
  readonly stateReason?: string
}

export type AlarmFacts = { readonly state: string; readonly reason?: string }

export type HealthAnswer = {
  /** What was asked: `http://127.0.0.1:8080/health`. */
  readonly url: string
  /** Of green's target group, whose check it was. */
  readonly targetGroupArn: string
  readonly statusCode: number
}

/** The hooks of an AppSpec by what they name. */
export type HookFacts = { readonly event: HookableEventName; readonly functionName: string }

export function thingOf<Thing>(looked: Looked<Thing> | undefined): Thing | undefined {
  return looked?.kind === 'found' ? looked.thing : undefined
}
