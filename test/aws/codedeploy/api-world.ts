import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import type { TestContext } from 'node:test'
import {
  CodeDeployClient,
  CodeDeployServiceException,
  CreateApplicationCommand,
  CreateDeploymentCommand,
  CreateDeploymentGroupCommand,
  type CreateDeploymentCommandInput,
  type CreateDeploymentGroupCommandInput,
} from '@aws-sdk/client-codedeploy'
import { codeDeploy } from '../../../src/aws/codedeploy/service.ts'
import { startEndpoint } from '../../../src/aws/endpoint.ts'
import type { Engine } from '../../../src/engine/engine.ts'
import type { ObjectReader, StoredObject } from '../../../src/engine/objects.ts'
import { Store } from '../../../src/engine/store.ts'
import { aTaskSet, taskSetArn } from '../../world/a-service.ts'
import { furnish, names } from '../../world/furnished-world.ts'
import { MemoryPersistence } from '../../world/memory-persistence.ts'
import { SeededChance } from '../../world/seeded-chance.ts'
import { MemorySupervisor } from './memory-supervisor.ts'

export type ApiWorld = Awaited<ReturnType<typeof openWorld>>

/**
 * The CodeDeploy API on a real endpoint, with a real client, over a real store in which service `web` of cluster `prod`
 * stands behind two listeners; only deployments are not performed.
 */
export async function openWorld(t: TestContext) {
  const store = new Store(new MemoryPersistence())
  furnish(store, { desiredCount: 2, now: 0 })
  store.taskSets.put(taskSetArn, aTaskSet())
  const time = { now: 1_700_000_000_123 }
  const published: string[] = []
  const deployments = new MemorySupervisor(store)
  const loadBalancing = { publish: async () => void published.push('publish') }
  const clock = { now: () => time.now }
  const stored = new Map<string, StoredObject>()
  const objects: ObjectReader = {
    read: ({ bucket, key, versionId }) => {
      const object = stored.get(`${bucket}/${key}`)
      return Promise.resolve(versionId === undefined || versionId === object?.versionId ? object : undefined)
    },
  }
  const parts = { store, clock, chance: new SeededChance(1), loadBalancing, deployments, objects }
  const engine = parts as unknown as Engine
  const logged: string[] = []
  const log = { info: () => undefined, warn: (message: string) => void logged.push(message) }
  const services = [codeDeploy(engine)]
  const endpoint = await startEndpoint({ services, host: '127.0.0.1', port: 0, accountId: '000000000000', log })
  const client = clientOf(endpoint.url, 'us-east-1')
  t.after(async () => {
    client.destroy()
    await endpoint.close()
    assert.deepEqual(logged, [], 'the endpoint had nothing to complain of')
  })
  return { store, time, published, deployments, stored, url: endpoint.url, client }
}

export function clientOf(endpoint: string, region: string): CodeDeployClient {
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }
  return new CodeDeployClient({ endpoint, region, credentials, maxAttempts: 1 })
}

/** Checks that a call is refused, with the code and the whole text, or what the text matches. */
export async function refuses(call: Promise<unknown>, code: string, message: string | RegExp): Promise<void> {
  await assert.rejects(call, (error: unknown) => {
    assert.ok(error instanceof CodeDeployServiceException, String(error))
    assert.equal(error.name, code, error.message)
    if (typeof message === 'string') assert.equal(error.message, message)
    else assert.match(error.message, message)
    assert.equal(error.$metadata.httpStatusCode, 400)
    return true
  })
}

/** What CreateDeploymentGroup needs for service `web`; with a test listener. */
export const groupInput: CreateDeploymentGroupCommandInput = {
  applicationName: 'app',
  deploymentGroupName: 'group',
  serviceRoleArn: 'arn:aws:iam::000000000000:role/CodeDeploy',
  deploymentConfigName: 'CodeDeployDefault.ECSAllAtOnce',
  deploymentStyle: { deploymentType: 'BLUE_GREEN', deploymentOption: 'WITH_TRAFFIC_CONTROL' },
  ecsServices: [{ serviceName: 'web', clusterName: 'prod' }],
  loadBalancerInfo: {
    targetGroupPairInfoList: [
      {
        targetGroups: [{ name: 'web-blue' }, { name: 'web-green' }],
        prodTrafficRoute: { listenerArns: [names.prodListenerArn] },
        testTrafficRoute: { listenerArns: [names.testListenerArn] },
      },
    ],
  },
  blueGreenDeploymentConfiguration: {
    deploymentReadyOption: { actionOnTimeout: 'CONTINUE_DEPLOYMENT' },
    terminateBlueInstancesOnDeploymentSuccess: { action: 'TERMINATE', terminationWaitTimeInMinutes: 5 },
  },
  autoRollbackConfiguration: { enabled: true, events: ['DEPLOYMENT_FAILURE'] },
}

/** Application `app` with group `group`. */
export async function createGroup(
  { client }: Pick<ApiWorld, 'client'>,
  changes: Partial<CreateDeploymentGroupCommandInput> = {},
): Promise<string | undefined> {
  const { applicationName } = groupInput
  await client.send(new CreateApplicationCommand({ applicationName, computePlatform: 'ECS' }))
  const created = await client.send(new CreateDeploymentGroupCommand({ ...groupInput, ...changes }))
  return created.deploymentGroupId
}

export const appSpec = `version: 0.0
Resources:
  - TargetService:
      Type: AWS::ECS::Service
      Properties:
        TaskDefinition: "${names.taskDefinition(2)}"
        LoadBalancerInfo:
          ContainerName: "web"
          ContainerPort: 80
`

export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

export async function createDeployment(
  { client }: Pick<ApiWorld, 'client'>,
  changes: Partial<CreateDeploymentCommandInput> = {},
): Promise<string> {
  const { deploymentId } = await client.send(
    new CreateDeploymentCommand({
      applicationName: 'app',
      deploymentGroupName: 'group',
      revision: { revisionType: 'AppSpecContent', appSpecContent: { content: appSpec } },
      ...changes,
    }),
  )
  assert.ok(deploymentId)
  return deploymentId
}
