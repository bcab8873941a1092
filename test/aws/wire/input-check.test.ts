import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as cloudWatch from '@aws-sdk/client-cloudwatch'
import * as logs from '@aws-sdk/client-cloudwatch-logs'
import * as codeDeploy from '@aws-sdk/client-codedeploy'
import * as ecs from '@aws-sdk/client-ecs'
import * as elbv2 from '@aws-sdk/client-elastic-load-balancing-v2'
import * as lambda from '@aws-sdk/client-lambda'
import { declaredEnumMembers } from '../../../scripts/enum-members.ts'
import enumMembers from '../../../src/aws/wire/enum-members.json' with { type: 'json' }
import { inputProblems } from '../../../src/aws/wire/input-check.ts'
import { readOperationTable } from '../../../src/aws/wire/operation-table.ts'
import { pathText } from '../../../src/aws/wire/path.ts'

function problems(sdk: object, operation: string, input: object): readonly string[] {
  const table = readOperationTable(sdk)
  const shape = table.operations.get(operation)?.input
  assert.ok(shape)
  return inputProblems(shape, input, table).map(({ kind, path }) => `${kind} ${pathText(path)}`)
}

describe('the check of an input', () => {
  test('finds required members that are missing, in structures, lists and maps at any depth', () => {
    assert.deepEqual(problems(codeDeploy, 'CreateDeploymentGroup', { applicationName: 'a' }), [
      'missing deploymentGroupName',
      'missing serviceRoleArn',
    ])
    const input = { ListenerArn: 'l', Priority: 1, Conditions: [], Actions: [{ Type: 'forward' }, {}] }
    assert.deepEqual(problems(elbv2, 'CreateRule', input), ['missing Actions[1].Type'])
    const networkConfiguration = { awsvpcConfiguration: {} }
    assert.deepEqual(problems(ecs, 'CreateService', { serviceName: 's', networkConfiguration }), [
      'missing networkConfiguration.awsvpcConfiguration.subnets',
    ])
  })

  test('finds values outside their enum, also in lists', () => {
    assert.deepEqual(problems(ecs, 'CreateService', { serviceName: 's', launchType: 'MOON' }), ['notInEnum launchType'])
    assert.deepEqual(problems(codeDeploy, 'ListDeployments', { includeOnlyStatuses: ['Succeeded', 'Fine'] }), [
      'notInEnum includeOnlyStatuses[1]',
    ])
    assert.deepEqual(problems(elbv2, 'CreateTargetGroup', { Name: 'n', Protocol: 'http' }), ['notInEnum Protocol'])
  })

  test('finds numbers with a fraction, and endless ones, where the model has integers', () => {
    assert.deepEqual(problems(ecs, 'CreateService', { serviceName: 's', desiredCount: 1.5 }), [
      'notInteger desiredCount',
    ])
    const logEvents = [1, 1.5].map((timestamp) => ({ timestamp, message: 'm' }))
    assert.deepEqual(problems(logs, 'PutLogEvents', { logGroupName: 'g', logStreamName: 's', logEvents }), [
      'notInteger logEvents[1].timestamp',
    ])
    assert.deepEqual(problems(elbv2, 'DescribeRules', { PageSize: Infinity }), ['notInteger PageSize'])
    const alarm = { AlarmName: 'a', ComparisonOperator: 'GreaterThanThreshold', Threshold: 0.5 }
    assert.deepEqual(problems(cloudWatch, 'PutMetricAlarm', { ...alarm, EvaluationPeriods: 2.5 }), [
      'notInteger EvaluationPeriods',
    ])
    const datum = { MetricName: 'm', Values: [0.5], Counts: [1.5] }
    assert.deepEqual(problems(cloudWatch, 'PutMetricData', { Namespace: 'n', MetricData: [datum] }), [])
    const weights = { RoutingConfig: { AdditionalVersionWeights: { '1': 0.1 } } }
    assert.deepEqual(problems(lambda, 'UpdateAlias', { FunctionName: 'f', Name: 'a', ...weights }), [])
  })

  test('finds nothing wrong with what is allowed', () => {
    assert.deepEqual(problems(ecs, 'ListClusters', {}), [])
    const input = { serviceName: 's', launchType: 'FARGATE', deploymentController: { type: 'CODE_DEPLOY' } }
    assert.deepEqual(problems(ecs, 'CreateService', input), [])
    assert.deepEqual(problems(elbv2, 'RegisterTargets', { TargetGroupArn: '', Targets: [] }), [])
  })

  test('knows every enum of the SDK clients that are installed', async () => {
    assert.deepEqual(enumMembers, await declaredEnumMembers(), 'run: node scripts/enum-members.ts')
  })
})
