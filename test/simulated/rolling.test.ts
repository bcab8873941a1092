import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { isOver } from '../../src/domain/service-deployment.ts'
import type { ServiceDeployment } from '../../src/domain/service-deployment.ts'
import {
  beginServiceDeployment,
  currentDeployment,
  defaultConfiguration,
} from '../../src/engine/service-deployments.ts'
import { World } from '../world/deployment-world.ts'
import { furnish, names, putTaskDefinition } from '../world/furnished-world.ts'
import { SeededChance } from '../world/seeded-chance.ts'
import type { Behaviour } from '../world/simulated-machine.ts'

/** A service of two tasks that has been deployed once, and the deployment of a second revision, which may be bad. */
async function rollingUpdate(behaviour: Behaviour, killAfterWrites?: number): Promise<World> {
  const world = new World()
  const chance = new SeededChance(3)
  furnish(world.engine.store, { desiredCount: 2, now: world.clock.now() })
  const begin = (revision: number): void => {
    const { store } = world.engine
    const service = store.services.get(names.serviceArn)
    assert(service)
    beginServiceDeployment(
      { store, clock: world.clock, chance },
      {
        ...service,
        deploymentController: 'ECS',
        taskDefinition: names.taskDefinition(revision),
        deploymentConfiguration: {
          ...defaultConfiguration,
          deploymentCircuitBreaker: { enable: true, rollback: true },
        },
      },
    )
  }
  begin(1)
  void world.engine.start()
  await world.until(() => isOver(current(world)))
  putTaskDefinition(world.engine.store, 2, behaviour)
  begin(2)
  if (killAfterWrites !== undefined) world.killAfterWrites(killAfterWrites)
  await world.until(() => isOver(current(world)))
  await world.until(() =>
    world.engine.store.tasks.list().every(({ lastStatus }) => lastStatus === 'RUNNING' || lastStatus === 'STOPPED'),
  )
  return world
}

function current({ engine: { store } }: World): ServiceDeployment {
  const service = store.services.get(names.serviceArn)
  const deployment = service && currentDeployment(store, service)
  assert(deployment)
  return deployment
}

describe('an engine that is killed at any write of a rolling update', () => {
  for (const [behaviour, status, revision] of [
    ['good', 'SUCCESSFUL', 2],
    ['crashes', 'ROLLBACK_SUCCESSFUL', 1],
    ['sick', 'ROLLBACK_SUCCESSFUL', 1],
  ] as const) {
    test(`leaves one which the next engine brings to its end: ${status} with a ${behaviour} revision`, async () => {
      let kills = 0
      for (let write = 1; ; write++) {
        const world = await rollingUpdate(behaviour, write)
        const { store } = world.engine
        assert.equal(current(world).status, status, `killed after write ${write}`)
        const running = store.tasks.list().filter(({ lastStatus }) => lastStatus === 'RUNNING')
        assert.deepEqual(
          running.map(({ taskDefinitionArn }) => taskDefinitionArn),
          [names.taskDefinition(revision), names.taskDefinition(revision)],
          `killed after write ${write}`,
        )
        assert.deepEqual(
          [...world.machine.runningTasks].toSorted(),
          running.map(({ taskId }) => taskId).toSorted(),
          'no task is left over',
        )
        if (!world.wasKilled) break
        kills += 1
      }
      assert(kills > 10, `${kills} writes`)
    })
  }
})
