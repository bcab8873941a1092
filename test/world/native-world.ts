import assert from 'node:assert/strict'
import { arn } from '../../src/domain/identifiers.ts'
import type { ServiceDeploymentConfiguration } from '../../src/domain/service-deployment-configuration.ts'
import { isOver } from '../../src/domain/service-deployment.ts'
import type { ServiceDeployment } from '../../src/domain/service-deployment.ts'
import type { Service } from '../../src/domain/service.ts'
import { beginServiceDeployment } from '../../src/engine/service-deployments.ts'
import { World } from './deployment-world.ts'
import { furnish, names, putTaskDefinition } from './furnished-world.ts'
import { SeededChance } from './seeded-chance.ts'
import type { Behaviour } from './simulated-machine.ts'

const percents = { maximumPercent: 200, minimumHealthyPercent: 100 }
export const productionRule = arn.rule(names.prodListenerArn, 'default')
export const testRule = arn.rule(names.testListenerArn, 'default')

/** A service under the ECS controller whose first deployment, with strategy BLUE_GREEN, is over: two tasks in `web-blue`. */
export async function aNativeWorld(): Promise<NativeWorld> {
  const world = new NativeWorld()
  const { store } = world.engine
  furnish(store, { desiredCount: 2, now: world.clock.now() })
  putWeights(world, names.prodListenerArn, 100)
  putWeights(world, names.testListenerArn, 100)
  world.configure({
    deploymentController: 'ECS',
    loadBalancers: [
      {
        targetGroupArn: names.blueArn,
        containerName: 'web',
        containerPort: 80,
        advancedConfiguration: {
          alternateTargetGroupArn: names.greenArn,
          productionListenerRule: productionRule,
          testListenerRule: testRule,
        },
      },
    ],
  })
  void world.engine.start()
  assert.equal((await world.deployed({})).status, 'SUCCESSFUL')
  return world
}

/** Sets what both listeners' default actions say, behind the back of any deployment. */
export function putWeights(world: World, listenerArn: string, blueWeight: number): void {
  const { store } = world.engine
  const listener = store.listeners.get(listenerArn)
  assert(listener)
  const targetGroups = [
    { targetGroupArn: names.blueArn, weight: blueWeight },
    { targetGroupArn: names.greenArn, weight: 100 - blueWeight },
  ]
  store.listeners.put(listenerArn, { ...listener, defaultActions: [{ type: 'forward', targetGroups }] })
}

export class NativeWorld extends World {
  readonly #dice = new SeededChance(11)
  #revision = 0

  configure(wishes: Partial<Service>): void {
    this.engine.store.services.put(names.serviceArn, { ...this.service, ...wishes })
  }

  /** Begins a deployment of the next revision, which behaves so; answers its ARN. */
  begin(configuration: Partial<ServiceDeploymentConfiguration>, behaviour: Behaviour = 'good'): string {
    const { store, serviceDeployments } = this.engine
    this.#revision += 1
    putTaskDefinition(store, this.#revision, behaviour)
    const service = beginServiceDeployment(
      { store, clock: this.clock, chance: this.#dice },
      {
        ...this.service,
        taskDefinition: names.taskDefinition(this.#revision),
        deploymentConfiguration: { strategy: 'BLUE_GREEN', ...percents, ...configuration },
      },
    )
    serviceDeployments.takeUp(names.serviceArn)
    return service.currentServiceDeployment ?? ''
  }

  async deployed(
    configuration: Partial<ServiceDeploymentConfiguration>,
    behaviour: Behaviour = 'good',
  ): Promise<ServiceDeployment> {
    return this.over(this.begin(configuration, behaviour))
  }

  async over(key: string): Promise<ServiceDeployment> {
    await this.until(() => isOver(this.at(key)))
    return this.at(key)
  }

  at(key: string): ServiceDeployment {
    const deployment = this.engine.store.serviceDeployments.get(key)
    assert(deployment)
    return deployment
  }

  /** As the API asks for it. */
  ask(key: string, status: 'ROLLBACK_REQUESTED' | 'STOP_REQUESTED'): void {
    this.engine.store.serviceDeployments.put(key, { ...this.at(key), status })
  }

  answer(key: string, answer: 'CONTINUE' | 'ROLLBACK'): void {
    const deployment = this.at(key)
    const lifecycleHookDetails = (deployment.lifecycleHookDetails ?? []).map((each) =>
      each.status === 'AWAITING_ACTION' ? { ...each, answer } : each,
    )
    this.engine.store.serviceDeployments.put(key, { ...deployment, lifecycleHookDetails })
  }

  get service(): Service {
    const service = this.engine.store.services.get(names.serviceArn)
    assert(service)
    return service
  }

  /** `PRIMARY COMPLETED web:2 in web-green`, of each entry of the service's `deployments`. */
  get entries(): readonly string[] {
    return this.engine.store.taskSets
      .list()
      .filter(({ status }) => status !== 'DRAINING')
      .map(
        ({ status, rollout, taskDefinition, loadBalancers }) =>
          `${status} ${rollout?.state} ${taskDefinition.split('/')[1]} in ${loadBalancers[0]?.targetGroupArn.split('/')[1]}`,
      )
  }
}
