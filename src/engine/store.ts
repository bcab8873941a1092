import type { AlarmHistory, MetricAlarm } from '../domain/alarm.ts'
import type { Cluster } from '../domain/cluster.ts'
import type { Application, ApplicationRevision, DeploymentConfig, DeploymentGroup } from '../domain/code-deploy.ts'
import type { DeploymentObservation } from '../domain/deployment-record.ts'
import type { Deployment, DeploymentStatus } from '../domain/deployment.ts'
import type { JournalEntry } from '../domain/journal.ts'
import type { LambdaFunction } from '../domain/lambda-function.ts'
import type { Listener, ListenerRule, LoadBalancer, TargetGroup } from '../domain/load-balancer.ts'
import type { LogGroup, LogStream } from '../domain/log-group.ts'
import type { Bucket, MultipartUpload, S3Object, UploadedPart } from '../domain/s3.ts'
import type { EngineTimes, MetricMinute } from '../domain/metric-minute.ts'
import type { Notification } from '../domain/notification.ts'
import type { ServiceDeployment } from '../domain/service-deployment.ts'
import type { ServiceRevision } from '../domain/service-revision.ts'
import type { StoredParameter, StoredSecret } from '../domain/secret.ts'
import type { Service, ServiceEvent, TaskSet } from '../domain/service.ts'
import type { TaskDefinition } from '../domain/task-definition.ts'
import type { Task } from '../domain/task.ts'
import type { DeploymentWatch } from './deployment-watch.ts'
import type { Persistence, RowChange } from './ports.ts'
import { ServiceIndex } from './service-index.ts'

/** Every kind of thing the engine keeps, and what its key is. */
type Kinds = {
  /** By ARN, like everything of ELBv2 and ECS below. */
  loadBalancers: LoadBalancer
  targetGroups: TargetGroup
  listeners: Listener
  rules: ListenerRule
  clusters: Cluster
  taskDefinitions: TaskDefinition
  services: Service
  /** By the event's id: a row each, so that one more does not write all of them again. */
  serviceEvents: ServiceEvent
  taskSets: TaskSet
  serviceDeployments: ServiceDeployment
  serviceRevisions: ServiceRevision
  tasks: Task
  /** By `region/name`. */
  applications: Application
  /** By `region/application/name`. */
  deploymentGroups: DeploymentGroup
  /** By `region/name`: the custom ones; the predefined ones are not stored. */
  deploymentConfigs: DeploymentConfig
  /** By `region/application/sha256`. */
  revisions: ApplicationRevision
  /** By `region/alarmName`. */
  alarms: MetricAlarm
  /** By `region/alarmName`, also of alarms that were deleted. */
  alarmHistories: AlarmHistory
  /** By its own key, oldest first. */
  metricMinutes: MetricMinute
  /** One: `engine`. */
  engineTimes: EngineTimes
  /** By id, oldest first. */
  notifications: Notification
  /** By deployment id: the statuses that notifications were kept of. */
  toldDeployments: readonly DeploymentStatus[]
  /** By the service's ARN: of which of its deployments, and how many of its states, notifications were kept. */
  toldServiceDeployments: { readonly serviceDeploymentArn: string; readonly count: number }
  /** By name: buckets of all regions share theirs. */
  buckets: Bucket
  /** By `bucket/key`. */
  objects: S3Object
  /** By upload id, and by `uploadId/partNumber`. */
  multipartUploads: MultipartUpload
  uploadedParts: UploadedPart
  /** By `region/name`. */
  functions: LambdaFunction
  /** By `region/name`; the values are in them. */
  secrets: StoredSecret
  parameters: StoredParameter
  /** By `region/name`, and by `region/groupName` and the stream's name in a second line. */
  logGroups: LogGroup
  logStreams: LogStream
  /** By deployment id. */
  deployments: Deployment
  /** By deployment id: how far the observation of the deployment has come. */
  deploymentWatches: DeploymentWatch
  /** By `deploymentId/position`. */
  deploymentObservations: DeploymentObservation
  /** By `journalKey`. */
  journal: JournalEntry
  /** By `region/family`: the last revision ever used, so that none comes twice. */
  revisionNumbers: number
}

/**
 * The engine's whole state: read from memory, written through to disk. A transaction is on disk when it returns, or has
 * changed nothing at all; so a crash, a full disk or an error in the middle leaves no half of anything.
 * Values are never changed in place: a change is a new value.
 */
export class Store {
  readonly #persistence: Persistence
  readonly #collections = new Map<string, MemoryCollection<unknown>>()
  readonly #listeners = new Set<() => void>()
  #open: Change[] | undefined

  readonly loadBalancers = this.#collection('loadBalancers')
  readonly targetGroups = this.#collection('targetGroups')
  readonly listeners = this.#collection('listeners')
  readonly rules = this.#collection('rules')
  readonly clusters = this.#collection('clusters')
  readonly taskDefinitions = this.#collection('taskDefinitions')
  readonly services = this.#collection('services')
  readonly serviceEvents = this.#ofServices('serviceEvents')
  readonly taskSets = this.#ofServices('taskSets')
  readonly serviceDeployments = this.#ofServices('serviceDeployments')
  readonly serviceRevisions = this.#ofServices('serviceRevisions')
  readonly tasks = this.#ofServices('tasks')
  readonly applications = this.#collection('applications')
  readonly deploymentGroups = this.#collection('deploymentGroups')
  readonly deploymentConfigs = this.#collection('deploymentConfigs')
  readonly revisions = this.#collection('revisions')
  readonly alarms = this.#collection('alarms')
  readonly alarmHistories = this.#collection('alarmHistories')
  readonly metricMinutes = this.#collection('metricMinutes')
  readonly engineTimes = this.#collection('engineTimes')
  readonly notifications = this.#collection('notifications')
  readonly toldDeployments = this.#collection('toldDeployments')
  readonly toldServiceDeployments = this.#collection('toldServiceDeployments')
  readonly buckets = this.#collection('buckets')
  readonly objects = this.#collection('objects')
  readonly multipartUploads = this.#collection('multipartUploads')
  readonly uploadedParts = this.#collection('uploadedParts')
  readonly functions = this.#collection('functions')
  readonly secrets = this.#collection('secrets')
  readonly logGroups = this.#collection('logGroups')
  readonly logStreams = this.#collection('logStreams')
  readonly parameters = this.#collection('parameters')
  readonly deployments = this.#collection('deployments')
  readonly deploymentWatches = this.#collection('deploymentWatches')
  readonly deploymentObservations = this.#collection('deploymentObservations')
  readonly journal = this.#collection('journal')
  readonly revisionNumbers = this.#collection('revisionNumbers')

  constructor(persistence: Persistence) {
    this.#persistence = persistence
    for (const { kind, key, value } of persistence.load()) this.#collections.get(kind)?.load(key, JSON.parse(value))
  }

  /** Groups changes: all are kept, or none. Inside another transaction it simply joins it. Must not be async. */
  transaction<Result>(work: () => Result): Result {
    if (this.#open !== undefined) return work()
    const changes: Change[] = []
    this.#open = changes
    try {
      const result = work()
      if (changes.length > 0) this.#persistence.write(rowsOf(changes))
      this.#open = undefined
      if (changes.length > 0) for (const listener of this.#listeners) listener()
      return result
    } catch (error) {
      for (const { undo } of changes.toReversed()) undo()
      throw error
    } finally {
      this.#open = undefined
    }
  }

  /** Called after each transaction that changed something. */
  onChange(listener: () => void): void {
    this.#listeners.add(listener)
  }

  #collection<Kind extends keyof Kinds>(kind: Kind): Collection<Kinds[Kind]> {
    const collection = new MemoryCollection<Kinds[Kind]>(kind, (change) => this.#record(change))
    this.#collections.set(kind, collection)
    return collection
  }

  #ofServices<Kind extends OwnedKind>(kind: Kind): ServiceCollection<Kinds[Kind]> {
    const index = new ServiceIndex<Kinds[Kind]>()
    const collection = new MemoryCollection<Kinds[Kind]>(kind, (change) => this.#record(change), index)
    this.#collections.set(kind, collection)
    return Object.assign(collection, { ofService: (serviceArn: string) => index.of(serviceArn) })
  }

  #record(change: Change): void {
    if (this.#open !== undefined) this.#open.push(change)
    else this.transaction(() => this.#open?.push(change))
  }
}

export interface Collection<Value> {
  get(key: string): Value | undefined
  has(key: string): boolean
  /** In the order the keys were first put. */
  list(): readonly Value[]
  put(key: string, value: Value): void
  delete(key: string): void
}

/** What belongs to a service. */
export interface ServiceCollection<Value> extends Collection<Value> {
  /** The service's own, in the order the keys were first put. */
  ofService(serviceArn: string): readonly Value[]
}

type OwnedKind = 'serviceEvents' | 'taskSets' | 'serviceDeployments' | 'serviceRevisions' | 'tasks'

/** Told of every change of a collection, also of one that is undone. */
type Index<Value> = {
  set(key: string, value: Value, before: Value | undefined): void
  remove(key: string, before: Value): void
}

type Change = { readonly kind: string; readonly key: string; readonly value: unknown; readonly undo: () => void }

class MemoryCollection<Value> implements Collection<Value> {
  readonly #kind: string
  readonly #values = new Map<string, Value>()
  /** Made when it is asked for, kept until something changes: most who look find nothing new. */
  #list: readonly Value[] | undefined
  readonly #record: (change: Change) => void
  readonly #index: Index<Value> | undefined

  constructor(kind: string, record: (change: Change) => void, index?: Index<Value>) {
    this.#kind = kind
    this.#record = record
    this.#index = index
  }

  load(key: string, value: Value): void {
    this.#set(key, value)
  }

  get(key: string): Value | undefined {
    return this.#values.get(key)
  }

  has(key: string): boolean {
    return this.#values.has(key)
  }

  list(): readonly Value[] {
    this.#list ??= [...this.#values.values()]
    return this.#list
  }

  put(key: string, value: Value): void {
    const undo = this.#undo(key)
    this.#set(key, value)
    this.#record({ kind: this.#kind, key, value, undo })
  }

  delete(key: string): void {
    if (!this.#values.has(key)) return
    const undo = this.#undo(key)
    this.#remove(key)
    this.#record({ kind: this.#kind, key, value: undefined, undo })
  }

  #undo(key: string): () => void {
    const had = this.#values.has(key)
    const before = this.#values.get(key)
    return () => {
      if (had) this.#set(key, before as Value)
      else this.#remove(key)
    }
  }

  #set(key: string, value: Value): void {
    this.#index?.set(key, value, this.#values.get(key))
    this.#values.set(key, value)
    this.#list = undefined
  }

  #remove(key: string): void {
    const before = this.#values.get(key)
    if (before !== undefined) this.#index?.remove(key, before)
    this.#values.delete(key)
    this.#list = undefined
  }
}

/** The last change of a row is the one that counts. */
function rowsOf(changes: readonly Change[]): readonly RowChange[] {
  const last = new Map<string, Change>()
  for (const change of changes) {
    const row = `${change.kind}\n${change.key}`
    last.delete(row)
    last.set(row, change)
  }
  return Array.from(last.values(), ({ kind, key, value }) => ({
    kind,
    key,
    value: value === undefined ? undefined : JSON.stringify(value),
  }))
}
