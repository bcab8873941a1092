import type * as sdk from '@aws-sdk/client-ecs'
import type { Cluster } from '../../domain/cluster.ts'
import type { Place } from '../../domain/identifiers.ts'
import type { Task } from '../../domain/task.ts'
import type { Engine } from '../../engine/engine.ts'
import type { Store } from '../../engine/store.ts'
import type { Checked, Handlers } from '../handlers.ts'
import { invalidParameter } from './errors.ts'
import { familyAndRevision, findCluster, findService, taskArn } from './names.ts'
import { page } from './pages.ts'
import { taskAnswer } from './task-answers.ts'

export const tasks = (engine: Engine) => {
  const { store, services: scheduler } = engine
  return {
    DescribeTasks({ cluster: clusterName, tasks: names, include = [] }, call) {
      if (names.length === 0) throw invalidParameter('Tasks cannot be empty.')
      if (names.length > 100) throw invalidParameter('Tasks can have at most 100 items.')
      const cluster = findCluster(engine, call, clusterName)
      const keys = names.map((name) => taskArn(call, cluster, name))
      const withTags = include.includes('TAGS')
      return {
        tasks: keys.flatMap((key) => {
          const task = store.tasks.get(key)
          return task === undefined ? [] : [taskAnswer(store, task, withTags)]
        }),
        failures: keys.flatMap((key) => (store.tasks.has(key) ? [] : [{ arn: key, reason: 'MISSING' }])),
      }
    },
    ListTasks({ cluster: clusterName, nextToken, maxResults, ...filters }, call) {
      const cluster = findCluster(engine, call, clusterName)
      const listed = matchingTasks(store, call, cluster, filters)
      const scope = ['ListTasks', cluster.clusterArn, filters]
      const shown = page(listed, (task) => task.taskArn, { scope, nextToken, maxResults, defaultSize: 100 })
      return { taskArns: shown.items.map((task) => task.taskArn), nextToken: shown.nextToken }
    },
    StopTask({ cluster: clusterName, task: name, reason }, call) {
      const key = taskArn(call, findCluster(engine, call, clusterName), name)
      const task = store.tasks.get(key)
      if (task === undefined) throw invalidParameter('The referenced task was not found.')
      if (task.desiredStatus === 'STOPPED') return { task: taskAnswer(store, task, true) }
      const stopped = scheduler.stopTask(key, { reason: reason || 'Task stopped by user', stopCode: 'UserInitiated' })
      return { task: taskAnswer(store, stopped, true) }
    },
  } satisfies Handlers<typeof sdk>
}

type Filters = Omit<Checked<sdk.ListTasksRequest>, 'cluster' | 'nextToken' | 'maxResults'>

/** Tasks that match every filter given. ECS keeps no task at PENDING, so that desiredStatus matches nothing. */
function matchingTasks(store: Store, place: Place, cluster: Cluster, filters: Filters): readonly Task[] {
  const { family, serviceName, startedBy, launchType, desiredStatus = 'RUNNING' } = filters
  if (filters.containerInstance) {
    throw invalidParameter('containerInstance: there are no container instances, tasks run on this machine.')
  }
  if (filters.daemonName) throw invalidParameter('daemonName: daemons are not supported by Teal yet.')
  const serviceArn = serviceName && findService(store, place, cluster, serviceName).serviceArn
  const isOfFamily = ({ taskDefinitionArn }: Task): boolean =>
    familyAndRevision(place, taskDefinitionArn).family === family
  return store.tasks
    .list()
    .filter((task) => task.clusterArn === cluster.clusterArn && task.desiredStatus === desiredStatus)
    .filter((task) => !serviceArn || task.serviceArn === serviceArn)
    .filter((task) => !family || isOfFamily(task))
    .filter((task) => !startedBy || task.startedBy === startedBy)
    .filter((task) => launchType === undefined || task.launchType === launchType)
}
