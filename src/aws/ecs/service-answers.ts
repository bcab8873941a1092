import type * as sdk from '@aws-sdk/client-ecs'
import { arn } from '../../domain/identifiers.ts'
import type { Service, TaskSet } from '../../domain/service.ts'
import type { Engine } from '../../engine/engine.ts'
import { serviceEvents } from '../../engine/event-recording.ts'
import type { Answer } from '../handlers.ts'
import { taskSetsOf } from './names.ts'
import { tagList } from './tags.ts'
import { taskSetAnswer } from './task-set-answers.ts'

/**
 * A service as every operation on one answers it. Under the ECS controller its state is in `deployments`, and what it shows
 * is what the last deployment was asked for. Under CODE_DEPLOY and EXTERNAL the state is in `taskSets`, and what the
 * service has of a task set is the PRIMARY's; `deployments` is there and empty. The counts are of all task sets together.
 */
export function serviceAnswer(engine: Engine, service: Service, withTags: boolean): Answer<sdk.Service> {
  const taskSets = taskSetsOf(engine.store, service)
  const isEcs = service.deploymentController === 'ECS'
  const counts = taskSets.map(({ taskSetArn }) => engine.services.counts(taskSetArn))
  return {
    ...(service.recorded as Partial<sdk.Service>),
    ...(isEcs ? deployedAnswer(engine, service, taskSets) : launchAnswer(service, taskSets)),
    serviceArn: service.serviceArn,
    serviceName: service.serviceName,
    clusterArn: service.clusterArn,
    serviceRegistries: [],
    status: service.status,
    desiredCount: service.desiredCount,
    runningCount: counts.reduce((sum, { running }) => sum + running, 0),
    pendingCount: counts.reduce((sum, { pending }) => sum + pending, 0),
    deploymentController: { type: service.deploymentController },
    deployments: isEcs ? taskSets.map((taskSet) => deploymentAnswer(engine, service, taskSet)) : [],
    taskSets: (isEcs ? [] : taskSets).map((taskSet) => taskSetAnswer(engine, service, taskSet, withTags)),
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

function deployedAnswer(
  { services }: Engine,
  service: Service,
  taskSets: ReturnType<typeof taskSetsOf>,
): Answer<Partial<sdk.Service>> {
  const { taskDefinition, loadBalancers, deploymentConfiguration, currentServiceDeployment } = service
  return {
    taskDefinition,
    loadBalancers,
    ...placeAnswer(service),
    deploymentConfiguration: deploymentConfiguration as Answer<sdk.DeploymentConfiguration>,
    currentServiceDeployment,
    currentServiceRevisions: taskSets.map(({ taskSetId, taskSetArn }) => {
      const { desired, running, pending } = services.counts(taskSetArn)
      return {
        arn: arn.serviceRevision(service.serviceArn, taskSetId),
        requestedTaskCount: desired,
        runningTaskCount: running,
        pendingTaskCount: pending,
      }
    }),
  }
}

/** An entry of `deployments`; the PRIMARY is the first. */
function deploymentAnswer({ services }: Engine, service: Service, taskSet: TaskSet): Answer<sdk.Deployment> {
  const { desired, running, pending } = services.counts(taskSet.taskSetArn)
  return {
    id: taskSet.taskSetId,
    status: taskSet.status === 'DRAINING' ? 'INACTIVE' : taskSet.status,
    taskDefinition: taskSet.taskDefinition,
    desiredCount: desired,
    pendingCount: pending,
    runningCount: running,
    failedTasks: taskSet.failures.sinceHealthy ?? 0,
    createdAt: new Date(taskSet.createdAt),
    updatedAt: new Date(taskSet.updatedAt),
    ...placeAnswer(taskSet),
    rolloutState: taskSet.rollout?.state,
    rolloutStateReason: taskSet.rollout?.stateReason,
  }
}

/** Where a capacity provider strategy is given there is no launch type. */
function placeAnswer(of: Service | TaskSet): Answer<Partial<sdk.Deployment>> {
  const { launchType, capacityProviderStrategy, platformVersion, networkConfiguration } = of
  return {
    ...(capacityProviderStrategy === undefined ? { launchType } : { capacityProviderStrategy }),
    platformVersion,
    platformFamily: launchType === 'FARGATE' ? 'Linux' : undefined,
    networkConfiguration,
  }
}

/** An EXTERNAL service has of this before its first PRIMARY task set the launch type alone: EC2, whatever it is to be. */
function launchAnswer(service: Service, taskSets: ReturnType<typeof taskSetsOf>): Answer<Partial<sdk.Service>> {
  const primary = taskSets.find(({ status }) => status === 'PRIMARY')
  if (primary === undefined && service.taskDefinition === undefined)
    return { loadBalancers: [], launchType: service.launchType }
  const shown = primary ?? service
  return { taskDefinition: shown.taskDefinition, loadBalancers: shown.loadBalancers, ...placeAnswer(shown) }
}
