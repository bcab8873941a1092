import type * as sdk from '@aws-sdk/client-codedeploy'
import { AwsError } from '../../domain/aws-error.ts'
import type { AlarmConfiguration, AutoRollbackConfiguration } from '../../domain/code-deploy.ts'
import { quoted } from './names.ts'

/** @throws AwsError InvalidAutoRollbackConfigException */
export function readAutoRollback(config: sdk.AutoRollbackConfiguration): AutoRollbackConfiguration {
  const { enabled = false, events = [] } = config
  if (enabled && events.length === 0) {
    throw new AwsError(
      'InvalidAutoRollbackConfigException',
      'autoRollbackConfiguration is enabled, but lists no events. Pass events DEPLOYMENT_FAILURE, DEPLOYMENT_STOP_ON_REQUEST or ' +
        'DEPLOYMENT_STOP_ON_ALARM, or enabled false.',
    )
  }
  return { enabled, events: [...new Set(events)] }
}

/**
 * Reads the alarms of a group or a deployment.
 * @throws AwsError InvalidAlarmConfigException, AlarmsLimitExceededException
 */
export function readAlarms(member: string, config: sdk.AlarmConfiguration): AlarmConfiguration {
  const { enabled = false, ignorePollAlarmFailure = false, alarms = [] } = config
  const names = alarms.map(({ name }) => name ?? '')
  if (enabled && names.length === 0) throw invalidAlarms(`${member} is enabled, but lists no alarms`)
  if (names.length > 10) {
    throw new AwsError('AlarmsLimitExceededException', `${member} lists ${names.length} alarms; 10 are allowed.`)
  }
  for (const [index, name] of names.entries()) {
    if (name.trim() === '' || name.length > 255) {
      throw invalidAlarms(`${member}.alarms[${index}].name must have 1 to 255 characters and has ${name.length}`)
    }
    if (names.indexOf(name) !== index) throw invalidAlarms(`${member} lists the alarm ${quoted(name)} twice`)
  }
  return { enabled, ignorePollAlarmFailure, alarms: names.map((name) => ({ name })) }
}

function invalidAlarms(message: string): AwsError {
  return new AwsError('InvalidAlarmConfigException', `${message}.`)
}
