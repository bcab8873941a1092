import type * as sdk from '@aws-sdk/client-ecs'
import { computedDesiredCount, numberedPlatformVersion, type Service, type TaskSet } from '../../domain/service.ts'
import type { Engine } from '../../engine/engine.ts'
import type { Answer } from '../handlers.ts'
import { tagList } from './tags.ts'

/** A task set as DescribeTaskSets and DescribeServices answer it. */
export function taskSetAnswer(
  { services }: Engine,
  service: Service,
  taskSet: TaskSet,
  withTags: boolean,
): Answer<sdk.TaskSet> {
  const { running, pending } = services.counts(taskSet.taskSetArn)
  const desired = computedDesiredCount(service, taskSet)
  // A task set that is being deleted was steady, and is not while it has tasks.
  const isAsWanted = running === desired && pending === 0
  return {
    id: taskSet.taskSetId,
    taskSetArn: taskSet.taskSetArn,
    serviceArn: taskSet.serviceArn,
    clusterArn: taskSet.clusterArn,
    startedBy: taskSet.startedBy,
    externalId: taskSet.externalId,
    status: taskSet.status,
    taskDefinition: taskSet.taskDefinition,
    computedDesiredCount: desired,
    pendingCount: pending,
    runningCount: running,
    createdAt: new Date(taskSet.createdAt),
    updatedAt: new Date(taskSet.updatedAt),
    // Where a capacity provider strategy is given there is no launch type.
    launchType: taskSet.capacityProviderStrategy === undefined ? taskSet.launchType : undefined,
    capacityProviderStrategy: taskSet.capacityProviderStrategy,
    platformVersion: taskSet.platformVersion && numberedPlatformVersion(taskSet.platformVersion),
    platformFamily: taskSet.launchType === 'FARGATE' ? 'Linux' : undefined,
    networkConfiguration: taskSet.networkConfiguration,
    loadBalancers: taskSet.loadBalancers,
    serviceRegistries: [],
    scale: { value: taskSet.scalePercent, unit: 'PERCENT' },
    stabilityStatus: isAsWanted ? taskSet.stabilityStatus : 'STABILIZING',
    stabilityStatusAt: new Date(taskSet.stabilityStatusAt),
    tags: withTags ? tagList(taskSet.tags) : [],
  }
}
