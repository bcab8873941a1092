import type * as sdk from '@aws-sdk/client-ecs'
import { arn, type Place } from '../../domain/identifiers.ts'
import type { Service } from '../../domain/service.ts'
import type { TaskDefinition } from '../../domain/task-definition.ts'
import type { Engine } from '../../engine/engine.ts'
import { currentDeployment } from '../../engine/service-deployments.ts'
import type { Store } from '../../engine/store.ts'
import type { Handlers } from '../handlers.ts'
import { clientError, invalidParameter } from './errors.ts'
import { familyAndRevision, findTaskDefinition, taskDefinitionsIn } from './names.ts'
import { page } from './pages.ts'
import { tagList } from './tags.ts'
import { taskDefinitionAnswer } from './task-definition-answers.ts'
import { registration } from './task-definition-registrations.ts'

export const taskDefinitions = ({ store, clock }: Engine) =>
  ({
    RegisterTaskDefinition(input, call) {
      const registered = registration(input)
      const made = store.transaction(() => {
        sweep(store, call)
        return putNextRevision(store, call, { ...registered, registeredAt: clock.now(), registeredBy: rootUser(call) })
      })
      return { taskDefinition: taskDefinitionAnswer(made), tags: tagList(made.tags) }
    },
    DescribeTaskDefinition({ taskDefinition, include = [] }, call) {
      const found = findTaskDefinition(store, call, taskDefinition)
      if (found === undefined) throw clientError('Unable to describe task definition.')
      return { taskDefinition: taskDefinitionAnswer(found), tags: include.includes('TAGS') ? tagList(found.tags) : [] }
    },
    ListTaskDefinitions({ familyPrefix, status = 'ACTIVE', sort, nextToken, maxResults }, call) {
      const listed = taskDefinitionsIn(store, call)
        .filter((definition) => familyPrefix === undefined || definition.family === familyPrefix)
        .filter((definition) => definition.status === status)
      const scope = ['ListTaskDefinitions', call.region, familyPrefix, status, sort]
      const shown = page(listed, revisionKey, { scope, nextToken, maxResults, defaultSize: 100, order: sort })
      return { taskDefinitionArns: shown.items.map((item) => item.taskDefinitionArn), nextToken: shown.nextToken }
    },
    ListTaskDefinitionFamilies({ familyPrefix = '', status = 'ALL', nextToken, maxResults }, call) {
      const families = familiesOf(taskDefinitionsIn(store, call), status).filter((name) =>
        name.startsWith(familyPrefix),
      )
      const scope = ['ListTaskDefinitionFamilies', call.region, familyPrefix, status]
      const shown = page(families, (family) => family, { scope, nextToken, maxResults, defaultSize: 100 })
      return { families: shown.items, nextToken: shown.nextToken }
    },
    DeregisterTaskDefinition({ taskDefinition }, call) {
      const found = exactly(store, call, taskDefinition)
      if (found === undefined) throw clientError('The specified task definition does not exist.')
      if (found.status !== 'ACTIVE') return { taskDefinition: taskDefinitionAnswer(found) }
      const deregistered: TaskDefinition = { ...found, status: 'INACTIVE', deregisteredAt: clock.now() }
      store.taskDefinitions.put(found.taskDefinitionArn, deregistered)
      return { taskDefinition: taskDefinitionAnswer(deregistered) }
    },
    DeleteTaskDefinitions({ taskDefinitions: names }, call) {
      if (names.length < 1 || names.length > 10) throw invalidParameter('taskDefinitions must have 1 to 10 items.')
      return store.transaction(() => {
        const results = names.map((name) => deleteDefinition(store, call, name, clock.now()))
        sweep(store, call)
        return {
          taskDefinitions: results.flatMap((result) => (result.deleted === undefined ? [] : [result.deleted])),
          failures: results.flatMap((result) => (result.failure === undefined ? [] : [result.failure])),
        }
      })
    },
  }) satisfies Handlers<typeof sdk>

/** Who did something, as ECS answers it: there are no users here but the account's. */
export const rootUser = ({ accountId }: Place): string => `arn:aws:iam::${accountId}:root`

/** A revision is one more than the last ever used in its family, also when that one is gone. */
function putNextRevision(
  store: Store,
  place: Place,
  registered: Omit<TaskDefinition, 'taskDefinitionArn' | 'revision'>,
): TaskDefinition {
  const key = `${place.region}/${registered.family}`
  const revision = (store.revisionNumbers.get(key) ?? 0) + 1
  const taskDefinitionArn = arn.taskDefinition(place, registered.family, revision)
  const made: TaskDefinition = { ...registered, taskDefinitionArn, revision }
  store.revisionNumbers.put(key, revision)
  store.taskDefinitions.put(taskDefinitionArn, made)
  return made
}

/** Sorts by family, and within one by revision as a number. */
const revisionKey = ({ family, revision }: TaskDefinition): string => `${family} ${String(revision).padStart(10, '0')}`

function familiesOf(definitions: readonly TaskDefinition[], status: sdk.TaskDefinitionFamilyStatus): readonly string[] {
  const all = new Set(definitions.map(({ family }) => family))
  const active = new Set(definitions.filter((definition) => definition.status === 'ACTIVE').map(({ family }) => family))
  switch (status) {
    case 'ALL':
      return [...all]
    case 'ACTIVE':
      return [...active]
    case 'INACTIVE':
      return [...all].filter((family) => !active.has(family))
  }
}

/** The definition by `family:revision` or ARN: what goes away must be named exactly. */
function exactly(store: Store, place: Place, text: string): TaskDefinition | undefined {
  const { revision } = familyAndRevision(place, text)
  if (revision === undefined) {
    throw invalidParameter(`Invalid revision number. Name the revision of ${text}, as in FAMILY:REVISION.`)
  }
  return findTaskDefinition(store, place, text)
}

function deleteDefinition(
  store: Store,
  place: Place,
  name: string,
  now: number,
): { readonly deleted?: ReturnType<typeof taskDefinitionAnswer>; readonly failure?: sdk.Failure } {
  const found = exactly(store, place, name)
  if (found === undefined) {
    return { failure: { arn: name, reason: 'The specified task definition does not exist.' } }
  }
  if (found.status === 'ACTIVE') {
    const reason =
      'The specified task definition is still in ACTIVE status. Please deregister the target and try again.'
    return { failure: { arn: found.taskDefinitionArn, reason } }
  }
  const deleted: TaskDefinition = { ...found, status: 'DELETE_IN_PROGRESS', deleteRequestedAt: now }
  store.taskDefinitions.put(found.taskDefinitionArn, deleted)
  return { deleted: taskDefinitionAnswer(deleted) }
}

/**
 * A deleted definition goes once nothing is made of it any more, nor will be by a rollback: task sets and tasks go on with
 * the one they have.
 */
function sweep(store: Store, place: Place): void {
  const deleted = taskDefinitionsIn(store, place).filter(({ status }) => status === 'DELETE_IN_PROGRESS')
  if (deleted.length === 0) return
  const used = new Set([
    ...store.taskSets.list().map(({ taskDefinition }) => taskDefinition),
    ...store.tasks.list().map(({ taskDefinitionArn }) => taskDefinitionArn),
    ...store.services.list().flatMap((service) => (service.status === 'INACTIVE' ? [] : definitionsOf(store, service))),
  ])
  for (const { taskDefinitionArn } of deleted) {
    if (!used.has(taskDefinitionArn)) store.taskDefinitions.delete(taskDefinitionArn)
  }
}

/** Those of the revision that a service is to have, and of those that it may go back to. */
function definitionsOf(store: Store, service: Service): readonly (string | undefined)[] {
  const candidates = [service.completedServiceRevision, currentDeployment(store, service)?.rollbackCandidateArn]
  return [service.taskDefinition, ...candidates.map((key = '') => store.serviceRevisions.get(key)?.taskDefinition)]
}
