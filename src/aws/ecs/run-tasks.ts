import type * as sdk from '@aws-sdk/client-ecs'
import { AwsError } from '../../domain/aws-error.ts'
import { capacityProviders } from '../../domain/capacity-provider.ts'
import type { Cluster } from '../../domain/cluster.ts'
import type { TaskDefinition } from '../../domain/task-definition.ts'
import type { Task } from '../../domain/task.ts'
import type { Engine } from '../../engine/engine.ts'
import { newStandaloneTask } from '../../engine/task-launch.ts'
import type { Checked, Handlers } from '../handlers.ts'
import { strategyOf } from './capacity-providers.ts'
import { defined } from './defined.ts'
import { invalidParameter, notSupported } from './errors.ts'
import { readLaunch } from './launch-types.ts'
import { refusedMember, runTaskMembers } from './members.ts'
import { findActiveCluster, findUsableTaskDefinition } from './names.ts'
import { readNetworkConfiguration } from './network-configurations.ts'
import { readTags } from './tags.ts'
import { taskAnswer } from './task-answers.ts'
import { readOverrides } from './task-overrides.ts'

type Input = Checked<sdk.RunTaskRequest>

/** RunTask, and those that start or enter tasks in a way there is none here. */
export const runTasks = (engine: Engine) =>
  ({
    RunTask(input, call) {
      const { store, chance, clock } = engine
      const cluster = findActiveCluster(engine, call, input.cluster)
      const definition = findUsableTaskDefinition(store, call, input.taskDefinition)
      const asked = askedTask(input, definition, cluster)
      const strategy = strategyOf(input, cluster)
      const { count = 1 } = input
      if (count < 1 || count > 10) throw invalidParameter('Count must be between 1 and 10.')
      return store.transaction(() => {
        const before = startedBefore(engine, cluster, asked.request)
        const providers = capacityProviders(strategy)
        const started =
          before.length > 0
            ? before
            : Array.from({ length: count }, () =>
                newStandaloneTask(
                  cluster.clusterArn,
                  definition,
                  { chance, now: clock.now() },
                  { ...asked, ...providers.next() },
                ),
              )
        if (before.length === 0) for (const task of started) store.tasks.put(task.taskArn, task)
        return { tasks: started.map((task) => taskAnswer(store, task, true)), failures: [] }
      })
    },
    StartTask() {
      throw notSupported(
        'StartTask',
        'There are no container instances to name: tasks run on this machine. Use RunTask with the same members.',
      )
    },
    ExecuteCommand({ task }) {
      throw notSupported(
        'ExecuteCommand',
        `No session manager runs here. To run a command in the task use: teal exec ${task} -- COMMAND`,
      )
    },
  }) satisfies Handlers<typeof sdk>

/** @throws InvalidParameterException, ClientException, UnsupportedFeatureException */
function askedTask(input: Input, definition: TaskDefinition, cluster: Cluster) {
  const refused = refusedMember(runTaskMembers, input)
  if (refused !== undefined) throw notSupported(refused.member, refused.advice)
  const { clientToken, startedBy = '', group = `family:${definition.family}` } = input
  if (startedBy.length > 128) throw invalidParameter('startedBy can have at most 128 characters.')
  if (group.startsWith('service:')) throw invalidParameter('Invalid namespace for group: service.')
  if (clientToken !== undefined && (clientToken.length < 1 || clientToken.length > 64)) {
    throw invalidParameter('clientToken must have 1 to 64 characters.')
  }
  const launch = readLaunch(input, definition, cluster)
  const networkConfiguration = readNetworkConfiguration(input.networkConfiguration, definition, launch.launchType)
  const overrides = input.overrides && readOverrides(input.overrides, definition, launch.launchType)
  const propagatedTags = input.propagateTags === 'TASK_DEFINITION' ? definition.tags : {}
  if (input.propagateTags === 'SERVICE') throw invalidParameter('propagateTags SERVICE: the task has no service.')
  const { clientToken: _token, ...same } = input
  const fingerprint = JSON.stringify(same, Object.keys(flat(same)).toSorted())
  return {
    group,
    startedBy,
    ...launch,
    tags: { ...managedTags(input, cluster), ...propagatedTags, ...readTags(input.tags) },
    ...defined({
      networkConfiguration,
      overrides,
      enableExecuteCommand: input.enableExecuteCommand,
      request: clientToken === undefined ? undefined : { clientToken, fingerprint },
    }),
  }
}

/** The tags ECS gives by itself. */
function managedTags({ enableECSManagedTags }: Input, { clusterName }: Cluster): Readonly<Record<string, string>> {
  return enableECSManagedTags === true ? { 'aws:ecs:clusterName': clusterName } : {}
}

/**
 * The tasks an earlier call with the same token has started.
 * @throws ConflictException where that call asked for something else.
 */
function startedBefore({ store }: Engine, cluster: Cluster, request: Task['request']): readonly Task[] {
  if (request === undefined) return []
  const before = store.tasks
    .list()
    .filter((task) => task.clusterArn === cluster.clusterArn && task.request?.clientToken === request.clientToken)
  if (before.every((task) => task.request?.fingerprint === request.fingerprint)) return before
  throw new AwsError(
    'ConflictException',
    'The client token was used with other parameters before: use another one for another request.',
    { resourceIds: before.map(({ taskArn }) => taskArn) },
  )
}

/** All member names of a value at any depth, so that one order of them can be chosen. */
function flat(value: unknown, names: Record<string, true> = {}): Record<string, true> {
  if (typeof value !== 'object' || value === null) return names
  for (const [name, member] of Object.entries(value)) {
    names[name] = true
    flat(member, names)
  }
  return names
}
