import type { DeploymentInfo, ECSTarget } from '@aws-sdk/client-codedeploy'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deploymentText } from '../../src/cli/deployment-text.ts'
import type { DeploymentRecord } from '../../src/domain/deployment-record.ts'
import type { RecordedNotification } from '../../src/domain/notification.ts'

const endpoint = 'https://codedeploy.eu-west-1.amazonaws.com'
const deployment: DeploymentInfo = {
  deploymentId: 'd-ABCDEF123',
  applicationName: 'shop',
  deploymentGroupName: 'web',
  deploymentConfigName: 'CodeDeployDefault.ECSAllAtOnce',
  creator: 'user',
  status: 'Failed',
  createTime: new Date('2027-03-01T12:00:00Z'),
  completeTime: new Date('2027-03-01T14:05:30Z'),
  errorInformation: { code: 'HOOK_EXECUTION_FAILURE', message: 'One or more of the validation functions failed.' },
}
const target: ECSTarget = {
  lifecycleEvents: [
    {
      lifecycleEventName: 'AfterAllowTestTraffic',
      status: 'Failed',
      startTime: new Date('2027-03-01T12:00:01Z'),
      endTime: new Date('2027-03-01T12:03:13Z'),
      diagnostics: {
        errorCode: 'ScriptFailed',
        scriptName: 'smoke-test',
        logTail: `GET / answered 500\n${'long '.repeat(40)}`,
      },
    },
  ],
}

test('what AWS answers is shown, with the log lines of hooks, and that there is no record', () => {
  const text = deploymentText({ endpoint, region: 'eu-west-1', deployment, target })
  assert.match(text, /^Deployment d-ABCDEF123: Failed\n/)
  assert.match(text, /took 2 h 5 min/)
  assert.match(text, /AfterAllowTestTraffic +Failed +3 min 12 s/)
  assert.match(text, /keeps no record\s+of them/)
  assert.match(text, /AfterAllowTestTraffic: smoke-test, ScriptFailed\n {4}\| GET \/ answered 500\n/)
  assert.match(text, /Failed, HOOK_EXECUTION_FAILURE: One or more/)
  for (const line of text.split('\n')) assert(line.length <= 80, line)
})

test('after a failure the next thing to type is about the rollback, or about another revision', () => {
  const shown = { endpoint, region: 'eu-west-1', deployment }
  assert.match(deploymentText(shown), /Nothing was rolled back[^]*create-deployment --application-name shop/)
  const rollbackInfo = { rollbackDeploymentId: 'd-ABCDEF124', rollbackMessage: 'It is rolled back.' }
  const rolledBack = deploymentText({ ...shown, deployment: { ...deployment, rollbackInfo } })
  assert.match(rolledBack, /teal deployment d-ABCDEF124 +how the rollback went/)
})

test('where there is a diagnosis, it has what was seen, and the rest is brief', () => {
  const cause = 'The deployment timed out while waiting for the replacement task set to become healthy.'
  const seen = `2 of 2 tasks have stopped (target-group ${'arn:aws:elasticloadbalancing:'.padEnd(90, 'x')}): no /health.`
  const message = `${cause} ${seen}`
  const failed = { ...deployment, errorInformation: { code: 'TIMEOUT', message } } as const
  const [event] = target.lifecycleEvents ?? []
  const lifecycleEvents = [{ ...event, diagnostics: { errorCode: 'UnknownError' as const, message } }]
  const shown = { endpoint, region: 'eu-west-1', deployment: failed, target: { ...target, lifecycleEvents } }
  const thing = { cause, stage: 'TIMEOUT', evidence: ['2 of 2 tasks have stopped'], affected: [], state: [], next: [] }
  const text = deploymentText({ ...shown, diagnosis: { kind: 'found', thing } })
  assert.match(text, /\nWhy\n {2}TIMEOUT\n {2}The deployment timed out[^]*\nEvidence\n {2}2 of 2 tasks have stopped\n/)
  assert.equal(text.match(/have stopped/g)?.length, 1)
  assert.doesNotMatch(text, /\nResult\n/)
  const unseen = deploymentText({ ...shown, diagnosis: { kind: 'unknown', reason: 'the cluster is gone' } })
  assert.match(unseen, /\n {2}Failed, TIMEOUT: The deployment[^]*\n {2}More cannot be seen: the cluster is gone\.\n/)
  // A word that is too long for a line is alone on it.
  assert.match(unseen, /\n +arn:aws:elasticloadbalancing:x+\):\n +no /)
})

test('what was told of the deployment is shown, and whether the webhook took it', () => {
  const detail = {
    region: 'eu-west-1',
    deploymentId: 'd-ABCDEF123',
    instanceGroupId: 'group',
    deploymentGroup: 'web',
    state: 'FAILURE',
    application: 'shop',
  } as const
  const event = {
    version: '0',
    id: 'event',
    'detail-type': 'CodeDeploy Deployment State-change Notification',
    source: 'aws.codedeploy',
    account: '000000000000',
    time: '2027-03-01T14:05:30Z',
    region: 'eu-west-1',
    resources: [],
    detail,
  } as const
  const at = '2027-03-01T14:05:30.000Z'
  const notifications: readonly RecordedNotification[] = [
    {
      at,
      channel: 'SNS',
      topicArn: 'arn:aws:sns:eu-west-1:000000000000:deployments',
      subject: 'FAILED',
      message: '{}',
    },
    { at, channel: 'EventBridge', event, delivery: { status: 'Failed', attempts: 5, problem: 'connection refused' } },
  ]
  const traffic = { counted: false, answered: 0, failed: 0, givenUp: 0, totals: [], rows: [] }
  const record = { steps: [], targetHealth: [], alarms: [], hooks: [], traffic, notifications }
  const text = deploymentText({
    endpoint,
    region: 'eu-west-1',
    deployment,
    record: record as unknown as DeploymentRecord,
  })
  assert.match(text, /Notifications\n.*SNS +FAILED, to/)
  assert.match(text, /EventBridge +FAILURE/)
  assert.match(text.replaceAll(/\s+/g, ' '), /webhook: Failed after 5 attempts, connection refused/)
  for (const line of text.split('\n')) assert(line.length <= 80, line)
})
