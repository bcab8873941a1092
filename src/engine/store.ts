import type { EndedAccessLog } from '../domain/access-log-file.ts'
import type { AlarmHistory, MetricAlarm } from '../domain/alarm.ts'
import type { Certificate } from '../domain/certificate.ts'
import type { Cluster } from '../domain/cluster.ts'
import type { Application, ApplicationRevision, DeploymentConfig, DeploymentGroup } from '../domain/code-deploy.ts'
import type { DeploymentObservation } from '../domain/deployment-record.ts'
import { isTerminal } from '../domain/deployment.ts'
import type { Deployment, DeploymentStatus } from '../domain/deployment.ts'
import { parseArn } from '../domain/identifiers.ts'
import type { JournalEntry } from '../domain/journal.ts'
import type { FunctionEvent, LambdaFunction } from '../domain/lambda-function.ts'
import type { Listener, ListenerRule, LoadBalancer, TargetGroup } from '../domain/load-balancer.ts'
import type { LogGroup, LogStream } from '../domain/log-group.ts'
import type { Bucket, MultipartUpload, S3Object, UploadedPart } from '../domain/s3.ts'
import type { EngineTimes, MetricMinute } from '../domain/metric-minute.ts'
import type { Notification } from '../domain/notification.ts'
import { isOver } from '../domain/service-deployment.ts'
import type { ServiceDeployment } from '../domain/service-deployment.ts'
import type { ScalableTarget, ScalingActivities, ScalingPolicy } from '../domain/scaling.ts'
import type { ServiceRevision } from '../domain/service-revision.ts'
import type { StoredParameter, StoredSecret } from '../domain/secret.ts'
import type { Service, ServiceEvent, TaskSet } from '../domain/service.ts'
import type { TaskDefinition } from '../domain/task-definition.ts'
import type { Task } from '../domain/task.ts'
import type { DeploymentWatch } from './deployment-watch.ts'
import { DiskCollection, MemoryCollection } from './collection.ts'
import type { Change, Collection } from './collection.ts'
import { Outlines } from './outline.ts'
import { OwnerIndex } from './owner-index.ts'
import type { OwnersOf } from './owner-index.ts'
import { kindsOnDisk } from './ports.ts'
import type { Durability, Persistence, RowChange } from './ports.ts'

/** Every kind of thing the engine keeps, and what its key is. */
type Kinds = {
  /** By ARN, like everything of ELBv2 and ECS below. */
  loadBalancers: LoadBalancer
  /** By the load balancer's ARN. */
  endedAccessLogs: EndedAccessLog
  targetGroups: TargetGroup
  listeners: Listener
  rules: ListenerRule
  certificates: Certificate
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
  /** By `region/service/CLUSTER/SERVICE`. */
  scalableTargets: ScalableTarget
  scalingActivities: ScalingActivities
  /** By ARN. */
  scalingPolicies: ScalingPolicy
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
  /** By the id of the request. */
  functionEvents: FunctionEvent
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
  readonly #loaders = new Map<string, (key: string, value: unknown) => void>()
  readonly #settling: { settle(): void }[] = []
  readonly #listeners = new Set<(changes: readonly StoreChange[]) => void>()
  #open: Change[] | undefined

  readonly loadBalancers = this.#collection('loadBalancers')
  readonly endedAccessLogs = this.#collection('endedAccessLogs')
  readonly targetGroups = this.#indexed('targetGroups', { named: ({ name }) => [name] })
  readonly listeners = this.#collection('listeners')
  readonly rules = this.#indexed('rules', { ofListener: ({ listenerArn }) => [listenerArn] })
  readonly certificates = this.#collection('certificates')
  readonly clusters = this.#collection('clusters')
  readonly taskDefinitions = this.#collection('taskDefinitions')
  readonly services = this.#collection('services')
  readonly serviceEvents = this.#indexed('serviceEvents', { ofService })
  readonly taskSets = this.#indexed('taskSets', {
    ofService,
    ofTargetGroup: ({ loadBalancers }) => loadBalancers.map(({ targetGroupArn }) => targetGroupArn),
  })
  readonly serviceDeployments = this.#indexed('serviceDeployments', {
    ofService,
    /** By the alarm's key, those that it may still stop. */
    watching: (deployment) => (isOver(deployment) ? [] : alarmKeysOf(deployment)),
  })
  readonly serviceRevisions = this.#indexed('serviceRevisions', { ofService })
  readonly tasks = this.#indexed('tasks', { ofService, withId: ({ taskId }) => [taskId] })
  readonly applications = this.#collection('applications')
  readonly deploymentGroups = this.#collection('deploymentGroups')
  readonly deploymentConfigs = this.#collection('deploymentConfigs')
  readonly revisions = this.#collection('revisions')
  readonly alarms = this.#collection('alarms')
  readonly alarmHistories = this.#collection('alarmHistories')
  readonly scalableTargets = this.#collection('scalableTargets')
  readonly scalingActivities = this.#collection('scalingActivities')
  readonly scalingPolicies = this.#indexed('scalingPolicies', {
    /** By the scalable target's key. */
    ofTarget: ({ region, resourceId }) => [`${region}/${resourceId}`],
  })
  readonly metricMinutes = this.#diskCollection('metricMinutes')
  readonly engineTimes = this.#collection('engineTimes')
  readonly notifications = this.#collection('notifications')
  readonly toldDeployments = this.#collection('toldDeployments')
  readonly toldServiceDeployments = this.#collection('toldServiceDeployments')
  readonly buckets = this.#collection('buckets')
  readonly objects = this.#collection('objects')
  readonly multipartUploads = this.#collection('multipartUploads')
  readonly uploadedParts = this.#collection('uploadedParts')
  readonly functions = this.#collection('functions')
  readonly functionEvents = this.#collection('functionEvents')
  readonly secrets = this.#collection('secrets')
  readonly logGroups = this.#collection('logGroups')
  readonly logStreams = this.#collection('logStreams')
  readonly parameters = this.#collection('parameters')
  readonly deployments = this.#indexed(
    'deployments',
    {
      inRegion: ({ region }) => [region],
      /** By the group's id: a later group of the same name is another one. */
      ofGroup: ({ group }) => (group.deploymentGroupId === undefined ? [] : [group.deploymentGroupId]),
      runningIn: ({ region, status }) => (isTerminal(status) ? [] : [region]),
    },
    new Outlines<Deployment>({
      keyOf: ({ deploymentId }) => deploymentId,
      isOver: ({ status }) => isTerminal(status),
      shared: ['group'],
      read: (key) => this.#persistence.read('deployments', key),
    }),
  )
  readonly deploymentWatches = this.#collection('deploymentWatches')
  readonly deploymentObservations = this.#diskCollection('deploymentObservations')
  readonly journal = this.#diskCollection('journal')
  readonly revisionNumbers = this.#collection('revisionNumbers')

  constructor(persistence: Persistence) {
    this.#persistence = persistence
    for (const { kind, key, value } of persistence.load()) this.#loaders.get(kind)?.(key, JSON.parse(value))
  }

  /** Groups changes: all are kept, or none. Inside another transaction it simply joins it. Must not be async. */
  transaction<Result>(work: () => Result): Result {
    return this.perform('kept', work)
  }

  /**
   * A transaction that a failure of the machine, though not of the engine, may take back, with all `noted` ones after the
   * last that was not. For what is found out again then: the states of tasks, what is only told. Inside another transaction it
   * simply joins it.
   */
  noted<Result>(work: () => Result): Result {
    return this.perform('noted', work)
  }

  /** The one or the other. */
  perform<Result>(durability: Durability, work: () => Result): Result {
    if (this.#open !== undefined) return work()
    const changes: Change[] = []
    this.#open = changes
    try {
      const result = work()
      if (changes.length > 0) this.#persistence.write(rowsOf(changes), durability)
      this.#open = undefined
      this.#settle()
      if (changes.length > 0) for (const listener of this.#listeners) listener(changes as readonly StoreChange[])
      return result
    } catch (error) {
      for (const { undo } of changes.toReversed()) undo()
      this.#settle()
      throw error
    } finally {
      this.#open = undefined
    }
  }

  /** Called after each transaction that changed something, with all its changes in the order they were made. */
  onChange(listener: (changes: readonly StoreChange[]) => void): void {
    this.#listeners.add(listener)
  }

  #collection<Kind extends keyof Kinds>(kind: Kind): Collection<Kinds[Kind]> {
    return this.#indexed(kind, {})
  }

  /** By each of the owners the values can be asked for, in the order the keys were first put. */
  #indexed<Kind extends keyof Kinds, ByOwner extends Owners<Kinds[Kind]>>(
    kind: Kind,
    owners: ByOwner,
    outlines?: Outlines<Kinds[Kind]>,
  ): IndexedCollection<Kinds[Kind], ByOwner> {
    const indexes = Object.entries(owners).map(
      ([name, ownerOf]) => [name, new OwnerIndex<Kinds[Kind]>(ownerOf)] as const,
    )
    const collection = new MemoryCollection<Kinds[Kind]>(kind, (change) => this.#record(change), {
      indexes: indexes.map(([, index]) => index),
      outlines,
    })
    if (outlines !== undefined) this.#settling.push(collection)
    this.#loaders.set(kind, (key, value) => collection.load(key, value as Kinds[Kind]))
    const lists = indexes.map(([name, index]) => [name, (owner: string) => index.of(owner)] as const)
    return Object.assign(collection, Object.fromEntries(lists)) as unknown as IndexedCollection<Kinds[Kind], ByOwner>
  }

  #diskCollection<Kind extends KindOnDisk>(kind: Kind): DiskCollection<Kinds[Kind]> {
    const collection = new DiskCollection<Kinds[Kind]>(kind, (change) => this.#record(change), {
      read: (key) => this.#persistence.read(kind, key),
      readAll: () => this.#persistence.readAll(kind),
    })
    this.#settling.push(collection)
    return collection
  }

  #settle(): void {
    for (const collection of this.#settling) collection.settle()
  }

  #record(change: Change): void {
    if (this.#open !== undefined) this.#open.push(change)
    else this.transaction(() => this.#open?.push(change))
  }
}

/** One change of one value; `value` is undefined where it was deleted, `before` where there was none or it is on disk. */
export type StoreChange = {
  readonly [Kind in keyof Kinds]: {
    readonly kind: Kind
    readonly key: string
    readonly value: Kinds[Kind] | undefined
    readonly before: Kinds[Kind] | undefined
  }
}[keyof Kinds]

type KindOnDisk = (typeof kindsOnDisk)[number]
type Owners<Value> = Readonly<Record<string, OwnersOf<Value>>>
type IndexedCollection<Value, ByOwner> = Collection<Value> & {
  readonly [Name in keyof ByOwner]: (owner: string) => readonly Value[]
}

function ofService({ serviceArn }: { readonly serviceArn: string }): readonly string[] {
  return [serviceArn]
}

function alarmKeysOf({ alarms, serviceArn }: ServiceDeployment): readonly string[] {
  const region = parseArn(serviceArn)?.region ?? ''
  return (alarms?.alarmNames ?? []).map((name) => `${region}/${name}`)
}

/** The last change of a row is the one that counts. */
function rowsOf(changes: readonly Change[]): readonly RowChange[] {
  if (changes.length === 1) return changes
  const last = new Map<string, Change>()
  for (const change of changes) {
    const row = `${change.kind}\n${change.key}`
    last.delete(row)
    last.set(row, change)
  }
  return [...last.values()]
}
