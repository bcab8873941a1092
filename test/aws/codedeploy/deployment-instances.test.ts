import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  BatchGetDeploymentInstancesCommand,
  GetDeploymentInstanceCommand,
  InvalidComputePlatformException,
  ListDeploymentInstancesCommand,
} from '@aws-sdk/client-codedeploy'
import { createDeployment, createGroup, openWorld } from './api-world.ts'

test('an ECS deployment has no instances, and says what to ask for instead', async (t) => {
  const world = await openWorld(t)
  await createGroup(world)
  const deploymentId = await createDeployment(world)
  const instanceId = 'i-1'
  const calls = [
    world.client.send(new ListDeploymentInstancesCommand({ deploymentId })),
    world.client.send(new GetDeploymentInstanceCommand({ deploymentId, instanceId })),
    world.client.send(new BatchGetDeploymentInstancesCommand({ deploymentId, instanceIds: [instanceId] })),
  ]
  for (const call of calls) {
    await assert.rejects(call, (error: Error) => {
      assert(error instanceof InvalidComputePlatformException)
      return /no instances\. Call (List|Get|BatchGet)DeploymentTargets?;/.test(error.message)
    })
  }
})
