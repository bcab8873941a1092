import {
  CreateTaskSetCommand,
  DeleteTaskSetCommand,
  DescribeServicesCommand,
  DescribeTaskSetsCommand,
  UpdateServiceCommand,
  UpdateServicePrimaryTaskSetCommand,
  UpdateTaskSetCommand,
  waitUntilServicesStable,
} from '@aws-sdk/client-ecs'
import type { Service, TaskSet } from '@aws-sdk/client-ecs'
import { ModifyListenerCommand } from '@aws-sdk/client-elastic-load-balancing-v2'
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import type { Load } from '../../demo/load/index.ts'
import { desiredCount, name, registerTaskDefinition } from '../../demo/surroundings.ts'
import { Theatre, until } from '../survival/theatre.ts'

describe('a service that changes its deployment controller, under load', { timeout: 200_000 }, () => {
  let theatre: Theatre
  let load: Load
  before(async () => {
    theatre = await Theatre.open('300ms')
    load = theatre.startLoad()
  })
  after(() => theatre?.close())

  const place = { cluster: name, service: name }
  const describeService = async (): Promise<Service> => {
    const { services } = await theatre.clients.ecs.send(
      new DescribeServicesCommand({ cluster: name, services: [name] }),
    )
    assert(services?.[0])
    return services[0]
  }

  test('to EXTERNAL is deployed by task sets that the client makes, scales and deletes', async () => {
    const { ecs, elb } = theatre.clients
    const { greenArn = '', productionListenerArn, testListenerArn } = theatre.loadBalancing ?? {}
    const changed = await ecs.send(new UpdateServiceCommand({ ...place, deploymentController: { type: 'EXTERNAL' } }))
    const [blue] = changed.service?.taskSets ?? []
    assert.equal(blue?.status, 'PRIMARY')
    const forward = (listener: string | undefined) =>
      elb.send(
        new ModifyListenerCommand({
          ListenerArn: listener,
          DefaultActions: [{ Type: 'forward', TargetGroupArn: greenArn }],
        }),
      )
    await forward(testListenerArn)
    const { taskSet: made } = await ecs.send(
      new CreateTaskSetCommand({
        ...place,
        taskDefinition: await registerTaskDefinition(theatre.clients, 'hello:2'),
        launchType: 'FARGATE',
        networkConfiguration: blue.networkConfiguration,
        loadBalancers: [{ targetGroupArn: greenArn, containerName: 'web', containerPort: 8080 }],
        scale: { value: 50, unit: 'PERCENT' },
      }),
    )
    const id = made?.id ?? ''
    const steadyWith = (running: number) =>
      until(`the task set is steady with ${running} tasks`, async () => {
        const { taskSets = [] } = await ecs.send(new DescribeTaskSetsCommand({ ...place, taskSets: [id] }))
        const [green]: TaskSet[] = taskSets
        return green?.stabilityStatus === 'STEADY_STATE' && green.runningCount === running
      })
    await steadyWith(desiredCount / 2)
    await ecs.send(new UpdateTaskSetCommand({ ...place, taskSet: id, scale: { value: 100, unit: 'PERCENT' } }))
    await steadyWith(desiredCount)
    await forward(productionListenerArn)
    await ecs.send(new UpdateServicePrimaryTaskSetCommand({ ...place, primaryTaskSet: id }))
    await ecs.send(new DeleteTaskSetCommand({ ...place, taskSet: blue.id, force: true }))
    await until('the old task set is gone', async () => (await describeService()).taskSets?.length === 1)
    const service = await describeService()
    assert.equal(service.taskDefinition, made?.taskDefinition)
    assert.deepEqual(service.deployments, [])
    assert.deepEqual((await load.account()).failures, [])
  })

  test('to ECS is deployed by the calls of the GitHub action for it', async () => {
    const { ecs } = theatre.clients
    await ecs.send(new UpdateServiceCommand({ ...place, deploymentController: { type: 'ECS' } }))
    const former = await describeService()
    assert.equal(former.deployments?.length, 1)
    const formerId = former.deployments[0]?.id
    const { service: updated } = await ecs.send(
      new UpdateServiceCommand({
        ...place,
        taskDefinition: await registerTaskDefinition(theatre.clients, 'hello:1'),
        forceNewDeployment: false,
        enableECSManagedTags: undefined,
        propagateTags: undefined,
        volumeConfigurations: [],
      }),
    )
    const newId = updated?.deployments?.find(({ status }) => status === 'PRIMARY')?.id
    assert.notEqual(newId, formerId)
    const waited = await waitUntilServicesStable(
      { client: ecs, maxWaitTime: 90, minDelay: 1, maxDelay: 1 },
      { cluster: name, services: [name] },
    )
    assert.equal(waited.state, 'SUCCESS')
    const { deployments = [] } = await describeService()
    assert.deepEqual(
      deployments.map(({ id, rolloutState }) => [id, rolloutState]),
      [[newId, 'COMPLETED']],
    )
    await delay(300)
    const account = await load.stop()
    assert.deepEqual(account.failures, [])
    const page = await fetch(theatre.loadBalancing?.productionUrl ?? '')
    assert.equal(page.headers.get('x-hello-version'), '1')
  })
})
