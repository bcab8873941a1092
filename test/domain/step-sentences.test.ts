import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DeploymentPlan } from '../../src/domain/deployment.ts'
import { stepSentence } from '../../src/domain/step-sentences.ts'
import type { DeploymentStep, StepResult } from '../../src/domain/step.ts'

const plan: DeploymentPlan = {
  serviceArn: 'arn:aws:ecs:us-east-1:000000000000:service/prod/web',
  blue: { taskSetId: 'ecs-svc/1', targetGroupArn: 'blue-arn', targetGroupName: 'web-blue' },
  green: { taskSetId: 'ecs-svc/2', targetGroupArn: 'green-arn', targetGroupName: 'web-green' },
  prodListenerArn: 'prod',
  hooks: [],
  install: {
    taskDefinition: 'arn:aws:ecs:us-east-1:000000000000:task-definition/web:2',
    loadBalancer: { targetGroupArn: 'green-arn', containerName: 'web', containerPort: 80 },
  },
}
const done: StepResult = { kind: 'done' }

test('a step says what was done, with the names people gave, and why', () => {
  const sentences: readonly (readonly [DeploymentStep, StepResult, RegExp])[] = [
    [{ kind: 'plan' }, { kind: 'planned', plan }, /^Decided: web:2 \(web:80\) goes to web-green, because web-blue /],
    [
      { kind: 'prepareTargetGroups' },
      done,
      /^All weight on web-blue, 0 on web-green: the pair is behind the production/,
    ],
    [{ kind: 'createTaskSet' }, done, /^Created the replacement task set of web:2 in web-green\.$/],
    [{ kind: 'routeProductionTraffic', greenPercentage: 10 }, done, /10% to web-green, 90% to web-blue/],
    [{ kind: 'routeProductionTraffic', greenPercentage: 0 }, done, /all weight on web-blue, 0 on web-green/],
    [{ kind: 'deleteTaskSet', taskSet: 'blue' }, done, /^The task set in web-blue is gone/],
    [
      { kind: 'wait', waitFor: 'TERMINATION_WAIT', minutes: 5 },
      { kind: 'waited', ended: 'continued' },
      /^Waited 5 minutes for the termination wait; ended by ContinueDeployment\.$/,
    ],
    [
      { kind: 'wait', waitFor: 'TERMINATION_WAIT', minutes: 1 },
      { kind: 'waited', ended: 'elapsed' },
      /^Waited 1 minute for the termination wait; its time was over\.$/,
    ],
    [
      { kind: 'awaitSteadyState', taskSet: 'green', until: 'steady', timeoutInMinutes: 60 },
      { kind: 'done', message: '2 of 2 tasks are healthy in web-green.' },
      /^Traffic may go to web-green: its task set is steady\. 2 of 2 tasks are healthy/,
    ],
  ]
  for (const [step, result, expected] of sentences) assert.match(stepSentence(step, { plan, result }), expected)
})

test('a step that is being performed is told in the present', () => {
  const step: DeploymentStep = { kind: 'routeProductionTraffic', greenPercentage: 100 }
  assert.equal(stepSentence(step, { plan, result: undefined }), 'Now putting all weight on web-green, 0 on web-blue.')
})

test('a step that was interrupted says by what', () => {
  const result: StepResult = {
    kind: 'interrupted',
    event: 'DEPLOYMENT_STOP_ON_REQUEST',
    errorInformation: { code: 'MANUAL_STOP', message: 'Stopped on request.' },
  }
  const step: DeploymentStep = { kind: 'holdTraffic', greenPercentage: 10, minutes: 5 }
  assert.equal(
    stepSentence(step, { plan, result }),
    'Ended while holding 10% to web-green, 90% to web-blue for 5 minutes: Stopped on request.',
  )
})

test('before there is a plan, nobody is named', () => {
  const sentence = stepSentence({ kind: 'plan' }, { plan: undefined, result: undefined })
  assert.equal(sentence, 'Now reading the AppSpec, the service and the listeners.')
})
