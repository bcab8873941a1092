import type { Deployment, Service, TaskSet } from '@aws-sdk/client-ecs'
import type { HealthView, TrafficView } from './deployment-view.ts'
import { healthOf, type SeenGroup, type SeenProtectedTask } from './surroundings.ts'
import { shortArn, timeIn } from './words.ts'

/** A service as it is now: what runs, what is live, who gets how much. */
export type ServiceStatus = {
  /** `CLUSTER/SERVICE` */
  readonly service: string
  /** Who deploys it: `CODE_DEPLOY`, `ECS`, `EXTERNAL`. */
  readonly controller: string
  readonly desired: number
  readonly running: number
  readonly pending: number
  /** `web:42`, of what is the service now; `web:41 and web:42` where a deployment that failed has left tasks of both. */
  readonly runs?: string | undefined
  /** `web:42` whose deployment by ECS itself failed, and why, where it was not rolled back. */
  readonly failed?: { readonly runs: string | undefined; readonly reason: string | undefined } | undefined
  /** Something is being changed. */
  readonly isDeploying: boolean
  /** Of CodeDeploy: the deployment that made what runs now, or that is under way. */
  readonly deploymentId?: string | undefined
  readonly groups: readonly GroupStatus[]
  /** Tasks that it has to take away and may not yet. */
  readonly protectedTasks: readonly SeenProtectedTask[]
  readonly lastEvent?: { readonly at: number; readonly text: string } | undefined
}

export type GroupStatus = {
  readonly name: string
  readonly runs?: string | undefined
  readonly taskSetStatus?: string | undefined
  readonly health: HealthView
  readonly traffic?: TrafficView | undefined
  /** Its share of what each listener or rule forwards to the service, in percent. */
  readonly shares: readonly { readonly port: number; readonly percent: number }[]
}

export type SeenService = {
  readonly service: Service
  /** By the target group's ARN, in the order in which they are shown. */
  readonly groups: readonly { readonly arn: string; readonly seen: SeenGroup }[]
  readonly forwards: readonly SeenForward[]
  readonly protectedTasks: readonly SeenProtectedTask[]
}

/** What one rule of a listener does with requests: weights by the target group's ARN. */
export type SeenForward = {
  readonly port: number
  /** The ARNs of the listener and of the rule. */
  readonly of: readonly string[]
  readonly weights: Readonly<Record<string, number>>
}

export function serviceStatus({ service, groups, forwards, protectedTasks }: SeenService): ServiceStatus {
  const { taskSets = [], deployments = [], events = [] } = service
  const primary = taskSets.find(({ status }) => status === 'PRIMARY')
  const [event] = events
  const eventAt = timeIn(event?.createdAt)
  const failed = deployments.find(({ status, rolloutState }) => status === 'PRIMARY' && rolloutState === 'FAILED')
  const newest = taskSets.toSorted((one, other) => Number(other.createdAt) - Number(one.createdAt))[0]
  return {
    service: `${shortArn(service.clusterArn)}/${service.serviceName}`,
    controller: service.deploymentController?.type ?? 'ECS',
    desired: service.desiredCount ?? 0,
    running: service.runningCount ?? 0,
    pending: service.pendingCount ?? 0,
    runs: (failed && left(deployments)) ?? shortArn(primary?.taskDefinition ?? service.taskDefinition),
    failed: failed && { runs: shortArn(failed.taskDefinition), reason: failed.rolloutStateReason },
    isDeploying: taskSets.length > 1 || deployments.some(({ rolloutState }) => rolloutState === 'IN_PROGRESS'),
    deploymentId: newest?.externalId,
    groups: groups.map(({ arn, seen }) => groupStatus({ arn, seen, taskSets, forwards })),
    protectedTasks,
    lastEvent: eventAt === undefined ? undefined : { at: eventAt, text: event?.message ?? '' },
  }
}

/** What tasks there still are of; undefined where there are none. */
function left(deployments: readonly Deployment[]): string | undefined {
  const running = deployments.filter(({ runningCount = 0 }) => runningCount > 0)
  const names = new Set(running.map(({ taskDefinition }) => shortArn(taskDefinition)))
  return names.size === 0 ? undefined : [...names].join(' and ')
}

function groupStatus({
  arn,
  seen,
  taskSets,
  forwards,
}: {
  readonly arn: string
  readonly seen: SeenGroup
  readonly taskSets: readonly TaskSet[]
  readonly forwards: readonly SeenForward[]
}): GroupStatus {
  const taskSet = taskSets.find(({ loadBalancers = [] }) => loadBalancers.some((each) => each.targetGroupArn === arn))
  return {
    name: arn.split('/').at(-2) ?? arn,
    runs: shortArn(taskSet?.taskDefinition),
    taskSetStatus: taskSet?.status,
    health: healthOf(seen.targets),
    traffic: seen.traffic,
    shares: forwards.flatMap(({ port, weights }) => {
      const weight = weights[arn]
      const all = Object.values(weights).reduce((sum, each) => sum + each, 0)
      return weight === undefined || all === 0 ? [] : [{ port, percent: Math.round((weight / all) * 1000) / 10 }]
    }),
  }
}
