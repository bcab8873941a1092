import { ACMClient } from '@aws-sdk/client-acm'
import {
  CreateListenerCommand,
  CreateLoadBalancerCommand,
  CreateTargetGroupCommand,
  ElasticLoadBalancingV2Client,
  type Action,
  type CreateTargetGroupCommandInput,
} from '@aws-sdk/client-elastic-load-balancing-v2'
import assert from 'node:assert/strict'
import { SystemChance } from '../../../src/adapters/system-chance.ts'
import { SystemClock } from '../../../src/adapters/system-clock.ts'
import { certificateManager } from '../../../src/aws/acm/service.ts'
import { elasticLoadBalancingV2 } from '../../../src/aws/elbv2/service.ts'
import { startEndpoint } from '../../../src/aws/endpoint.ts'
import { Changes } from '../../../src/engine/changes.ts'
import type { Engine } from '../../../src/engine/engine.ts'
import { RouterLoadBalancing } from '../../../src/engine/load-balancing.ts'
import { Store } from '../../../src/engine/store.ts'
import { MemoryPersistence } from '../../world/memory-persistence.ts'
import { MemoryRouter } from '../../world/memory-router.ts'

export type LoadBalancingEndpoint = Awaited<ReturnType<typeof startLoadBalancingEndpoint>>

/** The control plane over HTTP, with the engine's load balancing behind it and a router that only takes notes. */
export async function startLoadBalancingEndpoint() {
  const persistence = new MemoryPersistence()
  const store = new Store(persistence)
  const [clock, router, log] = [new SystemClock(), new MemoryRouter(), { info: () => undefined, warn: () => undefined }]
  const changes = new Changes(clock)
  store.onChange(() => changes.notify())
  router.onReport(() => changes.notify())
  const loadBalancing = new RouterLoadBalancing({ store, clock, router, changes, log })
  await loadBalancing.start()
  const settings = { listenHost: '127.0.0.1' }
  const parts = { store, clock, chance: new SystemChance(), settings, log, router, changes, loadBalancing }
  // Of the engine, this service uses these parts only.
  const engine = parts as unknown as Engine
  const services = [elasticLoadBalancingV2(engine), certificateManager(engine)]
  const endpoint = await startEndpoint({ services, host: '127.0.0.1', port: 0, accountId: '000000000000', log })
  const clients: (ElasticLoadBalancingV2Client | ACMClient)[] = []
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }
  return {
    url: endpoint.url,
    store,
    router,
    persistence,
    client(region = 'eu-west-1') {
      const client = new ElasticLoadBalancingV2Client({ region, endpoint: endpoint.url, credentials, maxAttempts: 1 })
      clients.push(client)
      return client
    },
    certificates(region = 'eu-west-1') {
      const client = new ACMClient({ region, endpoint: endpoint.url, credentials, maxAttempts: 1 })
      clients.push(client)
      return client
    },
    async close() {
      for (const client of clients) client.destroy()
      await endpoint.close()
      await loadBalancing.stop()
    },
  }
}

/** What a client refuses with is exactly this code, with a message that matches. */
export async function assertRefused(call: Promise<unknown>, name: string, message: RegExp): Promise<void> {
  await assert.rejects(call, (error: Error) => {
    assert.equal(error.name, name, error.message)
    assert.match(error.message, message)
    return true
  })
}

export async function createLoadBalancer(client: ElasticLoadBalancingV2Client, name = 'web'): Promise<string> {
  const Subnets = ['subnet-1', 'subnet-2']
  const { LoadBalancers } = await client.send(new CreateLoadBalancerCommand({ Name: name, Subnets }))
  return given(LoadBalancers?.[0]?.LoadBalancerArn)
}

export async function createTargetGroup(
  client: ElasticLoadBalancingV2Client,
  name = 'blue',
  settings: Partial<CreateTargetGroupCommandInput> = {},
): Promise<string> {
  const input = { Name: name, Protocol: 'HTTP', Port: 80, VpcId: 'vpc-1', TargetType: 'ip', ...settings } as const
  const { TargetGroups } = await client.send(new CreateTargetGroupCommand(input))
  return given(TargetGroups?.[0]?.TargetGroupArn)
}

/** A listener that forwards to the target group, or does what the actions say. */
export async function createListener(
  client: ElasticLoadBalancingV2Client,
  { loadBalancerArn, port, actions }: { loadBalancerArn: string; port: number; actions: string | Action[] },
): Promise<string> {
  const DefaultActions = typeof actions === 'string' ? [{ Type: 'forward', TargetGroupArn: actions } as const] : actions
  const { Listeners } = await client.send(
    new CreateListenerCommand({ LoadBalancerArn: loadBalancerArn, Protocol: 'HTTP', Port: port, DefaultActions }),
  )
  return given(Listeners?.[0]?.ListenerArn)
}

export function given<Value>(value: Value | undefined): Value {
  assert.ok(value !== undefined)
  return value
}
