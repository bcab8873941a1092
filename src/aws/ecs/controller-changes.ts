import type { ServiceDeploymentConfiguration } from '../../domain/service-deployment-configuration.ts'
import type { DeploymentController, Service } from '../../domain/service.ts'
import type { Engine } from '../../engine/engine.ts'
import { adoptPrimary, defaultConfiguration, rolloutsOf } from '../../engine/service-deployments.ts'

/**
 * The service as it is under a controller: the deployment configuration is acted on under ECS, and only recorded under the
 * others.
 */
export function underController(service: Service, deploymentController: DeploymentController): Service {
  if (service.deploymentController === deploymentController) return service
  const {
    deploymentConfiguration,
    completedServiceRevision: _completed,
    currentServiceDeployment: _last,
    ...others
  } = service
  if (deploymentController !== 'ECS') {
    const { maximumPercent, minimumHealthyPercent } = deploymentConfiguration ?? defaultConfiguration
    const recorded = { ...service.recorded, deploymentConfiguration: { maximumPercent, minimumHealthyPercent } }
    return { ...others, deploymentController, recorded }
  }
  const { deploymentConfiguration: before, ...recorded } = service.recorded
  const percents = before as Partial<Pick<ServiceDeploymentConfiguration, 'maximumPercent' | 'minimumHealthyPercent'>>
  const { maximumPercent, minimumHealthyPercent } = { ...defaultConfiguration, ...percents }
  return {
    ...others,
    deploymentController,
    recorded,
    deploymentConfiguration: { strategy: 'ROLLING', maximumPercent, minimumHealthyPercent },
  }
}

/** Keeps the service with its PRIMARY task set as the new controller has it: no task stops and none starts. */
export function keepUnderController(engine: Engine, service: Service): Service {
  const { store } = engine
  return store.transaction(() => {
    store.services.put(service.serviceArn, service)
    const primary = rolloutsOf(store, service.serviceArn).find(({ status }) => status === 'PRIMARY')
    if (primary === undefined) return service
    if (service.deploymentController === 'ECS') return adoptPrimary(engine, service, primary)
    const { rollout: _rollout, ...taskSet } = primary
    store.taskSets.put(taskSet.taskSetArn, taskSet)
    return service
  })
}
