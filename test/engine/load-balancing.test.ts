import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Listener, LoadBalancer, TargetGroup } from '../../src/domain/load-balancer.ts'
import { Changes } from '../../src/engine/changes.ts'
import { RouterLoadBalancing } from '../../src/engine/load-balancing.ts'
import type { Persistence, Router } from '../../src/engine/ports.ts'
import { Store } from '../../src/engine/store.ts'
import { MemoryPersistence } from '../world/memory-persistence.ts'
import { MemoryRouter } from '../world/memory-router.ts'
import { VirtualClock } from '../world/virtual-clock.ts'

const target = { id: '127.0.0.1', port: 8001 }
const other = { id: '127.0.0.1', port: 8002 }

describe('registering and deregistering targets', () => {
  test('registering resolves once the router has a table with the target, and is told once', async () => {
    const world = await startWorld()
    await world.loadBalancing.registerTargets('blue', [{ ...target, availabilityZone: 'eu-west-1a' }])
    assert.deepEqual(world.router.table?.targetGroups.get('blue')?.targets, [{ ...target, draining: false }])
    assert.deepEqual(world.targets('blue'), [{ ...target, availabilityZone: 'eu-west-1a' }])
    const before = world.router.tables.length
    await world.loadBalancing.registerTargets('blue', [target])
    assert.equal(world.router.tables.length, before)
  })

  test('a target group that does not exist is an error', async () => {
    const { loadBalancing } = await startWorld()
    const expected = { code: 'TargetGroupNotFoundException' }
    await assert.rejects(loadBalancing.registerTargets('nobody', [target]), expected)
    await assert.rejects(loadBalancing.deregisterTargets('nobody', [target]), expected)
  })

  test('a deregistered target drains until its last request is over, and then is gone from store and table', async () => {
    const world = await startWorld()
    await world.loadBalancing.registerTargets('blue', [target, other])
    world.router.setInFlight('blue', target, 2)
    await world.loadBalancing.deregisterTargets('blue', [target])
    assert.equal(world.router.table?.targetGroups.get('blue')?.targets[0]?.draining, true)
    world.router.tell()
    await world.idle()
    assert.equal(world.loadBalancing.isDrained('blue', target), false)
    assert.equal(world.loadBalancing.health('blue', target).reason, 'Target.DeregistrationInProgress')

    world.router.setInFlight('blue', target, 0)
    world.router.tell()
    await world.idle()
    assert.equal(world.loadBalancing.isDrained('blue', target), true)
    assert.deepEqual(world.router.table?.targetGroups.get('blue')?.targets, [{ ...other, draining: false }])
    assert.equal(world.loadBalancing.health('blue', target).reason, 'Target.NotRegistered')
  })

  test('a report on an older table says nothing about a drain', async () => {
    const world = await startWorld()
    await world.loadBalancing.registerTargets('blue', [target])
    const older = world.router.table
    await world.loadBalancing.deregisterTargets('blue', [target])
    world.router.tell(older)
    await world.idle()
    assert.equal(world.loadBalancing.isDrained('blue', target), false)
    world.router.tell()
    await world.idle()
    assert.equal(world.loadBalancing.isDrained('blue', target), true)
  })

  test('a drain ends after the deregistration delay, whatever is still in flight', async () => {
    const world = await startWorld({ attributes: { 'deregistration_delay.timeout_seconds': '20' } })
    await world.loadBalancing.registerTargets('blue', [target])
    world.router.setInFlight('blue', target, 1)
    const begun = world.clock.now()
    await world.loadBalancing.deregisterTargets('blue', [target])
    world.router.tell()
    assert.equal(await world.clock.run(() => world.loadBalancing.isDrained('blue', target)), true)
    assert.equal(world.clock.now() - begun, 20_000)
    await world.idle()
    assert.deepEqual(world.router.table?.targetGroups.get('blue')?.targets, [])
  })

  test('a shorter deregistration delay counts for drains that have begun', async () => {
    const world = await startWorld()
    await world.loadBalancing.registerTargets('blue', [target])
    world.router.setInFlight('blue', target, 1)
    const begun = world.clock.now()
    await world.loadBalancing.deregisterTargets('blue', [target])
    await world.idle()
    const attributes = { 'deregistration_delay.timeout_seconds': '3' }
    world.store.targetGroups.put('blue', { ...world.group('blue'), attributes })
    assert.equal(await world.clock.run(() => world.loadBalancing.isDrained('blue', target)), true)
    assert.equal(world.clock.now() - begun, 3000)
  })

  test('registering a draining target brings it back, through initial', async () => {
    const world = await startWorld()
    await world.loadBalancing.registerTargets('blue', [target])
    world.router.setInFlight('blue', target, 1)
    await world.loadBalancing.deregisterTargets('blue', [target])
    world.router.setHealth('blue', target, { state: 'draining', reason: 'Target.DeregistrationInProgress' })
    world.router.tell()
    await world.loadBalancing.registerTargets('blue', [target])
    assert.deepEqual(world.targets('blue'), [target])
    assert.deepEqual(world.router.table?.targetGroups.get('blue')?.targets, [{ ...target, draining: false }])
    assert.equal(world.loadBalancing.health('blue', target).state, 'initial')
    world.router.setHealth('blue', target, { state: 'healthy' })
    world.router.tell()
    await world.idle()
    assert.deepEqual(world.loadBalancing.health('blue', target), { state: 'healthy' })
  })

  test('deregistering an unknown target, or a draining one again, changes nothing', async () => {
    const world = await startWorld()
    await world.loadBalancing.deregisterTargets('blue', [other])
    await world.loadBalancing.registerTargets('blue', [target])
    world.router.setInFlight('blue', target, 1)
    await world.loadBalancing.deregisterTargets('blue', [target])
    const draining = world.targets('blue')
    await world.clock.run(() => false, world.clock.now() + 5000)
    await world.loadBalancing.deregisterTargets('blue', [target])
    assert.deepEqual(world.targets('blue'), draining)
  })

  test('when the disk is full nothing is published, and the caller is told', async () => {
    const world = await startWorld()
    const before = world.router.tables.length
    world.persistence.beforeWrite = () => {
      throw new Error('disk full')
    }
    await assert.rejects(world.loadBalancing.registerTargets('blue', [target]), /disk full/)
    assert.deepEqual(world.targets('blue'), [])
    assert.equal(world.router.tables.length, before)
  })

  test('a drained target is taken away once the disk has room again', async () => {
    const world = await startWorld()
    await world.loadBalancing.registerTargets('blue', [target])
    await world.loadBalancing.deregisterTargets('blue', [target])
    world.persistence.beforeWrite = () => {
      throw new Error('disk full')
    }
    world.router.tell()
    await world.clock.run(() => false, world.clock.now() + 2500)
    assert.equal(world.loadBalancing.isDrained('blue', target), false)
    assert.match(world.warnings.join('\n'), /disk full/)
    world.persistence.beforeWrite = () => undefined
    assert.equal(await world.clock.run(() => world.loadBalancing.isDrained('blue', target)), true)
  })
})

describe('the health of a target', () => {
  test('is unused while no listener or rule names its group', async () => {
    const world = await startWorld()
    await world.loadBalancing.registerTargets('idle', [target])
    world.router.tell()
    assert.deepEqual(world.loadBalancing.health('idle', target), {
      state: 'unused',
      reason: 'Target.NotInUse',
      description: 'Target group is not configured to receive traffic from the load balancer',
    })
  })

  test('is checked in a group that is named with weight 0', async () => {
    const world = await startWorld()
    await world.loadBalancing.registerTargets('green', [target])
    world.router.tell()
    assert.deepEqual(world.loadBalancing.health('green', target), { state: 'healthy' })
    assert.equal(world.loadBalancing.healthyTargetCount('green'), 1)
  })

  test('is initial until the router reports on a table that has the target', async () => {
    const world = await startWorld()
    await world.loadBalancing.registerTargets('blue', [target])
    const initial = {
      state: 'initial',
      reason: 'Elb.RegistrationInProgress',
      description: 'Target registration is in progress',
    }
    assert.deepEqual(world.loadBalancing.health('blue', target), initial)
    world.router.setHealth('blue', target, { state: 'unhealthy', reason: 'Target.Timeout', description: 'Timed out' })
    world.router.tell()
    assert.equal(world.loadBalancing.health('blue', target).reason, 'Target.Timeout')
    assert.equal(world.loadBalancing.healthyTargetCount('blue'), 0)
  })

  test('of an address that was used before does not come from a report on its former user', async () => {
    const world = await startWorld()
    await world.loadBalancing.registerTargets('blue', [target])
    world.router.tell()
    await world.loadBalancing.deregisterTargets('blue', [target])
    world.router.tell()
    await world.idle()
    await world.loadBalancing.registerTargets('blue', [target])
    assert.equal(world.loadBalancing.health('blue', target).state, 'initial')
  })
})

describe('publishing', () => {
  test('whoever publishes while a table is on its way shares the next one', async () => {
    const world = await startWorld()
    const gate = Promise.withResolvers<void>()
    world.router.gate = gate.promise
    const before = world.router.tables.length
    const calls = [world.loadBalancing.publish(), world.loadBalancing.publish(), world.loadBalancing.publish()]
    world.store.listeners.delete('listener')
    gate.resolve()
    await Promise.all(calls)
    assert.equal(world.router.tables.length, before + 2)
    assert.deepEqual(world.router.table?.listeners, [])
  })

  test('versions only grow, also past a report, and when the clock is set back', async () => {
    const world = await startWorld()
    await Promise.all([world.loadBalancing.publish(), world.loadBalancing.publish()])
    const latest = world.router.table
    assert.ok(latest !== undefined)
    world.router.tell({ ...latest, version: latest.version + 1_000_000 })
    await world.loadBalancing.publish()
    const versions = world.router.tables.map(({ version }) => version)
    assert.equal(versions.at(-1), latest.version + 1_000_001)
    assert.deepEqual(
      versions,
      versions.toSorted((one, another) => one - another),
    )
    assert.equal(new Set(versions).size, versions.length)
  })

  test('a table which the router did not get reaches the caller as an error, and is tried again', async () => {
    const world = await startWorld()
    world.router.failure = new Error('the router does not answer')
    await assert.rejects(world.loadBalancing.registerTargets('blue', [target]), /does not answer/)
    await world.clock.run(() => false, world.clock.now() + 2500)
    world.router.failure = undefined
    const isTold = (): boolean => world.router.table?.targetGroups.get('blue')?.targets.length === 1
    assert.equal(await world.clock.run(isTold), true)
  })

  test('a router that cannot be reached does not hold up the end of the engine', async () => {
    const world = await startWorld()
    await world.loadBalancing.registerTargets('blue', [target])
    await world.loadBalancing.deregisterTargets('blue', [target])
    world.router.gate = new Promise(() => undefined)
    world.router.tell()
    await world.idle()
    await world.loadBalancing.stop()
  })

  test('a port that cannot be opened is answered, and warned of at the start', async () => {
    const world = await startWorld()
    world.router.takenPorts.set(80, 'Port 80 is in use')
    const { refusedListeners } = await world.loadBalancing.publish()
    assert.deepEqual(refusedListeners, [{ listenerArn: 'listener', port: 80, message: 'Port 80 is in use' }])
    const again = await world.restart()
    assert.match(again.warnings.join('\n'), /^Listener listener gets no requests: Port 80 is in use\.$/)
  })
})

describe('an engine that is killed', () => {
  test('between the store and the table publishes the registration when it starts again', async () => {
    const world = await startWorld()
    world.router.gate = new Promise(() => undefined)
    void world.loadBalancing.registerTargets('blue', [target])
    assert.deepEqual(world.targets('blue'), [target])
    assert.deepEqual(world.router.table?.targetGroups.get('blue')?.targets, [])
    const again = await world.restart()
    assert.deepEqual(again.router.table?.targetGroups.get('blue')?.targets, [{ ...target, draining: false }])
  })

  test('while a target drains ends the drain when it starts again, by requests or by time', async () => {
    const world = await startWorld({ attributes: { 'deregistration_delay.timeout_seconds': '20' } })
    await world.loadBalancing.registerTargets('blue', [target, other])
    world.router.setInFlight('blue', target, 1)
    world.router.setInFlight('blue', other, 1)
    const begun = world.clock.now()
    await world.loadBalancing.deregisterTargets('blue', [target, other])
    await world.clock.run(() => false, begun + 5000)
    const again = await world.restart()
    world.router.setInFlight('blue', other, 0)
    world.router.tell()
    await again.idle()
    assert.deepEqual(
      [target, other].map((each) => again.loadBalancing.isDrained('blue', each)),
      [false, true],
    )
    assert.equal(await again.clock.run(() => again.loadBalancing.isDrained('blue', target)), true)
    assert.equal(again.clock.now() - begun, 20_000)
  })

  test('after a drained target left the store publishes the table without it', async () => {
    const world = await startWorld()
    await world.loadBalancing.registerTargets('blue', [target])
    await world.loadBalancing.deregisterTargets('blue', [target])
    world.router.gate = new Promise(() => undefined)
    world.router.tell()
    await world.idle()
    assert.equal(world.loadBalancing.isDrained('blue', target), true)
    assert.equal(world.router.table?.targetGroups.get('blue')?.targets.length, 1)
    const again = await world.restart()
    assert.deepEqual(again.router.table?.targetGroups.get('blue')?.targets, [])
  })
})

/** One listener on port 80: `blue` gets everything, `green` weight 0; nobody names `idle`. */
async function startWorld(blue: Partial<TargetGroup> = {}) {
  const persistence = new MemoryPersistence()
  const clock = new VirtualClock()
  const router = new MemoryRouter()
  const store = new Store(persistence)
  store.loadBalancers.put('lb', loadBalancer)
  for (const group of [targetGroup('blue', blue), targetGroup('green'), targetGroup('idle')]) {
    store.targetGroups.put(group.targetGroupArn, group)
  }
  store.listeners.put('listener', listener)
  return startEngine({ persistence, clock, router })
}

type Outside = {
  readonly persistence: MemoryPersistence
  readonly clock: VirtualClock
  readonly router: MemoryRouter
}

async function startEngine({ persistence, clock, router }: Outside) {
  const life = { isOver: false }
  const store = new Store(writtenWhile(life, persistence))
  const changes = new Changes(clock)
  const warnings: string[] = []
  store.onChange(() => changes.notify())
  router.onReport(() => changes.notify())
  const log = { info: () => undefined, warn: (message: string) => void warnings.push(message) }
  const world = { store, clock, router: toldWhile(life, router), changes, log }
  const loadBalancing = new RouterLoadBalancing(world)
  await loadBalancing.start()
  const group = (arn: string): TargetGroup => {
    const found = store.targetGroups.get(arn)
    assert.ok(found !== undefined)
    return found
  }
  return {
    persistence,
    clock,
    router,
    store,
    loadBalancing,
    warnings,
    group,
    targets: (arn: string) => group(arn).targets,
    /** Everything that can happen without time going on has happened. */
    idle: () => clock.run(() => false, clock.now()),
    /** The engine is gone as by SIGKILL: what it was doing is never ended. The router and the disk stay. */
    restart: () => {
      life.isOver = true
      router.gate = undefined
      return startEngine({ persistence, clock, router })
    },
  }
}

type Life = { isOver: boolean }

function writtenWhile(life: Life, persistence: MemoryPersistence): Persistence {
  return {
    load: () => persistence.load(),
    read: (kind, key) => persistence.read(kind, key),
    readAll: (kind) => persistence.readAll(kind),
    write: (rows) => {
      if (life.isOver) throw new Error('the engine was killed')
      persistence.write(rows)
    },
  }
}

function toldWhile(life: Life, router: MemoryRouter): Router {
  return {
    apply: async (table) => {
      await router.gate
      return life.isOver ? new Promise(() => undefined) : router.apply(table)
    },
    report: () => router.report(),
    onReport: (heard) => router.onReport(heard),
  }
}

const loadBalancer: LoadBalancer = {
  loadBalancerArn: 'lb',
  name: 'lb',
  createdTime: 0,
  scheme: 'internet-facing',
  ipAddressType: 'ipv4',
  subnets: [],
  securityGroups: [],
  attributes: {},
  tags: {},
}

const listener: Listener = {
  listenerArn: 'listener',
  loadBalancerArn: 'lb',
  port: 80,
  protocol: 'HTTP',
  defaultActions: [
    {
      type: 'forward',
      targetGroups: [
        { targetGroupArn: 'blue', weight: 100 },
        { targetGroupArn: 'green', weight: 0 },
      ],
    },
  ],
  attributes: {},
  tags: {},
  defaultRuleArn: 'default',
}

function targetGroup(name: string, settings: Partial<TargetGroup> = {}): TargetGroup {
  return {
    targetGroupArn: name,
    name,
    protocol: 'HTTP',
    protocolVersion: 'HTTP1',
    port: 80,
    targetType: 'ip',
    ipAddressType: 'ipv4',
    healthCheck: {
      enabled: true,
      path: '/',
      port: 'traffic-port',
      intervalSeconds: 30,
      timeoutSeconds: 5,
      healthyThresholdCount: 5,
      unhealthyThresholdCount: 2,
      matcher: '200',
    },
    attributes: {},
    targets: [],
    tags: {},
    ...settings,
  }
}
