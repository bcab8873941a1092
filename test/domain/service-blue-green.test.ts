import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { DeploymentInterrupted } from '../../src/domain/deployment.ts'
import { serviceBlueGreenDeployment, shiftsOf } from '../../src/domain/service-blue-green.ts'
import type {
  DeploymentLifecycleHookStage,
  ServiceDeploymentConfiguration,
} from '../../src/domain/service-deployment-configuration.ts'
import type { ServiceDeployment, ServiceDeploymentPlan } from '../../src/domain/service-deployment.ts'
import type { ServiceDeploymentStep, StepResult } from '../../src/domain/step.ts'

const percents = { maximumPercent: 200, minimumHealthyPercent: 100 }
const aPlan: ServiceDeploymentPlan = {
  serviceArn: 'service',
  blue: { taskSetId: 'ecs-svc/1', targetGroupArn: 'a', targetGroupName: 'a' },
  green: { taskSetId: 'ecs-svc/2', targetGroupArn: 'b', targetGroupName: 'b' },
  prodListenerArn: 'production',
  testListenerArn: 'test',
  isFirst: false,
  needsReconcile: false,
  foundPercentages: { production: 0, test: 0 },
}

function deploymentOf(configuration: Partial<ServiceDeploymentConfiguration>): ServiceDeployment {
  return {
    serviceDeploymentArn: 'arn/1',
    serviceArn: 'service',
    clusterArn: 'cluster',
    status: 'PENDING',
    targetServiceRevision: { arn: 'revision/2' },
    sourceServiceRevisions: [],
    deploymentConfiguration: { strategy: 'BLUE_GREEN', ...percents, ...configuration },
    deploymentCircuitBreaker: { status: 'DISABLED', failureCount: 0, threshold: 3 },
    createdAt: 0,
    updatedAt: 0,
  }
}

type Wishes = {
  readonly plan?: Partial<ServiceDeploymentPlan>
  readonly configuration?: Partial<ServiceDeploymentConfiguration>
  /** Throws at the first step that is in these words. */
  readonly failAt?: string
  readonly event?: 'DEPLOYMENT_FAILURE' | 'DEPLOYMENT_STOP_ON_REQUEST'
  readonly code?: 'TIMEOUT' | 'MANUAL_STOP'
}

/** The steps in words, each answered as if all went well, but for the one that fails. */
function run({
  plan = {},
  configuration = {},
  failAt,
  event = 'DEPLOYMENT_FAILURE',
  code = 'TIMEOUT',
}: Wishes): readonly string[] {
  const procedure = serviceBlueGreenDeployment(deploymentOf(configuration))
  const seen: string[] = []
  let hasFailed = false
  for (let next = procedure.next(); next.done !== true;) {
    const words = inWords(next.value)
    seen.push(words)
    const fails: boolean = words === failAt && !hasFailed
    hasFailed ||= fails
    next = fails
      ? procedure.throw(new DeploymentInterrupted(event, { code, message: 'of this test.' }))
      : procedure.next(answer(next.value, { ...aPlan, ...plan }))
  }
  return seen
}

function answer(step: ServiceDeploymentStep, plan: ServiceDeploymentPlan): StepResult {
  return step.kind === 'decide' ? { kind: 'decided', plan } : { kind: 'done' }
}

function inWords(step: ServiceDeploymentStep): string {
  switch (step.kind) {
    case 'enterStage':
      return step.stage
    case 'runHooks':
      return `hooks ${step.stage}${step.isRollback ? ' back' : ''}`
    case 'routeTestTraffic':
      return `test to ${step.to}`
    case 'routeProductionTraffic':
      return `production ${step.greenPercentage}`
    case 'holdTraffic':
      return `hold ${step.greenPercentage} for ${step.minutes}`
    case 'awaitSteadyState':
      return `await ${step.taskSet} ${step.until}`
    case 'deleteTaskSet':
      return `delete ${step.taskSet}`
    case 'conclude':
      return `${step.status} ${step.statusReason ?? ''}`.trim()
    case 'awaitTurn':
    case 'decide':
    case 'restoreBlue':
    case 'removeOthers':
    case 'prepareRules':
    case 'scaleUp':
    case 'beginRollback':
      return step.kind
  }
}

const hookAt = (...lifecycleStages: DeploymentLifecycleHookStage[]) => ({
  lifecycleHooks: [{ targetType: 'AWS_LAMBDA', hookTargetArn: 'function', lifecycleStages }] as const,
})

describe('a deployment of ECS itself that shifts traffic', () => {
  test('goes through its stages in order', () => {
    assert.deepEqual(run({ configuration: { bakeTimeInMinutes: 5 } }), [
      'awaitTurn',
      'decide',
      'PRE_SCALE_UP',
      'SCALE_UP',
      'prepareRules',
      'scaleUp',
      'await green steady',
      'POST_SCALE_UP',
      'TEST_TRAFFIC_SHIFT',
      'test to green',
      'POST_TEST_TRAFFIC_SHIFT',
      'PRODUCTION_TRAFFIC_SHIFT',
      'production 100',
      'POST_PRODUCTION_TRAFFIC_SHIFT',
      'BAKE_TIME',
      'hold 100 for 5',
      'CLEAN_UP',
      'delete blue',
      'SUCCESSFUL',
    ])
  })

  test('runs hooks where they are configured, before and at every step of production traffic', () => {
    const configuration = {
      strategy: 'CANARY' as const,
      canaryConfiguration: { canaryPercent: 10, canaryBakeTimeInMinutes: 3 },
      ...hookAt('PRE_PRODUCTION_TRAFFIC_SHIFT', 'PRODUCTION_TRAFFIC_SHIFT', 'POST_SCALE_UP'),
    }
    const steps = run({ configuration })
    assert.deepEqual(steps.slice(steps.indexOf('PRODUCTION_TRAFFIC_SHIFT'), steps.indexOf('BAKE_TIME')), [
      'PRODUCTION_TRAFFIC_SHIFT',
      'hooks PRE_PRODUCTION_TRAFFIC_SHIFT',
      'production 10',
      'hooks PRODUCTION_TRAFFIC_SHIFT',
      'hold 10 for 3',
      'hooks PRE_PRODUCTION_TRAFFIC_SHIFT',
      'production 100',
      'hooks PRODUCTION_TRAFFIC_SHIFT',
      'POST_PRODUCTION_TRAFFIC_SHIFT',
    ])
    assert.equal(steps[steps.indexOf('POST_SCALE_UP') + 1], 'hooks POST_SCALE_UP')
  })

  test('reconciles first where several revisions run', () => {
    const steps = run({ plan: { needsReconcile: true } })
    assert.deepEqual(steps.slice(2, 8), [
      'RECONCILE_SERVICE',
      'restoreBlue',
      'await blue steady',
      'production 0',
      'test to blue',
      'removeOthers',
    ])
  })

  test('goes on from a revision that serves, though it was not whole in time', () => {
    const steps = run({ plan: { needsReconcile: true }, failAt: 'await blue steady' })
    assert.deepEqual(steps.slice(4, 7), ['await blue steady', 'await blue serving', 'production 0'])
    assert.equal(steps.at(-1), 'SUCCESSFUL')
    const stop = { event: 'DEPLOYMENT_STOP_ON_REQUEST', code: 'MANUAL_STOP' } as const
    assert.equal(
      run({ plan: { needsReconcile: true }, failAt: 'await blue steady', ...stop }).at(-1),
      'STOPPED of this test.',
    )
  })

  test('that fails after the shift goes back within itself, and its hooks hear of it', () => {
    const configuration = hookAt('TEST_TRAFFIC_SHIFT', 'PRODUCTION_TRAFFIC_SHIFT')
    const steps = run({ configuration: { ...configuration, bakeTimeInMinutes: 5 }, failAt: 'hold 100 for 5' })
    assert.deepEqual(steps.slice(steps.indexOf('beginRollback')), [
      'beginRollback',
      'await blue serving',
      'PRODUCTION_TRAFFIC_SHIFT',
      'production 0',
      'hooks PRODUCTION_TRAFFIC_SHIFT back',
      'TEST_TRAFFIC_SHIFT',
      'test to blue',
      'hooks TEST_TRAFFIC_SHIFT back',
      'delete green',
      'ROLLBACK_SUCCESSFUL Service deployment rolled back because of this test.',
    ])
  })

  test('that fails before anything was changed only takes green away', () => {
    const steps = run({ failAt: 'decide' })
    assert.deepEqual(steps.slice(2), [
      'beginRollback',
      'delete green',
      'ROLLBACK_SUCCESSFUL Service deployment rolled back because of this test.',
    ])
  })

  test('that is stopped leaves everything as it is', () => {
    const steps = run({ failAt: 'production 100', event: 'DEPLOYMENT_STOP_ON_REQUEST' })
    assert.deepEqual(steps.slice(-2), ['production 100', 'STOPPED of this test.'])
  })

  test('the first one gives all traffic at once and takes nothing away', () => {
    const steps = run({ plan: { isFirst: true }, configuration: { strategy: 'LINEAR' } })
    assert.deepEqual(
      steps.filter((step) => step.startsWith('production')),
      ['production 100'],
    )
    assert(!steps.includes('delete blue'))
  })
})

const shares = (configuration: Partial<ServiceDeploymentConfiguration>) =>
  shiftsOf({ strategy: 'BLUE_GREEN', ...percents, ...configuration }).map(
    ({ greenPercentage, waitMinutes }) => `${greenPercentage}/${waitMinutes}`,
  )

describe('the shifts of production traffic', () => {
  test('are one, two or many, by the strategy and its defaults', () => {
    assert.deepEqual(shares({}), ['100/0'])
    assert.deepEqual(shares({ strategy: 'CANARY' }), ['5/10', '100/0'])
    assert.deepEqual(shares({ strategy: 'CANARY', canaryConfiguration: { canaryPercent: 100 } }), ['100/0'])
    const linear = { stepPercent: 33.3, stepBakeTimeInMinutes: 1 }
    assert.deepEqual(shares({ strategy: 'LINEAR', linearConfiguration: linear }), [
      '33.3/1',
      '66.6/1',
      '99.9/1',
      '100/0',
    ])
    assert.equal(shares({ strategy: 'LINEAR' }).length, 10)
  })
})
