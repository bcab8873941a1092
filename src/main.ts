import { accessKeyIn } from './adapters/access-key-file.ts'
import { AccessLogSpoolOnDisk } from './adapters/access-log-spool.ts'
import { DataDirectory } from './adapters/data-directory.ts'
import { DynamoDbStore } from './adapters/dynamodb-store.ts'
import { FunctionCodeDirectory } from './adapters/function-code-store.ts'
import { doorPlace, GatewayDoor } from './adapters/gateway-door.ts'
import { HttpWebhook } from './adapters/http-webhook.ts'
import { LogFilesOnDisk } from './adapters/log-files.ts'
import { LambdaRuntime } from './adapters/lambda-runtime.ts'
import { isLoopback } from './adapters/own-address.ts'
import { ObjectFilesOnDisk } from './adapters/object-files.ts'
import { RouterClient } from './adapters/router-client.ts'
import { startRuntime } from './adapters/runtimes.ts'
import type { RuntimeKind, StartedRuntime } from './adapters/runtimes.ts'
import { SqlitePersistence } from './adapters/sqlite-persistence.ts'
import { SystemChance } from './adapters/system-chance.ts'
import { SystemClock } from './adapters/system-clock.ts'
import { countRunning, endRouterAndTasks, killRouters, killRoutersAndTasks, routerPidsOf } from './adapters/teardown.ts'
import type { EndedParts } from './adapters/teardown.ts'
import { certificateManager } from './aws/acm/service.ts'
import { applicationAutoScaling } from './aws/application-autoscaling/service.ts'
import { cloudWatch } from './aws/cloudwatch/service.ts'
import { codeDeploy } from './aws/codedeploy/service.ts'
import { ecs } from './aws/ecs/service.ts'
import { elasticLoadBalancingV2 } from './aws/elbv2/service.ts'
import { taskSurface } from './aws/ecs/task-surface.ts'
import { aboutDocument, accessLogDocument, deploymentDocument, serviceDeploymentDocument } from './aws/documents.ts'
import { dynamoDb } from './aws/dynamodb.ts'
import { startEndpoint } from './aws/endpoint.ts'
import { EngineSource } from './console/engine-source.ts'
import { ConsoleSite } from './console/site.ts'
import { TokenGuard } from './console/token-guard.ts'
import type { Endpoint } from './aws/endpoint.ts'
import type { AnyHandler, AwsService } from './aws/handlers.ts'
import type { AccessKey } from './aws/wire/signature.ts'
import { lambda } from './aws/lambda/service.ts'
import { cloudWatchLogs } from './aws/logs/service.ts'
import { s3 } from './aws/s3/service.ts'
import { securityTokenService } from './aws/sts/service.ts'
import { AccessLogDelivery } from './engine/access-log-delivery.ts'
import type { AccessLogSpool } from './engine/access-log-spool.ts'
import { readAccessLogTail } from './engine/access-log-tail.ts'
import { secretsManager } from './aws/secretsmanager/service.ts'
import { systemsManager } from './aws/ssm/service.ts'
import { Changes } from './engine/changes.ts'
import { AwsLogs } from './engine/container-logs.ts'
import { DeploymentRecorder } from './engine/deployment-recorder.ts'
import { recordOf, serviceRecordOf } from './engine/deployment-records.ts'
import { Deployments } from './engine/deployments.ts'
import type { Engine } from './engine/engine.ts'
import type { FunctionCodeStore, FunctionRuntime } from './engine/function-runtime.ts'
import { LoggedFunctions } from './engine/function-logs.ts'
import { LambdaFunctions } from './engine/lambda-functions.ts'
import { RouterLoadBalancing } from './engine/load-balancing.ts'
import { LogStore } from './engine/log-store.ts'
import { Monitoring } from './engine/monitoring.ts'
import { Notifications } from './engine/notifications.ts'
import { ObjectStore } from './engine/object-store.ts'
import type { Log } from './engine/ports.ts'
import { ServiceDeploymentRuns } from './engine/service-deployment-runs.ts'
import { EcsServiceScheduler } from './engine/service-scheduler.ts'
import { Store } from './engine/store.ts'

export type TealOptions = {
  readonly dataDirectory: string
  /** Where the endpoint for AWS clients is bound. */
  readonly host: string
  /** 0 for any free one. */
  readonly port: number
  /** Where load balancers' listeners are bound. */
  readonly listenHost: string
  /** What one configured minute lasts. */
  readonly minuteMilliseconds: number
  /** How many routers share the listeners' ports; 1 where it is left out. */
  readonly routers?: number
  /** Of this program: a running router of another version hands over to one of this. */
  readonly version?: string
  /** The console shows and does nothing. */
  readonly isReadOnly?: boolean
  /** How tasks run. */
  readonly runtime: RuntimeKind
  /** Where notifications of deployments are sent to. */
  readonly webhook?: string | undefined
  readonly log: Log
}

export type RunningTeal = {
  /** `http://127.0.0.1:4566` */
  readonly url: string
  /** Absolute. */
  readonly dataDirectory: string
  /** What clients on other machines sign with; undefined on loopback. */
  readonly accessKey: AccessKey | undefined
  /** How tasks run: `as processes of this machine`. */
  readonly tasksRun: string
  /** Ends the engine; router and tasks serve on, and the next engine takes them over. */
  endEngine(): Promise<void>
  endEverything(): Promise<EndedParts>
  /** Does not wait any more for what is being ended. */
  hurry(): void
  /** Somebody has removed the data directory, or put another in its place. */
  hasLostDirectory(): boolean
  /** Kills router and tasks, also those of which no file tells any more. */
  killAll(): Promise<void>
}

const accountId = '000000000000'

/**
 * Starts an engine on a data directory: takes over the router and the tasks that are running, starts what is missing, and
 * goes on with every deployment where it was. Rejects with an Error that says what to do.
 */
export async function startTeal(options: TealOptions): Promise<RunningTeal> {
  const directory = DataDirectory.claim(options.dataDirectory)
  try {
    return await startIn(directory, options)
  } catch (error) {
    directory.release()
    throw error
  }
}

async function startIn(directory: DataDirectory, options: TealOptions): Promise<RunningTeal> {
  const clock = new SystemClock(options.log)
  const place = { dataDirectory: directory.path, clock, log: options.log }
  const tasks = await startRuntime(options.runtime, place)
  const parts = whole(tasks, () => createParts(directory, options, tasks))
  const { engine, router } = parts
  const foundRouters = await routerPidsOf(directory.path)
  const ready = Promise.withResolvers<void>()
  ready.promise.catch(() => undefined)
  let endpoint: Endpoint | undefined
  try {
    // The port is taken first, because tasks are told the endpoint's address; calls that come early wait for the rest.
    const services = [
      codeDeploy(engine),
      ecs(engine),
      elasticLoadBalancingV2(engine),
      certificateManager(engine),
      s3(engine),
      lambda(engine),
      cloudWatch(engine, parts.monitoring.metrics),
      securityTokenService(),
      secretsManager(engine),
      systemsManager(engine),
      cloudWatchLogs(engine),
      applicationAutoScaling(engine),
    ]
    const ofTasks = taskSurface(engine, parts.tasks.runtime)
    endpoint = await startEndpoint({
      services: services.map((service) => afterwards(service, ready.promise)),
      relayed: [{ ...dynamoDb, relay: parts.tables }],
      documents: [
        deploymentDocument((deploymentId) => recordOf(engine, deploymentId)),
        accessLogDocument((resource, cursor) => readAccessLogTail({ ...engine, spool: parts.spool }, resource, cursor)),
        serviceDeploymentDocument((id) => serviceRecordOf(engine, id)),
        aboutDocument({ version: options.version, minuteMilliseconds: options.minuteMilliseconds }),
        ...ofTasks.documents,
      ],
      deeds: ofTasks.deeds,
      accessKey: parts.settings.accessKey,
      site: consoleSite(parts, options),
      host: options.host,
      port: options.port,
      accountId,
      log: options.log,
    })
    parts.settings.endpointUrl = reachable(endpoint)
    parts.doors = gatewayDoors(parts, endpoint, options)
    for (const door of parts.doors) await door.open()
    engine.objects.sweep()
    engine.logs.sweep()
    engine.code.sweep(engine.functions.codeInUse())
    await router.start()
    await engine.loadBalancing.start()
    engine.services.start()
    parts.recorder.start()
    parts.monitoring.start()
    parts.notifications.start()
    parts.accessLogs.start()
    for (const begun of [engine.deployments, engine.serviceDeployments, engine.functions]) begun.resume()
    directory.announce(endpoint.url)
    ready.resolve()
  } catch (error) {
    ready.reject(error)
    await stopEngine(parts, endpoint, { alsoRouterAndTasks: false }).catch(() => undefined)
    if (foundRouters.length === 0) await router.shutdown().catch(() => undefined)
    throw error
  }
  return runningTeal(parts, endpoint, directory)
}

type Parts = {
  readonly engine: Engine & {
    readonly loadBalancing: RouterLoadBalancing
    readonly services: EcsServiceScheduler
    readonly deployments: Deployments
    readonly serviceDeployments: ServiceDeploymentRuns
    readonly objects: ObjectStore
    readonly logs: LogStore
    readonly functions: LambdaFunctions
    readonly code: FunctionCodeStore
  }
  /** `endpointUrl` is known once the endpoint is bound. */
  readonly settings: { endpointUrl: string; readonly accessKey?: AccessKey }
  readonly tasks: StartedRuntime
  /** Opened with the endpoint, where tasks do not reach that one. */
  doors: readonly GatewayDoor[]
  readonly functionRuntime: FunctionRuntime
  readonly router: RouterClient
  readonly persistence: SqlitePersistence
  readonly tables: DynamoDbStore
  readonly recorder: DeploymentRecorder
  readonly monitoring: Monitoring
  readonly notifications: Notifications
  readonly spool: AccessLogSpool
  readonly accessLogs: AccessLogDelivery
  readonly containerLogs: AwsLogs
}

/** A runtime looks after its tasks from the beginning, and has to be told when nothing comes of the engine. */
function whole<Made>(tasks: StartedRuntime, make: () => Made): Made {
  try {
    return make()
  } catch (error) {
    tasks.runtime.close()
    throw error
  }
}

/** Everything, wired and not yet begun. */
function createParts(directory: DataDirectory, options: TealOptions, tasks: StartedRuntime): Parts {
  const { log, listenHost, minuteMilliseconds } = options
  const dataDirectory = directory.path
  const clock = new SystemClock(log)
  const chance = new SystemChance()
  const accessKey = isLoopback(options.host) ? undefined : accessKeyIn(dataDirectory)
  const settings = { accountId, minuteMilliseconds, listenHost, endpointUrl: '', ...(accessKey && { accessKey }) }
  const changes = new Changes(clock)
  const persistence = SqlitePersistence.open(directory.file('state.db'))
  const store = new Store(persistence)
  const { routers = 1, version = '' } = options
  const router = new RouterClient({ dataDirectory, listenHost, clock, log, routers, version })
  const { runtime } = tasks
  store.onChange((changed) => changes.notify(changed.map(({ key }) => key)))
  const loadBalancing = new RouterLoadBalancing({ store, clock, router, changes, log, settings })
  loadBalancing.onHealthChange((targetGroupArns) => changes.notify(targetGroupArns))
  const objects = new ObjectStore({ store, clock, chance, files: new ObjectFilesOnDisk(dataDirectory) })
  const logs = new LogStore({ store, clock, chance, files: new LogFilesOnDisk(dataDirectory) })
  const containerLogs = new AwsLogs({ store, clock, log, runtime, logs })
  const scheduling = { store, clock, chance, runtime, loadBalancing, changes, settings, log }
  const services = new EcsServiceScheduler({ ...scheduling, objects, logs: containerLogs })
  const code = new FunctionCodeDirectory(dataDirectory)
  const functionProcesses = new LambdaRuntime({ dataDirectory, code, clock, log })
  const functionRuntime = new LoggedFunctions(functionProcesses, { logs, clock, chance, settings, log })
  const functions = new LambdaFunctions({ store, clock, chance, settings, runtime: functionRuntime, log })
  const deploying = { store, clock, changes, settings, loadBalancing, services, functions, log }
  const engine = {
    store,
    clock,
    chance,
    settings,
    log,
    router,
    changes,
    loadBalancing,
    services,
    deployments: new Deployments(deploying),
    serviceDeployments: new ServiceDeploymentRuns(deploying),
    objects,
    logs,
    functions,
    code,
  }
  const [recorder, monitoring] = [new DeploymentRecorder(engine), new Monitoring({ ...engine, runtime })]
  const webhook = options.webhook === undefined ? undefined : new HttpWebhook(options.webhook)
  const notifications = new Notifications({ ...engine, webhook })
  const spool = new AccessLogSpoolOnDisk(dataDirectory)
  const accessLogs = new AccessLogDelivery({ ...engine, spool })
  return {
    engine,
    settings,
    tasks,
    doors: [],
    functionRuntime,
    router,
    persistence,
    tables: new DynamoDbStore({ dataDirectory, log }),
    recorder,
    monitoring,
    notifications,
    spool,
    accessLogs,
    containerLogs,
  }
}

function runningTeal(parts: Parts, endpoint: Endpoint, directory: DataDirectory): RunningTeal {
  const dataDirectory = directory.path
  return {
    url: endpoint.url,
    dataDirectory,
    accessKey: parts.settings.accessKey,
    tasksRun: parts.tasks.description,
    endEngine: async () => {
      await stopEngine(parts, endpoint, { alsoRouterAndTasks: false })
      directory.release()
    },
    endEverything: async () => {
      const running = await countRunning(dataDirectory)
      await stopEngine(parts, endpoint, { alsoRouterAndTasks: true })
      await endRouterAndTasks(dataDirectory)
      directory.release()
      return { enginePid: process.pid, ...running }
    },
    hurry: () => killRoutersAndTasks(dataDirectory, parts.router.report()),
    hasLostDirectory: () => directory.isLost(),
    killAll: async () => {
      killRouters(parts.router.report())
      await parts.tasks.runtime.kill()
    },
  }
}

/**
 * Whoever decides things ends before whoever carries them out; the store is last. Router and tasks are ended by those who
 * started them, who also know what they have only just begun.
 */
async function stopEngine(
  parts: Parts,
  endpoint: Endpoint | undefined,
  { alsoRouterAndTasks }: { readonly alsoRouterAndTasks: boolean },
): Promise<void> {
  const { engine, tasks, functionRuntime, router, persistence, recorder, monitoring, notifications, accessLogs } = parts
  for (const door of parts.doors) door.close()
  await endpoint?.close()
  engine.deployments.close()
  engine.serviceDeployments.close()
  engine.functions.close()
  await functionRuntime.close()
  await recorder.stop()
  await monitoring.stop()
  await notifications.stop()
  await accessLogs.stop()
  await engine.services.stop()
  await parts.containerLogs.stop()
  await engine.loadBalancing.stop()
  // What cannot be ended now is tried once more, and told of, when the engine is gone.
  if (alsoRouterAndTasks) await Promise.allSettled([router.shutdown(), tasks.runtime.shutdown()])
  else await router.stop()
  tasks.runtime.close()
  await parts.tables.close()
  persistence.close()
}

/** The service, each of whose operations begins when the engine is ready. */
function afterwards(service: AwsService, ready: Promise<void>): AwsService {
  const handlers = [...service.handlers].map(([name, handler]): [string, AnyHandler] => [
    name,
    async (input, call) => {
      await ready
      return handler(input, call)
    },
  ])
  return { ...service, handlers: new Map(handlers) }
}

/** What it does it asks of the endpoint, like any AWS client. */
function consoleSite({ engine, settings }: Parts, options: TealOptions): ConsoleSite {
  const { host, isReadOnly = false, version = '' } = options
  const credentials = { accessKeyId: 'teal', secretAccessKey: 'teal' }
  return new ConsoleSite({
    source: new EngineSource(engine, `Teal ${version}`.trimEnd()),
    actions: { configuration: (region) => ({ endpoint: settings.endpointUrl, region, credentials, maxAttempts: 1 }) },
    isReadOnly,
    host,
    guard: settings.accessKey && new TokenGuard({ token: settings.accessKey.secretAccessKey, servedName: host }),
  })
}

/** Where the endpoint listens everywhere, it listens there too. */
function gatewayDoors(
  { tasks, engine }: Parts,
  endpoint: Endpoint,
  { host, log }: TealOptions,
): readonly GatewayDoor[] {
  if (host === '0.0.0.0' || host === '::') return []
  return (tasks.addresses ?? []).map((addressNow) => {
    const place = () => doorPlace(addressNow(), endpoint.port)
    return new GatewayDoor({ clock: engine.clock, log, place, take: (connection) => endpoint.take(connection) })
  })
}

/** The endpoint's address as tasks on this machine reach it. */
function reachable({ url, port }: Endpoint): string {
  return /^http:\/\/(0\.0\.0\.0|\[::\]):/.test(url) ? `http://127.0.0.1:${port}` : url
}
