import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as codeDeploy from '@aws-sdk/client-codedeploy'
import * as ecs from '@aws-sdk/client-ecs'
import * as elbv2 from '@aws-sdk/client-elastic-load-balancing-v2'
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
