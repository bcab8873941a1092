import type * as sdk from '@aws-sdk/client-codedeploy'
import { AwsError } from '../../domain/aws-error.ts'
import type { TriggerConfiguration } from '../../domain/code-deploy.ts'
import { quoted } from './names.ts'

/** Reads a group's triggers. @throws AwsError InvalidTriggerConfigException, TriggerTargetsLimitExceededException */
export function readTriggers(triggers: readonly sdk.TriggerConfig[]): readonly TriggerConfiguration[] {
  if (triggers.length > mostTriggers) {
    throw new AwsError(
      'TriggerTargetsLimitExceededException',
      `triggerConfigurations lists ${triggers.length} triggers; ${mostTriggers} are allowed.`,
    )
  }
  return triggers.map((trigger, index) => readTrigger(trigger, `triggerConfigurations[${index}]`))
}

const mostTriggers = 10

function readTrigger(trigger: sdk.TriggerConfig, place: string): TriggerConfiguration {
  const { triggerName = '', triggerTargetArn = '', triggerEvents = [] } = trigger
  if (triggerName === '' || triggerName.length > 100) {
    throw invalid(`${place}.triggerName must have 1 to 100 characters and has ${triggerName.length}`)
  }
  if (!/^arn:[^:]+:sns:[^:]+:\d{12}:.+$/.test(triggerTargetArn)) {
    throw invalid(
      `${place}.triggerTargetArn ${quoted(triggerTargetArn)} is not the Topic ARN of an SNS topic. Pass e.g. ` +
        'arn:aws:sns:us-east-1:000000000000:deployments',
    )
  }
  if (triggerEvents.length === 0) {
    throw invalid(`${place}.triggerEvents is empty. Name the events to be told of, e.g. DeploymentFailure`)
  }
  return { triggerName, triggerTargetArn, triggerEvents: [...new Set(triggerEvents)] }
}

function invalid(message: string): AwsError {
  return new AwsError('InvalidTriggerConfigException', `${message}.`)
}
