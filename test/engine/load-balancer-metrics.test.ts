import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SystemClock } from '../../src/adapters/system-clock.ts'
import type { TargetGroup } from '../../src/domain/load-balancer.ts'
import { parseStatistic } from '../../src/domain/metric-statistic.ts'
import type { RouterReport } from '../../src/domain/router-report.ts'
import { Changes } from '../../src/engine/changes.ts'
import { LoadBalancerMetrics } from '../../src/engine/load-balancer-metrics.ts'
import { RouterLoadBalancing } from '../../src/engine/load-balancing.ts'
import { Metrics } from '../../src/engine/metrics.ts'
import type { Router } from '../../src/engine/ports.ts'
import { Store } from '../../src/engine/store.ts'
import type { DataPlane } from '../../src/router/data-plane.ts'
import { freePort } from '../free-port.ts'
import { Cleanups, eventually, send, startApp, startRouter } from '../router/test-router.ts'
import { MemoryPersistence } from '../world/memory-persistence.ts'

const place = 'arn:aws:elasticloadbalancing:eu-west-1:000000000000'
const loadBalancerArn = `${place}:loadbalancer/app/web/50dc6c495c0c9188`
const listenerArn = `${place}:listener/app/web/50dc6c495c0c9188/0467ef3c8400ae65`
const blueArn = `${place}:targetgroup/blue/73e2d6bc24d8a067`
const loadBalancer = { name: 'LoadBalancer', value: 'app/web/50dc6c495c0c9188' }
const blue = { name: 'TargetGroup', value: 'targetgroup/blue/73e2d6bc24d8a067' }

/** A router in this process, asked when a test wants it. */
class AskedRouter implements Router {
  readonly #plane: DataPlane
  readonly #listeners: (() => void)[] = []
  #report: RouterReport | undefined
  /** Told instead of the router's own. */
  routerId: string | undefined
  /** Told beside it. */
  routers: RouterReport['routers']

  constructor(plane: DataPlane) {
    this.#plane = plane
  }

  apply(table: Parameters<Router['apply']>[0]) {
    return this.#plane.apply(table)
  }

  report(): RouterReport | undefined {
    return this.#report
  }

  onReport(listener: () => void): void {
    this.#listeners.push(listener)
  }

  ask(): RouterReport {
    const report = this.#plane.report()
    const { routers } = this
    this.#report = {
      ...report,
      routerId: this.routerId ?? report.routerId,
      ...(routers === undefined ? {} : { routers }),
    }
    for (const listener of this.#listeners) listener()
    return this.#report
  }
}

function blueGroup(ports: readonly number[]): TargetGroup {
  return {
    targetGroupArn: blueArn,
    name: 'blue',
    protocol: 'HTTP',
    protocolVersion: 'HTTP1',
    port: 80,
    targetType: 'ip',
    ipAddressType: 'ipv4',
    healthCheck: {
      enabled: true,
      path: '/health',
      port: 'traffic-port',
      intervalSeconds: 0.05,
      timeoutSeconds: 2,
      healthyThresholdCount: 2,
      unhealthyThresholdCount: 2,
      matcher: '200',
    },
    attributes: {},
    targets: ports.map((port) => ({ id: '127.0.0.1', port })),
    tags: {},
  }
}

/** A load balancer with one listener that forwards to blue, with a real router that serves it. */
async function startWorld(cleanups: Cleanups, ports: readonly number[]) {
  const router = new AskedRouter(await startRouter(cleanups))
  const clock = new SystemClock()
  const changes = new Changes(clock)
  const log = { info: () => undefined, warn: () => undefined }
  const store = new Store(new MemoryPersistence())
  const port = await freePort()
  store.transaction(() => {
    store.loadBalancers.put(loadBalancerArn, {
      loadBalancerArn,
      name: 'web',
      createdTime: 0,
      scheme: 'internet-facing',
      ipAddressType: 'ipv4',
      subnets: [],
      securityGroups: [],
      attributes: {},
      tags: {},
    })
    store.targetGroups.put(blueArn, blueGroup(ports))
    const defaultActions = [{ type: 'forward' as const, targetGroups: [{ targetGroupArn: blueArn, weight: 1 }] }]
    const defaultRuleArn = `${listenerArn}/default`
    store.listeners.put(listenerArn, {
      listenerArn,
      loadBalancerArn,
      port,
      protocol: 'HTTP',
      defaultActions,
      defaultRuleArn,
      attributes: {},
      tags: {},
    })
  })
  const loadBalancing = new RouterLoadBalancing({ store, clock, router, changes, log })
  await loadBalancing.start()
  cleanups.add(() => loadBalancing.stop())
  const settings = { accountId: '', minuteMilliseconds: 60_000, listenHost: '127.0.0.1', endpointUrl: '' }
  const metrics = new Metrics({ store, clock, settings, log })
  const published = new LoadBalancerMetrics({ store, clock, router, loadBalancing, metrics, settings })
  cleanups.add(() => published.stop())
  const statistic = (metricName: string, dimensions: readonly { name: string; value: string }[], name = 'Sum') => {
    const id = { region: 'eu-west-1', namespace: 'AWS/ApplicationELB', metricName, dimensions }
    const [point] = metrics.points({ id, from: 0, to: clock.now() + 60_000, periodSeconds: 86_400 * 36_500 })
    const parsed = parseStatistic(name)
    return parsed === undefined ? undefined : point?.summary.statistic(parsed)
  }
  const total = (): number => router.ask().counts.reduce((sum, { count }) => sum + count, 0)
  return { router, port, metrics, published, statistic, total }
}

test('the load balancer tells of requests, errors, response times and hosts', async () => {
  await using cleanups = new Cleanups()
  const app = await startApp(cleanups, ({ url }, response) => {
    response.statusCode = url === '/bad' ? 500 : 200
    setTimeout(() => response.end(), url === '/slow' ? 150 : 0)
  })
  const { router, port, metrics, published, statistic, total } = await startWorld(cleanups, [app.port])
  await send(port, { path: '/before' })
  await eventually('the first request is counted', () => total() === 1)
  published.start()
  for (const path of ['/', '/', '/slow', '/bad']) await send(port, { path })
  await app.close()
  assert.equal((await send(port)).statusCode, 502)
  await eventually('all requests are counted', () => total() === 6)

  assert.equal(statistic('RequestCount', [loadBalancer]), 5)
  assert.equal(statistic('RequestCount', [loadBalancer, blue]), 5)
  assert.equal(statistic('HTTPCode_Target_2XX_Count', [blue, loadBalancer]), 3)
  assert.equal(statistic('HTTPCode_Target_5XX_Count', [loadBalancer]), 1)
  assert.equal(statistic('HTTPCode_ELB_502_Count', [loadBalancer]), 1)
  assert.equal(statistic('TargetConnectionErrorCount', [loadBalancer, blue]), 1)
  assert.equal(statistic('RequestCountPerTarget', [blue]), 5)
  assert.equal(statistic('HTTPCode_Target_4XX_Count', [loadBalancer]), undefined)
  assert.equal(statistic('TargetResponseTime', [loadBalancer, blue], 'SampleCount'), 4)
  const slowest = statistic('TargetResponseTime', [loadBalancer], 'p100') ?? 0
  assert.ok(slowest > 0.13 && slowest < 5, String(slowest))

  await eventually('the host is unhealthy', () => {
    router.ask()
    return statistic('UnHealthyHostCount', [loadBalancer, blue], 'Maximum') === 1
  })
  assert.equal(statistic('HealthyHostCount', [loadBalancer, blue], 'Minimum'), 0)
  assert.equal(statistic('UnhealthyStateRouting', [loadBalancer, blue], 'Maximum'), 1)
  assert.equal(statistic('HealthyStateRouting', [loadBalancer, blue], 'Minimum'), 0)
  const told = metrics.list('eu-west-1').length
  published.stop()
  await send(port)
  await eventually('the last request is counted', () => total() === 7)
  assert.equal(statistic('RequestCount', [loadBalancer]), 5)
  assert.equal(metrics.list('eu-west-1').length, told)
})

test('a router that was started again counts from zero', async () => {
  await using cleanups = new Cleanups()
  const app = await startApp(cleanups, (_, response) => response.end())
  const { router, port, published, statistic, total } = await startWorld(cleanups, [app.port])
  router.ask()
  published.start()
  await send(port)
  await eventually('the request is counted', () => total() === 1)
  router.routerId = 'another'
  router.ask()
  assert.equal(statistic('RequestCount', [loadBalancer]), 2)
})

const noListenerTotals = {
  listenerArn,
  newConnections: 0,
  activeConnections: 0,
  rejectedConnections: 0,
  tlsNegotiationErrors: 0,
  processedBytes: 0,
  ruleEvaluations: 0,
  desyncNonCompliantRequests: 0,
  droppedInvalidHeaderRequests: 0,
  forwardedInvalidHeaderRequests: 0,
}

function counted(routerId: string, newConnections: number) {
  return { routerId, pid: 1, counts: [], exchanges: [], listeners: [{ ...noListenerTotals, newConnections }] }
}

test('of several routers each counts from where it was, also when one was silent for a while', async () => {
  await using cleanups = new Cleanups()
  const { published, statistic, router } = await startWorld(cleanups, [])
  const ask = (...routers: readonly ReturnType<typeof counted>[]) => {
    router.routers = routers
    router.ask()
  }
  ask(counted('one', 100), counted('other', 50))
  published.start()
  ask(counted('one', 101), counted('other', 52))
  ask(counted('one', 102))
  ask(counted('one', 103), counted('other', 57), counted('new', 1000))
  assert.equal(statistic('NewConnectionCount', [loadBalancer]), 3 + 7 + 1000)
})
