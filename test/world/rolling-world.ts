import assert from 'node:assert/strict'
import { arn } from '../../src/domain/identifiers.ts'
import { isOver } from '../../src/domain/service-deployment.ts'
import type { ServiceDeployment } from '../../src/domain/service-deployment.ts'
import type { ServiceDeploymentConfiguration } from '../../src/domain/service-deployment-configuration.ts'
import type { Service } from '../../src/domain/service.ts'
import type { Task } from '../../src/domain/task.ts'
import {
  beginServiceDeployment,
  currentDeployment,
  defaultConfiguration,
} from '../../src/engine/service-deployments.ts'
import { aTaskDefinition, serviceArn, targetGroupArn } from './a-service.ts'
import type { ImageBehaviour } from './memory-runtime.ts'
import { SchedulerWorld } from './scheduler-world.ts'

const place = { region: 'us-east-1', accountId: '000000000000' }

/** A service `web` under the ECS controller; revision N of its definition runs image `web:N`. */
export class RollingWorld extends SchedulerWorld {
  constructor(configuration: Partial<ServiceDeploymentConfiguration> = {}, wishes: Partial<Service> = {}) {
    super({
      deploymentController: 'ECS',
      taskDefinition: arn.taskDefinition(place, 'web', 1),
      loadBalancers: [{ targetGroupArn, containerName: 'web', containerPort: 80 }],
      deploymentConfiguration: { ...defaultConfiguration, ...configuration },
      ...wishes,
    })
  }

  /** The first deployment, to its end. */
  async begun(): Promise<ServiceDeployment> {
    beginServiceDeployment(this, this.service)
    return this.over()
  }

  /** Begins a deployment of the next revision; answers its `deployments` id. */
  deploy(revision: number, behaviour: ImageBehaviour = {}, wishes: Partial<Service> = {}): string {
    const taskDefinitionArn = arn.taskDefinition(place, 'web', revision)
    const { containerDefinitions, ...definition } = aTaskDefinition({ taskDefinitionArn, revision })
    const image = `web:${revision}`
    this.store.taskDefinitions.put(taskDefinitionArn, {
      ...definition,
      containerDefinitions: containerDefinitions.map((container) => ({ ...container, image })),
    })
    this.runtime.images.set(image, behaviour)
    beginServiceDeployment(this, { ...this.service, ...wishes, taskDefinition: taskDefinitionArn })
    const primary = this.store.taskSets.list().find(({ status }) => status === 'PRIMARY')
    assert(primary)
    return primary.taskSetId
  }

  async over(withinSeconds?: number): Promise<ServiceDeployment> {
    await this.until(() => isOver(this.deployment), withinSeconds)
    return this.deployment
  }

  get service(): Service {
    const service = this.store.services.get(serviceArn)
    assert(service)
    return service
  }

  get deployment(): ServiceDeployment {
    const deployment = currentDeployment(this.store, this.service)
    assert(deployment)
    return deployment
  }

  /** Status, rollout state and wanted tasks of each entry of `deployments`. */
  get entries(): readonly string[] {
    return this.store.taskSets
      .list()
      .map(({ status, rollout, taskDefinition }) => `${status} ${rollout?.state} ${taskDefinition.split('/')[1]}`)
  }

  running(revision: number): readonly Task[] {
    return this.withStatus('RUNNING').filter(({ taskDefinitionArn }) => taskDefinitionArn.endsWith(`:${revision}`))
  }
}
