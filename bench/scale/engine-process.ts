import { statSync } from 'node:fs'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { SqlitePersistence } from '../../src/adapters/sqlite-persistence.ts'
import { SystemChance } from '../../src/adapters/system-chance.ts'
import { SystemClock } from '../../src/adapters/system-clock.ts'
import { codeDeploy } from '../../src/aws/codedeploy/service.ts'
import { ecs } from '../../src/aws/ecs/service.ts'
import { startEndpoint } from '../../src/aws/endpoint.ts'
import { isTerminal } from '../../src/domain/deployment.ts'
import { Changes } from '../../src/engine/changes.ts'
import { DeploymentRecorder } from '../../src/engine/deployment-recorder.ts'
import { Deployments } from '../../src/engine/deployments.ts'
import { RouterLoadBalancing } from '../../src/engine/load-balancing.ts'
import { Monitoring } from '../../src/engine/monitoring.ts'
import { Notifications } from '../../src/engine/notifications.ts'
import { ServiceDeploymentRuns } from '../../src/engine/service-deployment-runs.ts'
import { EcsServiceScheduler } from '../../src/engine/service-scheduler.ts'
import { Store } from '../../src/engine/store.ts'
import { FakeRouter, FakeRuntime } from './fake-machine.ts'
import { furnish } from './town.ts'
import type { TownPlan } from './town.ts'

/** What the engine's process can be asked; each is answered once it is done. */
export type Ask =
  | { readonly kind: 'furnish'; readonly plan: TownPlan }
  /** Since the last `read`, which begins a new count. */
  | { readonly kind: 'read' }

export type EngineFigures = {
  readonly seconds: number
  readonly cpuSeconds: number
  readonly heapMebibytes: number
  readonly residentMebibytes: number
  readonly loopDelayP99Milliseconds: number
  readonly loopDelayMaxMilliseconds: number
  readonly fileMebibytes: number
  readonly tables: number
  readonly steadyServices: number
  readonly runningDeployments: number
  readonly endedDeployments: number
}

const resolutionMilliseconds = 10
const settings = {
  accountId: '000000000000',
  minuteMilliseconds: Number(process.argv[3]),
  listenHost: '127.0.0.1',
  endpointUrl: 'http://127.0.0.1:4566',
}
const startedAt = performance.now()
const file = join(process.argv[2] ?? '.', 'state.db')
const delays = monitorEventLoopDelay({ resolution: resolutionMilliseconds })
delays.enable()
const engine = await startEngine()
let since = { at: performance.now(), cpu: process.cpuUsage() }

process.on('message', (ask: Ask) => process.send?.(answer(ask)))
process.on('disconnect', () => process.exit())
process.send?.({ url: engine.url, startMilliseconds: performance.now() - startedAt })

async function startEngine() {
  const [clock, chance, log] = [new SystemClock(), new SystemChance(), { info: () => undefined, warn: console.error }]
  const store = new Store(SqlitePersistence.open(file))
  const [changes, router, runtime] = [new Changes(clock), new FakeRouter(), new FakeRuntime()]
  store.onChange((changed) => changes.notify(changed.map(({ key }) => key)))
  const loadBalancing = new RouterLoadBalancing({ store, clock, router, changes, log })
  loadBalancing.onHealthChange((arns) => changes.notify(arns))
  const services = new EcsServiceScheduler({ store, clock, chance, runtime, loadBalancing, changes, settings, log })
  const functions = { invoke: () => Promise.reject(new Error('There are no functions here.')) }
  const deploying = { store, clock, changes, settings, loadBalancing, services, functions, log }
  const [deployments, serviceDeployments] = [new Deployments(deploying), new ServiceDeploymentRuns(deploying)]
  const objects = { read: noObjects, put: noObjects }
  const deployers = { services, deployments, serviceDeployments }
  const parts = { store, clock, chance, settings, log, router, changes, loadBalancing, objects, ...deployers }
  const endpoint = await startEndpoint({
    services: [codeDeploy(parts), ecs(parts)],
    host: '127.0.0.1',
    port: 0,
    accountId: settings.accountId,
    log,
  })
  router.start()
  await loadBalancing.start()
  services.start()
  new DeploymentRecorder(parts).start()
  new Monitoring(parts).start()
  new Notifications({ ...parts, webhook: undefined }).start()
  deployments.resume()
  return { store, clock, services, router, url: endpoint.url }
}

function answer(ask: Ask): EngineFigures {
  if (ask.kind === 'furnish') {
    const { store, services, clock } = engine
    const taskSets = furnish(store, ask.plan, clock.now())
    store.transaction(() => taskSets.forEach((taskSet) => services.createTaskSet(taskSet)))
  }
  return figures()
}

function figures(): EngineFigures {
  const { store, router } = engine
  const cpu = process.cpuUsage(since.cpu)
  const memory = process.memoryUsage()
  const running = store.deployments.list().filter(({ status }) => !isTerminal(status)).length
  const read: EngineFigures = {
    seconds: (performance.now() - since.at) / 1_000,
    cpuSeconds: (cpu.user + cpu.system) / 1e6,
    heapMebibytes: memory.heapUsed / 2 ** 20,
    residentMebibytes: memory.rss / 2 ** 20,
    loopDelayP99Milliseconds: delayIn(delays.percentile(99)),
    loopDelayMaxMilliseconds: delayIn(delays.max),
    fileMebibytes: (sizeOf(file) + sizeOf(`${file}-wal`)) / 2 ** 20,
    tables: router.tables,
    steadyServices: store.taskSets.list().filter(({ stabilityStatus }) => stabilityStatus === 'STEADY_STATE').length,
    runningDeployments: running,
    endedDeployments: store.deployments.list().length - running,
  }
  delays.reset()
  since = { at: performance.now(), cpu: process.cpuUsage() }
  return read
}

/** What is sampled is the time from one tick of a timer to the next. */
function delayIn(nanoseconds: number): number {
  return Math.max(0, nanoseconds / 1e6 - resolutionMilliseconds)
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0
}

function noObjects(): Promise<never> {
  return Promise.reject(new Error('There are no objects here.'))
}
