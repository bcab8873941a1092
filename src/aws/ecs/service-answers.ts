import type * as sdk from '@aws-sdk/client-ecs'
import type { Service } from '../../domain/service.ts'
import type { Engine } from '../../engine/engine.ts'
import { serviceEvents } from '../../engine/event-recording.ts'
import type { Answer } from '../handlers.ts'
import { taskSetsOf } from './names.ts'
import { tagList } from './tags.ts'
import { taskSetAnswer } from './task-set-answers.ts'

/**
 * A service as every operation on one answers it. `deployments` is always there and always empty: under CODE_DEPLOY and
 * EXTERNAL the state is in `taskSets`, and what the service has of a task set is the PRIMARY's. The counts are of all
 * task sets together.
 */
export function serviceAnswer(engine: Engine, service: Service, withTags: boolean): Answer<sdk.Service> {
  const taskSets = taskSetsOf(engine.store, service)
  const counts = taskSets.map(({ taskSetArn }) => engine.services.counts(taskSetArn))
  return {
    ...(service.recorded as Partial<sdk.Service>),
    ...launchAnswer(service, taskSets),
    serviceArn: service.serviceArn,
    serviceName: service.serviceName,
    clusterArn: service.clusterArn,
    serviceRegistries: [],
    status: service.status,
    desiredCount: service.desiredCount,
    runningCount: counts.reduce((sum, { running }) => sum + running, 0),
    pendingCount: counts.reduce((sum, { pending }) => sum + pending, 0),
    deploymentController: { type: service.deploymentController },
    deployments: [],
    taskSets: taskSets.map((taskSet) => taskSetAnswer(engine, service, taskSet, withTags)),
    events: serviceEvents(engine.store, service.serviceArn).map(({ id, createdAt, message }) => ({
      id,
      createdAt: new Date(createdAt),
      message,
    })),
    createdAt: new Date(service.createdAt),
    createdBy: service.createdBy,
    healthCheckGracePeriodSeconds: service.healthCheckGracePeriodSeconds,
    schedulingStrategy: 'REPLICA',
    resourceManagementType: 'CUSTOMER',
    tags: withTags ? tagList(service.tags) : [],
  }
}

/** An EXTERNAL service has none of this before its first PRIMARY task set. */
function launchAnswer(service: Service, taskSets: ReturnType<typeof taskSetsOf>): Answer<Partial<sdk.Service>> {
  const primary = taskSets.find(({ status }) => status === 'PRIMARY')
  if (primary === undefined && service.taskDefinition === undefined) return { loadBalancers: [] }
  const { taskDefinition, loadBalancers, launchType, platformVersion, networkConfiguration } = primary ?? service
  return {
    taskDefinition,
    loadBalancers,
    launchType,
    platformVersion,
    platformFamily: launchType === 'FARGATE' ? 'Linux' : undefined,
    networkConfiguration,
  }
}
