import { StopDeploymentCommand, waitUntilDeploymentSuccessful } from '@aws-sdk/client-codedeploy'
import {
  DeleteServiceCommand,
  ListTasksCommand,
  StopTaskCommand,
  waitUntilServicesInactive,
  waitUntilServicesStable,
  waitUntilTasksRunning,
  waitUntilTasksStopped,
} from '@aws-sdk/client-ecs'
import {
  waitUntilLoadBalancerAvailable,
  waitUntilLoadBalancerExists,
  waitUntilLoadBalancersDeleted,
  waitUntilTargetDeregistered,
  waitUntilTargetInService,
} from '@aws-sdk/client-elastic-load-balancing-v2'
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { name } from '../../demo/surroundings.ts'
import { Theatre } from '../survival/theatre.ts'

const patience = { maxWaitTime: 60, minDelay: 1, maxDelay: 1 }
/** Of something that never comes about. */
const impatience = { maxWaitTime: 3, minDelay: 1, maxDelay: 1 }

describe("the SDK's waiters", { timeout: 100_000 }, () => {
  let theatre: Theatre
  before(async () => {
    theatre = await Theatre.open('300ms')
  })
  after(() => theatre?.close())

  test('find the load balancer and its healthy targets', async () => {
    const client = theatre.clients.elb
    const names = { Names: [name] }
    assert.equal((await waitUntilLoadBalancerExists({ client, ...patience }, names)).state, 'SUCCESS')
    assert.equal((await waitUntilLoadBalancerAvailable({ client, ...patience }, names)).state, 'SUCCESS')
    const deleted = await waitUntilLoadBalancersDeleted({ client, ...patience }, { Names: ['never-there'] })
    assert.equal(deleted.state, 'SUCCESS')
    const blue = { TargetGroupArn: theatre.loadBalancing?.blueArn }
    assert.equal((await waitUntilTargetInService({ client, ...patience }, blue)).state, 'SUCCESS')
    const elsewhere = { ...blue, Targets: [{ Id: '127.0.0.1', Port: 1 }] }
    assert.equal((await waitUntilTargetDeregistered({ client, ...patience }, elsewhere)).state, 'SUCCESS')
  })

  test('find a deployment that was stopped to have failed', async () => {
    const client = theatre.clients.codeDeploy
    const deploymentId = await theatre.deploy('there-is-no-such-image:1')
    await client.send(new StopDeploymentCommand({ deploymentId }))
    await assert.rejects(waitUntilDeploymentSuccessful({ client, ...patience }, { deploymentId }), /"state":"FAILURE"/)
  })

  test('never find a service of CodeDeploy stable, and a missing one failed, as on AWS', async () => {
    const client = theatre.clients.ecs
    const service = { cluster: name, services: [name] }
    await assert.rejects(waitUntilServicesStable({ client, ...impatience }, service), { name: 'TimeoutError' })
    const missing = { cluster: name, services: ['missing'] }
    await assert.rejects(waitUntilServicesStable({ client, ...patience }, missing), /"state":"FAILURE"/)
  })

  test('follow tasks and the service to their ends', async () => {
    const client = theatre.clients.ecs
    const cluster = name
    const { taskArns: tasks = [] } = await client.send(
      new ListTasksCommand({ cluster, serviceName: name, desiredStatus: 'RUNNING' }),
    )
    assert.equal((await waitUntilTasksRunning({ client, ...patience }, { cluster, tasks })).state, 'SUCCESS')
    await client.send(new StopTaskCommand({ cluster, task: tasks[0] }))
    const stopped = await waitUntilTasksStopped({ client, ...patience }, { cluster, tasks: tasks.slice(0, 1) })
    assert.equal(stopped.state, 'SUCCESS')
    await assert.rejects(
      waitUntilTasksRunning({ client, ...patience }, { cluster, tasks: tasks.slice(0, 1) }),
      /"state":"FAILURE"/,
    )
    await client.send(new DeleteServiceCommand({ cluster, service: name, force: true }))
    const inactive = await waitUntilServicesInactive({ client, ...patience }, { cluster, services: [name] })
    assert.equal(inactive.state, 'SUCCESS')
  })
})
