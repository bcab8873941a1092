import { AwsError } from '../../domain/aws-error.ts'
import type { Task } from '../../domain/task.ts'
import type { Engine } from '../../engine/engine.ts'
import { RefusedDeed } from '../documents.ts'
import type { Deed, ReadableDocument } from '../documents.ts'
import { invalidParameter } from './errors.ts'
import { readProtection, updateProtection } from './task-protection.ts'
import type { ProtectionAnswer } from './task-protection.ts'

type Context = Pick<Engine, 'store' | 'clock' | 'settings'>

/** Below the address that containers find in ECS_AGENT_URI, as the container agent of ECS has it. */
const path = /^\/v4\/([0-9a-f]{32})-(\d+)\/api\/task-protection\/v1\/state$/

/** `GET $ECS_AGENT_URI/task-protection/v1/state`: whether the container's own task is protected from scale-in. */
export function protectionDocument(context: Context): ReadableDocument {
  return {
    path,
    read(taskId = '', index = '') {
      const task = taskOf(context, taskId, index)
      return task && answerOf(readProtection(context, task.taskArn))
    },
  }
}

/** `PUT` of `{ ProtectionEnabled, ExpiresInMinutes? }`: how tasks protect themselves while they are at work. */
export function protectionDeed(context: Context): Deed {
  return {
    path,
    method: 'PUT',
    async perform(body, _signal, taskId = '', index = '') {
      const task = taskOf(context, taskId, index)
      if (task === undefined) {
        const error = { Code: 'ResourceNotFoundException', Message: 'There is no task whose container this is.' }
        throw new RefusedDeed(404, { error })
      }
      try {
        return answerOf(updateProtection(context, task.taskArn, readWish(body)))
      } catch (error) {
        if (!(error instanceof AwsError)) throw error
        throw new RefusedDeed(400, { error: { Arn: task.taskArn, Code: error.code, Message: error.message } })
      }
    },
  }
}

function taskOf({ store }: Context, taskId: string, index: string): Task | undefined {
  const [task] = store.tasks.withId(taskId)
  return task?.containers[Number(index)] === undefined ? undefined : task
}

/** A failure is an answer of 200, too. */
function answerOf(answer: ProtectionAnswer): object {
  if (answer.kind === 'failure') {
    return { failure: { Arn: answer.taskArn, Detail: answer.detail, Reason: answer.reason } }
  }
  const { task, until } = answer
  const ExpirationDate = until === undefined ? null : new Date(until).toISOString()
  return { protection: { ExpirationDate, ProtectionEnabled: until !== undefined, TaskArn: task.taskArn } }
}

/** The agent takes its members' names with any capitals. */
function readWish(body: unknown): Parameters<typeof updateProtection>[2] {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw invalidParameter('The request is no JSON object with ProtectionEnabled and perhaps ExpiresInMinutes.')
  }
  const members = new Map(Object.entries(body).map(([name, value]) => [name.toLowerCase(), { name, value }]))
  const enabled: unknown = members.get('protectionenabled')?.value
  const minutes: unknown = members.get('expiresinminutes')?.value ?? undefined
  const stranger = [...members].find(([name]) => name !== 'protectionenabled' && name !== 'expiresinminutes')
  if (stranger !== undefined) {
    throw invalidParameter(
      `${stranger[1].name} is no member of the request. Pass ProtectionEnabled and ExpiresInMinutes.`,
    )
  }
  if (enabled === undefined) throw invalidParameter('ProtectionEnabled is missing. Pass true or false.')
  if (typeof enabled !== 'boolean')
    throw invalidParameter(`ProtectionEnabled is ${JSON.stringify(enabled)}. Pass true or false.`)
  if (minutes !== undefined && typeof minutes !== 'number') {
    throw invalidParameter(`ExpiresInMinutes is ${JSON.stringify(minutes)}. Pass a number of minutes.`)
  }
  return { protectionEnabled: enabled, expiresInMinutes: minutes }
}
