import assert from 'node:assert/strict'
import { test } from 'node:test'
import { arn } from '../../src/domain/identifiers.ts'
import { Store } from '../../src/engine/store.ts'
import { aService, aTask, aTaskSet, serviceArn, targetGroupArn } from '../world/a-service.ts'
import { SchedulerWorld } from '../world/scheduler-world.ts'
import { MemoryPersistence } from '../world/memory-persistence.ts'
import { journalKey } from '../../src/domain/journal.ts'
import { aDeployment } from '../world/a-deployment.ts'

const clusterArn = arn.cluster({ region: 'us-east-1', accountId: '000000000000' }, 'prod')

test('services at rest are not looked at, however many there are and however much time passes', async () => {
  const world = await aTownAtRest(100)
  const { looks } = world.scheduler
  await world.pass(1_800)
  assert.equal(world.scheduler.looks, looks)
})

test('what changes about one service is looked at there and nowhere else', async () => {
  const world = await aTownAtRest(100)
  const { looks } = world.scheduler
  const service = world.store.services.get(serviceArn)
  assert(service)
  world.store.services.put(serviceArn, { ...service, desiredCount: 3 })
  await world.until(() => world.store.tasks.ofService(serviceArn).length === 3)
  await world.pass(600)
  const looksOfOne = world.scheduler.looks - looks
  assert(looksOfOne < 40, `${looksOfOne} looks for one more task`)
})

test("a target's health, an alarm and a container's end concern the service they belong to", async () => {
  const world = await aTownAtRest(5)
  let { looks } = world.scheduler
  const looked = async (): Promise<boolean> => {
    await world.pass(1)
    const isSo = world.scheduler.looks > looks
    ;({ looks } = world.scheduler)
    return isSo
  }
  world.loadBalancing.report(`${targetGroupArn}x`, { id: '127.0.0.1', port: 1 }, { state: 'healthy' })
  assert.equal(await looked(), false)
  const [task] = world.tasks
  const [endpoint] = task?.endpoints ?? []
  assert(task && endpoint)
  world.loadBalancing.report(targetGroupArn, { id: endpoint.host, port: endpoint.port }, { state: 'healthy' })
  assert.equal(await looked(), true)
  world.runtime.exit(task.taskId, 1)
  assert.equal(await looked(), true)
})

test('a restart reads one row of a past deployment and none of its journal', () => {
  const disk = new MemoryPersistence()
  const store = new Store(disk)
  for (let number = 0; number < 200; number += 1) {
    const deploymentId = `d-${number}`
    store.deployments.put(deploymentId, { ...aDeployment({ deploymentId }), status: 'Succeeded' })
    for (let position = 0; position < 20; position += 1) {
      const step = { kind: 'recordStatus', status: 'InProgress' } as const
      store.journal.put(journalKey(deploymentId, position), { deploymentId, position, step, begunAt: 0 })
    }
  }
  assert.equal([...disk.load()].length, 200)
  assert.equal(new Store(disk).journal.get(journalKey('d-150', 19))?.position, 19)
})

/** One steady service of two tasks, and so many more of one task each that are steady as well. */
async function aTownAtRest(others: number): Promise<SchedulerWorld> {
  const world = new SchedulerWorld()
  world.createTaskSet()
  await world.steady()
  for (let number = 0; number < others; number += 1) {
    const name = `other-${number}`
    const otherArn = arn.service(clusterArn, name)
    const otherTaskSetArn = arn.taskSet(otherArn, aTaskSet().taskSetId)
    const taskSetId = aTaskSet().taskSetId
    world.store.transaction(() => {
      world.store.services.put(otherArn, aService({ serviceArn: otherArn, serviceName: name, desiredCount: 1 }))
      world.store.taskSets.put(
        otherTaskSetArn,
        aTaskSet({
          taskSetArn: otherTaskSetArn,
          serviceArn: otherArn,
          loadBalancers: [],
          stabilityStatus: 'STEADY_STATE',
        }),
      )
    })
    const task = aTask(`task-of-${name}`, { serviceArn: otherArn, taskSetId, healthyAt: 0 })
    world.store.tasks.put(task.taskArn, task)
  }
  await world.pass(7_200)
  return world
}
