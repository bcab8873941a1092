import type * as sdk from '@aws-sdk/client-ecs'
import type { AwsError } from '../../domain/aws-error.ts'
import type { Cluster } from '../../domain/cluster.ts'
import type { Place } from '../../domain/identifiers.ts'
import type { Service, TaskSet } from '../../domain/service.ts'
import { withProtection } from '../../domain/task-protection.ts'
import type { Engine, NewTaskSet } from '../../engine/engine.ts'
import type { Store } from '../../engine/store.ts'
import type { Checked, Handlers } from '../handlers.ts'
import { strategyOf } from './capacity-providers.ts'
import { defined } from './defined.ts'
import { invalidParameter, notSupported, serviceNotActive, taskSetNotFound } from './errors.ts'
import { readLaunch } from './launch-types.ts'
import { readLoadBalancer } from './load-balancers.ts'
import { refusedMember, taskSetMembers } from './members.ts'
import {
  findActiveCluster,
  findCluster,
  findService,
  findUsableTaskDefinition,
  taskSetArn,
  taskSetsOf,
} from './names.ts'
import { readNetworkConfiguration } from './network-configurations.ts'
import { taskSetAnswer } from './task-set-answers.ts'
import { readTags } from './tags.ts'

/** Task sets made by hand: on services with the EXTERNAL controller. Those of CODE_DEPLOY services can be described. */
export const taskSets = (engine: Engine) => {
  const { store, services: scheduler } = engine
  return {
    CreateTaskSet(input, call) {
      const cluster = findActiveCluster(engine, call, input.cluster)
      const service = managedService(store, call, cluster, input.service)
      return { taskSet: taskSetAnswer(engine, service, createTaskSet(engine, call, cluster, service, input), true) }
    },
    DescribeTaskSets({ cluster: clusterName, service: name, taskSets: names, include = [] }, call) {
      const cluster = findCluster(engine, call, clusterName)
      const service = describedService(store, call, cluster, name)
      // What it deploys with is its own; what that comes to is in the service's `deployments`.
      if (service.deploymentController === 'ECS') throw noTaskSets()
      const keys = (names ?? []).map((taskSet) => taskSetArn(call, service, taskSet))
      const all = taskSetsOf(store, service)
      const found = keys.length === 0 ? all : all.filter((taskSet) => keys.includes(taskSet.taskSetArn))
      const missing = keys.filter((key) => !all.some((taskSet) => taskSet.taskSetArn === key))
      return {
        taskSets: found.map((taskSet) => taskSetAnswer(engine, service, taskSet, include.includes('TAGS'))),
        failures: missing.map((key) => ({ arn: key, reason: 'MISSING' })),
      }
    },
    UpdateTaskSet({ cluster: clusterName, service: name, taskSet, scale }, call) {
      const cluster = findCluster(engine, call, clusterName)
      const service = managedService(store, call, cluster, name)
      const { taskSetArn: key } = changeableTaskSet(store, call, service, taskSet)
      const updated = scheduler.updateScale(key, readScale(scale))
      return { taskSet: taskSetAnswer(engine, service, updated, true) }
    },
    UpdateServicePrimaryTaskSet({ cluster: clusterName, service: name, primaryTaskSet }, call) {
      const cluster = findCluster(engine, call, clusterName)
      const service = managedService(store, call, cluster, name)
      const { taskSetArn: key } = changeableTaskSet(store, call, service, primaryTaskSet)
      return { taskSet: taskSetAnswer(engine, service, scheduler.makePrimary(key), true) }
    },
    DeleteTaskSet({ cluster: clusterName, service: name, taskSet, force = false }, call) {
      const cluster = findCluster(engine, call, clusterName)
      const service = managedService(store, call, cluster, name)
      return { taskSet: taskSetAnswer(engine, service, deleteTaskSet(engine, call, service, taskSet, force), true) }
    },
  } satisfies Handlers<typeof sdk>
}

/** The text for the sixth task set of a service. */
const tooMany = '5 deployments exist on the service. Unable to create new TaskSet since this exceeds the maximum limit.'

function createTaskSet(
  { store, services, chance }: Engine,
  place: Place,
  cluster: Cluster,
  service: Service,
  input: Checked<sdk.CreateTaskSetRequest>,
): TaskSet {
  const asked = newTaskSet(store, place, cluster, service, input)
  const existing = taskSetsOf(store, service)
  const earlier = existing.find(({ clientToken }) => clientToken !== undefined && clientToken === input.clientToken)
  if (earlier !== undefined) {
    if (isSame(earlier, asked)) return earlier
    throw invalidParameter('Creation of task set was not idempotent.')
  }
  if (existing.length >= 5) throw invalidParameter(tooMany)
  return services.createTaskSet({ ...asked, taskSetId: `ecs-svc/${chance.digits(19)}` })
}

function newTaskSet(
  store: Store,
  place: Place,
  cluster: Cluster,
  { serviceArn: key }: Service,
  input: Checked<sdk.CreateTaskSetRequest>,
): Omit<NewTaskSet, 'taskSetId'> {
  const definition = findUsableTaskDefinition(store, place, input.taskDefinition)
  const launch = readLaunch(input, definition, cluster)
  const refused = refusedMember(taskSetMembers, input)
  if (refused !== undefined) throw notSupported(refused.member, refused.advice)
  if ((input.loadBalancers?.length ?? 0) > 1) throw invalidParameter('loadBalancers can have at most 1 item.')
  if ((input.clientToken?.length ?? 0) > 64) throw invalidParameter('clientToken can have at most 64 characters.')
  return {
    serviceArn: key,
    taskDefinition: definition.taskDefinitionArn,
    loadBalancers: (input.loadBalancers ?? []).map((entry) => readLoadBalancer(store, entry, definition)),
    scalePercent: input.scale === undefined ? 0 : readScale(input.scale),
    status: 'ACTIVE',
    ...launch,
    ...defined({
      capacityProviderStrategy: strategyOf(input, cluster),
      networkConfiguration: readNetworkConfiguration(input.networkConfiguration, definition, launch.launchType),
      externalId: input.externalId,
      clientToken: input.clientToken,
    }),
    tags: readTags(input.tags),
  }
}

/** Whether a task set is what this request would make; its scale may have been changed since. */
const isSame = (taskSet: TaskSet, asked: Omit<NewTaskSet, 'taskSetId'>): boolean => textOf(taskSet) === textOf(asked)

function textOf(taskSet: Omit<NewTaskSet, 'taskSetId' | 'status'>): string {
  return JSON.stringify([
    taskSet.taskDefinition,
    taskSet.loadBalancers.map((entry) => [entry.targetGroupArn, entry.containerName, entry.containerPort]),
    taskSet.launchType,
    taskSet.platformVersion,
    taskSet.capacityProviderStrategy,
    taskSet.networkConfiguration,
    taskSet.externalId,
  ])
}

function readScale({ value = 0 }: sdk.Scale): number {
  if (value >= 0 && value <= 100) return value
  throw invalidParameter('The value of scale must be between 0 and 100 percent.')
}

/** What is at the service's head or still wanted goes only by force. */
function deleteTaskSet(
  { store, services }: Engine,
  place: Place,
  service: Service,
  name: string,
  force: boolean,
): TaskSet {
  const taskSet = findTaskSet(store, place, service, name)
  if (!force && taskSet.status === 'PRIMARY') {
    throw invalidParameter('Primary TaskSet cannot be deleted. Make another one PRIMARY first, or use force.')
  }
  if (!force && taskSet.status === 'ACTIVE' && taskSet.scalePercent > 0) {
    throw invalidParameter('The task set must be scaled to 0 before it is deleted, or use force.')
  }
  store.transaction(() => {
    if (force) unprotectTasks(store, taskSet)
    if (taskSet.status !== 'DRAINING') services.deleteTaskSet(taskSet.taskSetArn)
  })
  return store.taskSets.get(taskSet.taskSetArn) ?? { ...taskSet, status: 'DRAINING' }
}

/** What goes by force does not wait until its tasks are protected no more. */
function unprotectTasks(store: Store, { serviceArn, taskSetId }: TaskSet): void {
  for (const task of store.tasks.ofService(serviceArn)) {
    if (task.taskSetId !== taskSetId || task.protectedUntil === undefined) continue
    store.tasks.put(task.taskArn, withProtection(task, undefined))
  }
}

function findTaskSet(store: Store, place: Place, service: Service, name: string): TaskSet {
  const taskSet = store.taskSets.get(taskSetArn(place, service, name))
  if (taskSet === undefined) throw taskSetNotFound()
  return taskSet
}

function changeableTaskSet(store: Store, place: Place, service: Service, name: string): TaskSet {
  const taskSet = findTaskSet(store, place, service, name)
  if (taskSet.status === 'DRAINING') throw invalidParameter('The task set is being deleted and cannot be changed.')
  return taskSet
}

function describedService(store: Store, place: Place, cluster: Cluster, name: string): Service {
  const service = findService(store, place, cluster, name)
  if (service.status === 'INACTIVE') throw serviceNotActive()
  return service
}

/** The exact words ECS has for services of CodeDeploy are not known. */
function managedService(store: Store, place: Place, cluster: Cluster, name: string): Service {
  const service = describedService(store, place, cluster, name)
  if (service.status !== 'ACTIVE') throw serviceNotActive()
  switch (service.deploymentController) {
    case 'EXTERNAL':
      return service
    case 'CODE_DEPLOY':
      throw invalidParameter(
        'AWS CodeDeploy manages the task sets of services with a CODE_DEPLOY deployment controller. ' +
          'Use AWS CodeDeploy to trigger a new deployment.',
      )
    case 'ECS':
      throw noTaskSets()
  }
}

const noTaskSets = (): AwsError =>
  invalidParameter(
    'Amazon ECS only supports task set management on services configured to use external deployment controllers. Use ' +
      'UpdateService to start a new deployment, or a service with deploymentController type=EXTERNAL.',
  )
