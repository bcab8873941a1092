import type { Engine } from '../../engine/engine.ts'
import type { ReadableDocument } from '../documents.ts'

const lifetimeMilliseconds = 6 * 3_600_000

/**
 * The credentials of a task's role, at the address that containers find in AWS_CONTAINER_CREDENTIALS_FULL_URI. They are
 * good for this engine, which asks for none on this machine, and for nothing else.
 */
export function taskCredentials({
  store,
  clock,
  settings,
}: Pick<Engine, 'store' | 'clock' | 'settings'>): ReadableDocument {
  return {
    path: /^\/v2\/credentials\/([0-9a-f]+)$/,
    read(taskId = '') {
      const task = store.tasks.list().find((each) => each.taskId === taskId)
      const role =
        task?.overrides?.taskRoleArn ??
        store.taskDefinitions.get(task?.taskDefinitionArn ?? '')?.recorded['taskRoleArn']
      if (task === undefined || task.lastStatus === 'STOPPED' || typeof role !== 'string' || role === '')
        return undefined
      return {
        RoleArn: role,
        AccessKeyId: settings.accessKey?.accessKeyId ?? `ASIA${taskId.slice(0, 16).toUpperCase()}`,
        SecretAccessKey: settings.accessKey?.secretAccessKey ?? `teal-${taskId}`,
        Token: `teal-${taskId}`,
        Expiration: new Date(clock.now() + lifetimeMilliseconds).toISOString(),
      }
    },
  }
}
