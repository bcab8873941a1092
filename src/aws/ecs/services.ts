import type * as sdk from '@aws-sdk/client-ecs'
import type { Cluster } from '../../domain/cluster.ts'
import type { Place } from '../../domain/identifiers.ts'
import { isOver } from '../../domain/service-deployment.ts'
import type { Service } from '../../domain/service.ts'
import type { Engine } from '../../engine/engine.ts'
import {
  beginServiceDeployment,
  currentDeployment,
  endServiceDeployment,
  forgetServiceDeployments,
} from '../../engine/service-deployments.ts'
import type { Checked, Handlers } from '../handlers.ts'
import { keepUnderController, underController } from './controller-changes.ts'
import { defined } from './defined.ts'
import { invalidParameter, serviceNotActive, serviceNotFound } from './errors.ts'
import { findActiveCluster, findCluster, findService, serviceArn, taskSetsOf } from './names.ts'
import { page } from './pages.ts'
import { serviceAnswer } from './service-answers.ts'
import { withDeployedSettings } from './service-redeployments.ts'
import { newService } from './service-creations.ts'
import { checkSettings, recordedSettings } from './service-settings.ts'
import { checkUpdate, updatedController } from './service-updates.ts'

export const services = (engine: Engine) =>
  ({
    CreateService(input, call) {
      return { service: serviceAnswer(engine, createService(engine, call, input), true) }
    },
    DescribeServices({ cluster: clusterName, services: names, include = [] }, call) {
      if (names.length === 0) throw invalidParameter('Services cannot be empty.')
      if (names.length > 10) throw invalidParameter('Services can have at most 10 items.')
      const cluster = findCluster(engine, call, clusterName)
      const keys = names.map((name) => serviceArn(call, cluster, name))
      const withTags = include.includes('TAGS')
      return {
        services: keys.flatMap((key) => {
          const service = engine.store.services.get(key)
          return service === undefined ? [] : [serviceAnswer(engine, service, withTags)]
        }),
        failures: keys.flatMap((key) => (engine.store.services.has(key) ? [] : [{ arn: key, reason: 'MISSING' }])),
      }
    },
    ListServices({ cluster: clusterName, nextToken, maxResults, ...filters }, call) {
      const cluster = findCluster(engine, call, clusterName)
      const listed = engine.store.services
        .list()
        .filter((service) => service.clusterArn === cluster.clusterArn && service.status !== 'INACTIVE')
        .filter((service) => matches(service, filters))
      const scope = ['ListServices', cluster.clusterArn, filters]
      const shown = page(listed, (service) => service.serviceArn, { scope, nextToken, maxResults, defaultSize: 10 })
      return { serviceArns: shown.items.map((service) => service.serviceArn), nextToken: shown.nextToken }
    },
    UpdateService(input, call) {
      const cluster = findActiveCluster(engine, call, input.cluster)
      const found = findService(engine.store, call, cluster, input.service)
      const service = updateService(engine, call, cluster, found, input)
      return { service: serviceAnswer(engine, service, true) }
    },
    DeleteService({ cluster: clusterName, service: name, force = false }, call) {
      const cluster = findCluster(engine, call, clusterName)
      const service = deleteService(engine, findService(engine.store, call, cluster, name), force)
      return { service: serviceAnswer(engine, service, true) }
    },
  }) satisfies Handlers<typeof sdk>

/** The same call made again, with or without the same clientToken, answers the service it made. */
function createService(engine: Engine, place: Place, input: Checked<sdk.CreateServiceRequest>): Service {
  const cluster = findActiveCluster(engine, place, input.cluster)
  const existing = engine.store.services.get(serviceArn(place, cluster, input.serviceName))
  const createdFrom = textOf(input)
  if (existing?.status === 'DRAINING') throw invalidParameter('Unable to Start a service that is still Draining.')
  if (existing?.status === 'ACTIVE') {
    if (existing.createdFrom === createdFrom) return existing
    throw invalidParameter('Creation of service was not idempotent.')
  }
  const service = keepService(engine, { ...newService(engine, place, cluster, input), createdFrom })
  engine.serviceDeployments.takeUp(service.serviceArn)
  return service
}

/** Under ECS the first deployment begins with the service, under CODE_DEPLOY the first task set. */
function keepService(engine: Engine, service: Service): Service {
  const { store, services: scheduler, chance } = engine
  return store.transaction(() => {
    if (service.deploymentController === 'ECS') {
      forgetServiceDeployments(store, service.serviceArn)
      return beginServiceDeployment(engine, service)
    }
    store.services.put(service.serviceArn, service)
    if (service.deploymentController === 'CODE_DEPLOY' && service.taskDefinition !== undefined) {
      const {
        serviceArn: key,
        taskDefinition,
        loadBalancers,
        launchType,
        platformVersion,
        capacityProviderStrategy,
        networkConfiguration,
      } = service
      scheduler.createTaskSet({
        taskSetId: `ecs-svc/${chance.digits(19)}`,
        serviceArn: key,
        taskDefinition,
        loadBalancers,
        scalePercent: 100,
        status: 'PRIMARY',
        launchType,
        ...defined({ platformVersion, capacityProviderStrategy, networkConfiguration }),
      })
    }
    return store.services.get(service.serviceArn) ?? service
  })
}

/** CreateService's input in one order of members, without what may differ between two calls for the same service. */
function textOf({ cluster: _cluster, clientToken: _clientToken, ...input }: Checked<sdk.CreateServiceRequest>): string {
  return JSON.stringify(input, (_key, value: unknown) =>
    value !== null && typeof value === 'object' && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).toSorted(([one], [other]) => (one < other ? -1 : 1)))
      : value,
  )
}

function matches(
  service: Service,
  filters: Pick<sdk.ListServicesRequest, 'launchType' | 'schedulingStrategy' | 'resourceManagementType'>,
): boolean {
  const { launchType, schedulingStrategy = 'REPLICA', resourceManagementType = 'CUSTOMER' } = filters
  if (schedulingStrategy !== 'REPLICA' || resourceManagementType !== 'CUSTOMER') return false
  return launchType === undefined || launchType === service.launchType
}

/** Under ECS a change of what tasks are made of begins a deployment, which replaces one that is running. */
function updateService(
  engine: Engine,
  place: Place,
  cluster: Cluster,
  service: Service,
  input: Checked<sdk.UpdateServiceRequest>,
): Service {
  if (service.status !== 'ACTIVE') throw serviceNotActive()
  const { store } = engine
  const controller = updatedController(store, service, input)
  if (controller !== 'ECS') checkUpdate(service, controller, input)
  checkSettings(input, service.launchType, controller)
  const moved = underController(service, controller)
  const updated: Service = {
    ...moved,
    desiredCount: input.desiredCount ?? service.desiredCount,
    healthCheckGracePeriodSeconds: input.healthCheckGracePeriodSeconds ?? service.healthCheckGracePeriodSeconds,
    recorded: recordedSettings(input, controller, moved.recorded),
  }
  const changed = store.transaction(() => {
    const kept = moved === service ? updated : keepUnderController(engine, updated)
    const deployed =
      controller === 'ECS'
        ? withDeployedSettings(engine, place, cluster, kept, input)
        : { service: kept, needsDeployment: false }
    if (deployed.needsDeployment) return beginServiceDeployment(engine, deployed.service)
    store.services.put(service.serviceArn, deployed.service)
    return deployed.service
  })
  engine.serviceDeployments.takeUp(service.serviceArn)
  return changed
}

/** From here on nothing is wanted of it: its tasks are drained and stopped, and then it is INACTIVE. */
function deleteService(engine: Engine, service: Service, force: boolean): Service {
  const { store, clock } = engine
  if (service.status === 'INACTIVE') throw serviceNotFound()
  if (service.status === 'DRAINING') return service
  if (!force) checkDeletable(service, taskSetsOf(store, service).length)
  const deleted: Service = { ...service, status: 'DRAINING', desiredCount: 0 }
  return store.transaction(() => {
    const running = currentDeployment(store, service)
    if (running !== undefined && !isOver(running)) {
      const statusReason = 'Service deployment was stopped because the service was deleted.'
      endServiceDeployment(engine, service, running, { status: 'STOPPED', statusReason, stoppedAt: clock.now() })
    }
    store.services.put(service.serviceArn, deleted)
    return deleted
  })
}

function checkDeletable({ desiredCount, deploymentController }: Service, taskSets: number): void {
  if (desiredCount > 0) throw invalidParameter('The service cannot be stopped while it is scaled above 0.')
  if (deploymentController === 'CODE_DEPLOY' && taskSets > 1) {
    throw invalidParameter('The service cannot be stopped while deployments are active.')
  }
  if (deploymentController === 'EXTERNAL' && taskSets > 0) {
    throw invalidParameter('The service cannot be stopped while it has task sets. Delete them first, or use force.')
  }
}
