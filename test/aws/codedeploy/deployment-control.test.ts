import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  ContinueDeploymentCommand,
  PutLifecycleEventHookExecutionStatusCommand,
  SkipWaitTimeForInstanceTerminationCommand,
  StopDeploymentCommand,
  type DeploymentWaitType,
  type LifecycleEventStatus,
} from '@aws-sdk/client-codedeploy'
import { createDeployment, createGroup, openWorld, refuses, type ApiWorld } from './api-world.ts'

async function runningDeployment(t: Parameters<typeof openWorld>[0]) {
  const world = await openWorld(t)
  await createGroup(world)
  const deploymentId = await createDeployment(world)
  installing(world, deploymentId)
  return { world, deploymentId }
}

/** As it is while green is being installed. */
function installing(world: ApiWorld, deploymentId: string): void {
  const lifecycleEvents = [{ lifecycleEventName: 'Install', status: 'InProgress' }] as const
  world.deployments.become(deploymentId, { status: 'InProgress', startTime: 1, lifecycleEvents })
}

function stop({ client }: ApiWorld, deploymentId: string, autoRollbackEnabled?: boolean) {
  return client.send(new StopDeploymentCommand({ deploymentId, autoRollbackEnabled }))
}

function proceed({ client }: ApiWorld, deploymentId: string | undefined, deploymentWaitType?: DeploymentWaitType) {
  return client.send(new ContinueDeploymentCommand({ deploymentId, deploymentWaitType }))
}

test('a stop is passed on once, and says what becomes of the traffic', async (t) => {
  const { world, deploymentId } = await runningDeployment(t)
  const first = await stop(world, deploymentId, true)
  assert.equal(first.status, 'Pending')
  assert.equal(
    first.statusMessage,
    `The deployment ${deploymentId} is being stopped. Then a rollback deployment returns the traffic to the original task set.`,
  )
  const second = await stop(world, deploymentId, false)
  assert.deepEqual([second.status, second.statusMessage], [first.status, first.statusMessage])
  assert.deepEqual(world.deployments.calls, [`stop ${deploymentId} true`])
})

test('what is not said of the rollback is as the deployment is configured', async (t) => {
  const { world, deploymentId } = await runningDeployment(t)
  const answer = await stop(world, deploymentId)
  assert.match(answer.statusMessage ?? '', /No rollback is configured: task sets and traffic stay as they are\.$/)
  assert.deepEqual(world.deployments.calls, [`stop ${deploymentId} undefined`])
  world.deployments.become(deploymentId, { status: 'Stopped' })
  const events = ['DEPLOYMENT_STOP_ON_REQUEST' as const]
  const other = await createDeployment(world, { autoRollbackConfiguration: { enabled: true, events } })
  installing(world, other)
  assert.match((await stop(world, other)).statusMessage ?? '', /Then a rollback deployment returns the traffic/)
  world.deployments.become(other, { status: 'Stopped' })
  const rollback = await createDeployment(world)
  world.deployments.become(rollback, { creator: 'codeDeployRollback' })
  assert.match((await stop(world, rollback)).statusMessage ?? '', /It is a rollback; task sets and traffic stay/)
})

test('a deployment that has ended, or is past the point of no return, is not stopped', async (t) => {
  const { world, deploymentId } = await runningDeployment(t)
  const code = 'DeploymentAlreadyCompletedException'
  world.deployments.become(deploymentId, { pastPointOfNoReturn: true })
  await refuses(stop(world, deploymentId), code, /the original task set is already being terminated\.$/)
  world.deployments.become(deploymentId, { pastPointOfNoReturn: true, creator: 'codeDeployRollback' })
  await refuses(stop(world, deploymentId), code, /the replacement task set is already being terminated\.$/)
  for (const status of ['Succeeded', 'Failed', 'Stopped'] as const) {
    world.deployments.become(deploymentId, { status })
    await refuses(stop(world, deploymentId), code, `The deployment ${deploymentId} has already ended: it is ${status}.`)
    await refuses(proceed(world, deploymentId), code, /has already ended/)
    await refuses(
      world.client.send(new SkipWaitTimeForInstanceTerminationCommand({ deploymentId })),
      code,
      /has already ended/,
    )
  }
  assert.deepEqual(world.deployments.calls, [])
})

test('the wait before traffic is rerouted is ended while the deployment is Ready', async (t) => {
  const { world, deploymentId } = await runningDeployment(t)
  await refuses(
    proceed(world, deploymentId, 'READY_WAIT'),
    'DeploymentIsNotInReadyStateException',
    /is InProgress, not Ready/,
  )
  world.deployments.become(deploymentId, { status: 'Ready' })
  await proceed(world, deploymentId, 'READY_WAIT')
  await proceed(world, deploymentId)
  assert.deepEqual(world.deployments.calls, [
    `continue ${deploymentId} READY_WAIT`,
    `continue ${deploymentId} READY_WAIT`,
  ])
})

test('the wait before the original task set is terminated is ended once it has begun', async (t) => {
  const { world, deploymentId } = await runningDeployment(t)
  const code = 'InvalidDeploymentStatusException'
  const skip = () => world.client.send(new SkipWaitTimeForInstanceTerminationCommand({ deploymentId }))
  await refuses(proceed(world, deploymentId, 'TERMINATION_WAIT'), code, /the wait begins after AfterAllowTraffic/)
  await refuses(skip(), code, /the wait begins after AfterAllowTraffic/)
  world.deployments.become(deploymentId, { instanceTerminationWaitTimeStarted: true })
  await proceed(world, deploymentId, 'TERMINATION_WAIT')
  await skip()
  const call = `continue ${deploymentId} TERMINATION_WAIT`
  assert.deepEqual(world.deployments.calls, [call, call])
  world.deployments.become(deploymentId, { pastPointOfNoReturn: true })
  await refuses(proceed(world, deploymentId, 'TERMINATION_WAIT'), code, /the wait is over/)
})

test('what is missing or unknown is refused', async (t) => {
  const { world, deploymentId } = await runningDeployment(t)
  const wrong = 'WAIT' as DeploymentWaitType
  await refuses(proceed(world, deploymentId, wrong), 'InvalidDeploymentWaitTypeException', /'WAIT'/)
  const status = 'Maybe' as LifecycleEventStatus
  const report = new PutLifecycleEventHookExecutionStatusCommand({ deploymentId, status })
  await refuses(world.client.send(report), 'InvalidLifecycleEventHookExecutionStatusException', /'Maybe'/)
  await refuses(proceed(world, undefined), 'DeploymentIdRequiredException', /missing/)
  await refuses(proceed(world, 'd-ZZZZZZZZZ'), 'DeploymentDoesNotExistException', /d-ZZZZZZZZZ/)
  await refuses(stop(world, 'nonsense'), 'InvalidDeploymentIdException', /'nonsense'/)
  const skip = (id?: string) => world.client.send(new SkipWaitTimeForInstanceTerminationCommand({ deploymentId: id }))
  await refuses(skip(), 'DeploymentIdRequiredException', /missing/)
  world.deployments.become(deploymentId, { status: 'Failed' })
  const created = await createDeployment(world)
  await refuses(skip(created), 'DeploymentNotStartedException', /has not started yet/)
})
