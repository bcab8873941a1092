import type * as sdk from '@aws-sdk/client-ecs'
import {
  defaultProtectionMinutes,
  mostProtectionMinutes,
  notProtectable,
  protectedUntil,
  protectionBlocked,
  unknownTask,
  withProtection,
} from '../../domain/task-protection.ts'
import type { ProtectionFailure } from '../../domain/task-protection.ts'
import type { Task } from '../../domain/task.ts'
import type { Engine } from '../../engine/engine.ts'
import type { Answer, Call, Handlers } from '../handlers.ts'
import { invalidParameter } from './errors.ts'
import { findCluster, taskArn } from './names.ts'

/** What became of one task that was asked for. */
export type ProtectionAnswer =
  | { readonly kind: 'protection'; readonly task: Task; readonly until: number | undefined }
  | ({ readonly kind: 'failure'; readonly taskArn: string } & ProtectionFailure)

type Protecting = Pick<Engine, 'store' | 'clock' | 'settings'>

/** Protection of tasks from scale-in, by an auto scaling policy, a lower desired count or a deployment. */
export const taskProtection = (engine: Engine) =>
  ({
    UpdateTaskProtection({ cluster, tasks: names, protectionEnabled, expiresInMinutes }, call) {
      const keys = arnsOf(engine, call, { cluster, names, most: 10 })
      const wish = { protectionEnabled, expiresInMinutes }
      return answerOf(engine.store.transaction(() => keys.map((key) => updateProtection(engine, key, wish))))
    },
    GetTaskProtection({ cluster, tasks: names = [] }, call) {
      const keys = arnsOf(engine, call, { cluster, names, most: 100 })
      return answerOf(keys.map((key) => readProtection(engine, key)))
    },
  }) satisfies Handlers<typeof sdk>

/** @throws InvalidParameterException where the time is none that a task can be protected for */
export function updateProtection(
  { store, clock, settings }: Protecting,
  key: string,
  wish: { readonly protectionEnabled: boolean; readonly expiresInMinutes: number | undefined },
): ProtectionAnswer {
  const { protectionEnabled, expiresInMinutes = defaultProtectionMinutes } = wish
  checkMinutes(expiresInMinutes)
  const now = clock.now()
  const task = store.tasks.get(key)
  if (task === undefined) return { kind: 'failure', taskArn: key, ...unknownTask }
  const failure = notProtectable(task) ?? (protectionEnabled ? blockedBy(store, task, now) : undefined)
  if (failure !== undefined) return { kind: 'failure', taskArn: key, ...failure }
  const until = protectionEnabled ? now + expiresInMinutes * settings.minuteMilliseconds : undefined
  store.tasks.put(key, withProtection(task, until))
  return { kind: 'protection', task, until }
}

export function readProtection({ store, clock }: Protecting, key: string): ProtectionAnswer {
  const task = store.tasks.get(key)
  if (task === undefined) return { kind: 'failure', taskArn: key, ...unknownTask }
  const failure = notProtectable(task)
  if (failure !== undefined) return { kind: 'failure', taskArn: key, ...failure }
  return { kind: 'protection', task, until: protectedUntil(task, clock.now()) }
}

function blockedBy(store: Engine['store'], task: Task, now: number): ProtectionFailure | undefined {
  const desiredCount = store.services.get(task.serviceArn)?.desiredCount ?? 0
  return protectionBlocked(task, { desiredCount, tasks: store.tasks.ofService(task.serviceArn), now })
}

function answerOf(
  answers: readonly ProtectionAnswer[],
): Answer<Pick<sdk.UpdateTaskProtectionResponse, 'protectedTasks' | 'failures'>> {
  return {
    protectedTasks: answers.flatMap((answer) => {
      if (answer.kind === 'failure') return []
      const { task, until } = answer
      const expirationDate = until === undefined ? undefined : new Date(until)
      return [{ taskArn: task.taskArn, protectionEnabled: until !== undefined, expirationDate }]
    }),
    failures: answers.flatMap((answer) =>
      answer.kind === 'failure' ? [{ arn: answer.taskArn, reason: answer.reason, detail: answer.detail }] : [],
    ),
  }
}

function arnsOf(
  engine: Engine,
  call: Call,
  { cluster: clusterName, names, most }: { cluster: string; names: readonly string[]; most: number },
): readonly string[] {
  if (names.length === 0) throw invalidParameter('Tasks cannot be empty.')
  if (names.length > most) throw invalidParameter(`Tasks can have at most ${most} items.`)
  const cluster = findCluster(engine, call, clusterName)
  return names.map((name) => taskArn(call, cluster, name))
}

function checkMinutes(minutes: number): void {
  if (Number.isInteger(minutes) && minutes >= 1 && minutes <= mostProtectionMinutes) return
  throw invalidParameter(
    `expiresInMinutes is ${minutes}. Pass a whole number of minutes from 1 to ${mostProtectionMinutes}.`,
  )
}
