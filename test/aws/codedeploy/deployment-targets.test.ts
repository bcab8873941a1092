import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  BatchGetDeploymentTargetsCommand,
  GetDeploymentTargetCommand,
  ListDeploymentTargetsCommand,
} from '@aws-sdk/client-codedeploy'
import { names } from '../../world/furnished-world.ts'
import { createDeployment, createGroup, openWorld, refuses, type ApiWorld } from './api-world.ts'

const targetId = 'prod:web'

function get({ client }: ApiWorld, deploymentId: string, id: string | undefined = targetId) {
  return client.send(new GetDeploymentTargetCommand({ deploymentId, targetId: id }))
}

test('the target of a deployment is its service, with its lifecycle events and task sets', async (t) => {
  const world = await openWorld(t)
  await createGroup(world)
  const deploymentId = await createDeployment(world)
  const begun = world.time.now + 10
  world.deployments.become(deploymentId, {
    status: 'InProgress',
    startTime: begun,
    lastUpdatedAt: begun + 20,
    lifecycleEvents: [
      { lifecycleEventName: 'BeforeInstall', status: 'Succeeded', startTime: begun, endTime: begun + 10 },
      {
        lifecycleEventName: 'Install',
        status: 'InProgress',
        startTime: begun + 20,
        message: '1 of 2 tasks is healthy.',
      },
      { lifecycleEventName: 'AfterInstall', status: 'Pending' },
    ],
  })
  const counts = { desiredCount: 2, pendingCount: 0, runningCount: 2 }
  world.deployments.shownTaskSets = [
    {
      taskSetId: 'ecs-svc/1',
      taskSetLabel: 'Blue',
      status: 'PRIMARY',
      trafficWeight: 90,
      targetGroupName: 'web-blue',
      ...counts,
    },
    {
      taskSetId: 'ecs-svc/2',
      taskSetLabel: 'Green',
      status: 'ACTIVE',
      trafficWeight: 10,
      targetGroupName: 'web-green',
      ...counts,
    },
  ]
  const { deploymentTarget } = await get(world, deploymentId)
  const expected = {
    deploymentTargetType: 'ECSTarget',
    ecsTarget: {
      deploymentId,
      targetId,
      targetArn: names.serviceArn,
      lastUpdatedAt: new Date(begun + 20),
      lifecycleEvents: [
        {
          lifecycleEventName: 'BeforeInstall',
          status: 'Succeeded',
          startTime: new Date(begun),
          endTime: new Date(begun + 10),
        },
        {
          lifecycleEventName: 'Install',
          status: 'InProgress',
          startTime: new Date(begun + 20),
          diagnostics: { errorCode: 'Success', message: '1 of 2 tasks is healthy.' },
        },
        { lifecycleEventName: 'AfterInstall', status: 'Pending' },
      ],
      status: 'InProgress',
      taskSetsInfo: [
        {
          identifer: 'ecs-svc/1',
          ...counts,
          status: 'PRIMARY',
          trafficWeight: 90,
          targetGroup: { name: 'web-blue' },
          taskSetLabel: 'Blue',
        },
        {
          identifer: 'ecs-svc/2',
          ...counts,
          status: 'ACTIVE',
          trafficWeight: 10,
          targetGroup: { name: 'web-green' },
          taskSetLabel: 'Green',
        },
      ],
    },
  }
  assert.deepEqual(deploymentTarget, expected)
  const batch = await world.client.send(new BatchGetDeploymentTargetsCommand({ deploymentId, targetIds: [targetId] }))
  assert.deepEqual(batch.deploymentTargets, [expected])
})

test('a hook that has not reported is told from one that a stop was quicker than', async (t) => {
  const world = await openWorld(t)
  await createGroup(world)
  const deploymentId = await createDeployment(world)
  const event = 'BeforeInstall' as const
  const execution = { event, functionName: 'check', executionId: 'id', startedAt: 1, closed: true }
  for (const [code, verdict, expected] of [
    ['HOOK_EXECUTION_FAILURE', undefined, 'ScriptTimedOut'],
    ['HOOK_EXECUTION_FAILURE', 'Failed', 'ScriptFailed'],
    ['MANUAL_STOP', undefined, 'UnknownError'],
    ['ALARM_ACTIVE', 'Succeeded', 'UnknownError'],
  ] as const) {
    world.deployments.become(deploymentId, {
      status: code === 'HOOK_EXECUTION_FAILURE' ? 'Failed' : 'Stopped',
      errorInformation: { code, message: 'It ended.' },
      lifecycleEvents: [{ lifecycleEventName: event, status: 'Failed', message: 'It ended.' }],
      hookExecutions: [{ ...execution, ...(verdict === undefined ? {} : { verdict: { status: verdict, at: 2 } }) }],
    })
    const { deploymentTarget } = await get(world, deploymentId)
    const [shown] = deploymentTarget?.ecsTarget?.lifecycleEvents ?? []
    assert.equal(shown?.diagnostics?.errorCode, expected, code)
  }
})

test("the status of the target follows the deployment's", async (t) => {
  const world = await openWorld(t)
  await createGroup(world)
  const deploymentId = await createDeployment(world)
  for (const [status, expected] of [
    ['InProgress', 'InProgress'],
    ['Ready', 'Ready'],
    ['Succeeded', 'Succeeded'],
    ['Failed', 'Failed'],
    ['Stopped', 'Failed'],
  ] as const) {
    world.deployments.become(deploymentId, { status, startTime: 1 })
    assert.equal((await get(world, deploymentId)).deploymentTarget?.ecsTarget?.status, expected)
  }
})

test('a target is named even when its service is gone, and when the group names it by ARN', async (t) => {
  const world = await openWorld(t)
  await createGroup(world, { ecsServices: [{ serviceName: names.serviceArn, clusterName: names.clusterArn }] })
  const deploymentId = await createDeployment(world)
  world.deployments.become(deploymentId, { status: 'Failed' })
  world.store.services.delete(names.serviceArn)
  const { deploymentTarget } = await get(world, deploymentId)
  assert.equal(deploymentTarget?.ecsTarget?.targetId, targetId)
  assert.equal(deploymentTarget?.ecsTarget?.targetArn, names.serviceArn)
})

test('a deployment that has not started has no targets yet', async (t) => {
  const world = await openWorld(t)
  await createGroup(world)
  const deploymentId = await createDeployment(world)
  const message = `The deployment ${deploymentId} is Created and has not started yet. Ask again in a moment.`
  const code = 'DeploymentNotStartedException'
  await refuses(get(world, deploymentId), code, message)
  await refuses(
    world.client.send(new BatchGetDeploymentTargetsCommand({ deploymentId, targetIds: [targetId] })),
    code,
    message,
  )
  await refuses(world.client.send(new ListDeploymentTargetsCommand({ deploymentId })), code, message)
})

test('targets are listed, and filtered by status', async (t) => {
  const world = await openWorld(t)
  await createGroup(world)
  const deploymentId = await createDeployment(world)
  world.deployments.become(deploymentId, { status: 'InProgress', startTime: 1 })
  const list = async (targetFilters?: Record<string, string[]>, nextToken?: string) => {
    const command = new ListDeploymentTargetsCommand({ deploymentId, targetFilters, nextToken })
    return (await world.client.send(command)).targetIds
  }
  assert.deepEqual(await list(), [targetId])
  assert.deepEqual(await list({ TargetStatus: ['Failed', 'InProgress'] }), [targetId])
  assert.deepEqual(await list({ TargetStatus: ['Failed'] }), [])
  await refuses(
    list({ TargetStatus: ['Done'] }),
    'InvalidInstanceStatusException',
    /'Done' is not a status of a target/,
  )
  await refuses(
    list({ ServerInstanceLabel: ['Blue'] }),
    'InvalidTargetFilterNameException',
    /ServerInstanceLabel can not/,
  )
  await refuses(list({ Colour: ['Blue'] }), 'InvalidTargetFilterNameException', /'Colour'/)
  await refuses(list(undefined, 'x'), 'InvalidNextTokenException', /nextToken/)
})

test('ids of targets are checked', async (t) => {
  const world = await openWorld(t)
  await createGroup(world)
  const deploymentId = await createDeployment(world)
  world.deployments.become(deploymentId, { status: 'InProgress', startTime: 1 })
  await refuses(get(world, deploymentId, ''), 'DeploymentTargetIdRequiredException', /it is prod:web\.$/)
  await refuses(
    get(world, deploymentId, 'web'),
    'InvalidDeploymentTargetIdException',
    /has no target 'web'\..*here prod:web/,
  )
  await refuses(get(world, deploymentId, 'prod:x'), 'DeploymentTargetDoesNotExistException', /has no target 'prod:x'/)
  await refuses(get(world, 'd-ZZZZZZZZZ'), 'DeploymentDoesNotExistException', /d-ZZZZZZZZZ/)
  const batch = (targetIds: string[] | undefined) =>
    world.client.send(new BatchGetDeploymentTargetsCommand({ deploymentId, targetIds }))
  await refuses(batch(undefined), 'DeploymentTargetIdRequiredException', /missing/)
  await refuses(batch([]), 'DeploymentTargetIdRequiredException', /must be provided/)
  await refuses(batch([targetId, targetId]), 'DeploymentTargetListSizeExceededException', /2 entries/)
  await refuses(batch(['prod:x']), 'DeploymentTargetDoesNotExistException', /'prod:x'/)
})
