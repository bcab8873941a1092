import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import {
  CreateServiceCommand,
  ECSClient,
  PutClusterCapacityProvidersCommand,
  RegisterTaskDefinitionCommand,
  type CreateServiceCommandInput,
  type RegisterTaskDefinitionCommandInput,
  type Service,
} from '@aws-sdk/client-ecs'
import { SystemChance } from '../../../src/adapters/system-chance.ts'
import { SystemClock } from '../../../src/adapters/system-clock.ts'
import { startEndpoint } from '../../../src/aws/endpoint.ts'
import { ecs } from '../../../src/aws/ecs/service.ts'
import { arn } from '../../../src/domain/identifiers.ts'
import type { TargetGroup } from '../../../src/domain/load-balancer.ts'
import { Changes } from '../../../src/engine/changes.ts'
import type { Engine } from '../../../src/engine/engine.ts'
import { Store } from '../../../src/engine/store.ts'
import { MemoryPersistence } from '../../world/memory-persistence.ts'
import { MemoryScheduler } from './memory-scheduler.ts'

export const region = 'eu-west-1'
export const accountId = '000000000000'
export const place = { region, accountId }
export const credentials = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' }

export type EcsWorld = {
  /** Of one attempt per call, so that a mistake shows at once. */
  readonly client: ECSClient
  readonly url: string
  readonly store: Store
  readonly scheduler: MemoryScheduler
  /** What the endpoint logged as its own mistakes: a test that expects some takes them out. */
  readonly warnings: string[]
}

/** The ECS API on a port of its own, with a scheduler which only keeps books. It ends with the test. */
export async function startEcs(test: TestContext): Promise<EcsWorld> {
  const store = new Store(new MemoryPersistence())
  const clock = new SystemClock()
  const chance = new SystemChance()
  const scheduler = new MemoryScheduler({ store, clock, chance })
  const warnings: string[] = []
  const log = { info: () => undefined, warn: (message: string) => void warnings.push(message) }
  // The ECS API reaches for nothing else of the engine; if it did, the test would fail by name.
  const engine = {
    store,
    clock,
    chance,
    services: scheduler,
    serviceDeployments: { takeUp: () => undefined },
    log,
    changes: new Changes(clock),
    settings: { accountId, minuteMilliseconds: 60_000, listenHost: '127.0.0.1', endpointUrl: '' },
  } as unknown as Engine
  const endpoint = await startEndpoint({ services: [ecs(engine)], host: '127.0.0.1', port: 0, accountId, log })
  const client = new ECSClient({ endpoint: endpoint.url, region, credentials, maxAttempts: 1 })
  test.after(async () => {
    client.destroy()
    await endpoint.close()
    assert.deepEqual(warnings, [])
  })
  return { client, url: endpoint.url, store, scheduler, warnings }
}

/** A target group that a listener forwards to. */
export function putTargetGroup(
  store: Store,
  name: string,
  { targetType = 'ip', attached = true }: { targetType?: TargetGroup['targetType']; attached?: boolean } = {},
): string {
  const targetGroupArn = arn.targetGroup(place, name, '0123456789abcdef')
  const loadBalancerArn = arn.loadBalancer(place, 'web', '0123456789abcdef')
  store.targetGroups.put(targetGroupArn, {
    targetGroupArn,
    name,
    protocol: 'HTTP',
    protocolVersion: 'HTTP1',
    port: 80,
    targetType,
    ipAddressType: 'ipv4',
    healthCheck: {} as TargetGroup['healthCheck'],
    attributes: {},
    targets: [],
    tags: {},
  })
  if (!attached) return targetGroupArn
  const listenerArn = arn.listener(loadBalancerArn, name)
  store.listeners.put(listenerArn, {
    listenerArn,
    loadBalancerArn,
    port: 80,
    protocol: 'HTTP',
    defaultActions: [{ type: 'forward', targetGroups: [{ targetGroupArn, weight: 1 }] }],
    attributes: {},
    tags: {},
    defaultRuleArn: arn.rule(listenerArn, 'default'),
  })
  return targetGroupArn
}

/** A task definition for Fargate with one container `web` on port 8080. */
export const webDefinition: RegisterTaskDefinitionCommandInput = {
  family: 'web',
  networkMode: 'awsvpc',
  requiresCompatibilities: ['FARGATE'],
  cpu: '256',
  memory: '512',
  containerDefinitions: [{ name: 'web', image: 'hello:1', portMappings: [{ containerPort: 8080 }] }],
}

/** Makes the capacity providers those of the cluster `default`. */
export async function associate({ client }: EcsWorld, ...capacityProviders: string[]): Promise<void> {
  await client.send(
    new PutClusterCapacityProvidersCommand({
      cluster: 'default',
      capacityProviders,
      defaultCapacityProviderStrategy: [],
    }),
  )
}

export async function registerWeb(
  { client }: EcsWorld,
  changes: Partial<RegisterTaskDefinitionCommandInput> = {},
): Promise<string> {
  const answer = await client.send(new RegisterTaskDefinitionCommand({ ...webDefinition, ...changes }))
  assert.ok(answer.taskDefinition?.taskDefinitionArn)
  return answer.taskDefinition.taskDefinitionArn
}

export const networkConfiguration = {
  awsvpcConfiguration: { subnets: ['subnet-1', 'subnet-2'], securityGroups: ['sg-1'] },
}

/** CreateService's input for a blue/green service of two tasks. */
export function blueGreenService(targetGroupArn: string): CreateServiceCommandInput {
  return {
    serviceName: 'web',
    taskDefinition: 'web',
    desiredCount: 2,
    launchType: 'FARGATE',
    deploymentController: { type: 'CODE_DEPLOY' },
    loadBalancers: [{ targetGroupArn, containerName: 'web', containerPort: 8080 }],
    networkConfiguration,
  }
}

/** A blue/green service in cluster `default`, with its definition and target group. */
export async function createBlueGreenService(
  world: EcsWorld,
  changes: Partial<CreateServiceCommandInput> = {},
): Promise<Service> {
  const targetGroupArn = putTargetGroup(world.store, 'web-blue')
  await registerWeb(world)
  return createService(world, { ...blueGreenService(targetGroupArn), ...changes })
}

export async function createService({ client }: EcsWorld, input: CreateServiceCommandInput): Promise<Service> {
  const { service } = await client.send(new CreateServiceCommand(input))
  assert.ok(service)
  return service
}

/** That a call is refused with this exception and text. */
export async function assertRefused(call: Promise<unknown>, name: string, message: string | RegExp): Promise<void> {
  await assert.rejects(call, (error: Error) => {
    assert.equal(error.name, name, error.message)
    if (typeof message === 'string') assert.equal(error.message, message)
    else assert.match(error.message, message)
    return true
  })
}
