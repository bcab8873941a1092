import assert from 'node:assert/strict'
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { tealIn } from './command-line.ts'

test("what CreateDeploymentGroup cannot read of a deployment group's file is told, all of it and with its place", async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'teal-test-'))
  t.after(() => rmSync(directory, { recursive: true, force: true }))
  cpSync('examples/hello/appspec.yaml', join(directory, 'appspec.yaml'))
  cpSync('examples/hello/taskdef.json', join(directory, 'taskdef.json'))
  const pair = { targetGroups: ['hello-blue', 'hello-green'], prodTrafficRoute: { listenerArns: 'arn' } }
  const group = {
    applicationName: 'hello',
    deploymentGroupName: 'hello',
    loadBalancerInfo: { targetGroupPairInfoList: [pair] },
    alarmConfigration: { enabled: true },
    autoRollbackConfiguration: { enabled: 'yes', events: 5 },
    alarmConfiguration: null,
  }
  const write = (value: object) =>
    writeFileSync(join(directory, 'deployment-group.json'), JSON.stringify(value, undefined, 2))
  write(group)
  const { exitCode, output, errors } = await tealIn(directory, 'verify', '--no-live', '--json')
  assert.equal(errors, '')
  assert.equal(exitCode, 1)
  type Told = { readonly code: string; readonly what: string; readonly where: object }
  const { findings } = JSON.parse(output) as { readonly findings: readonly Told[] }
  const told = findings.filter(({ code }) => code === 'deployment-group-invalid')
  const places = ['loadBalancerInfo', 'targetGroupPairInfoList', 0]
  assert.deepEqual(
    told.map(({ what, where }) => [what, where]),
    [
      ['loadBalancerInfo.targetGroupPairInfoList[0].targetGroups[0] is a text.', [...places, 'targetGroups', 0], 8, 11],
      ['loadBalancerInfo.targetGroupPairInfoList[0].targetGroups[1] is a text.', [...places, 'targetGroups', 1], 9, 11],
      [
        'loadBalancerInfo.targetGroupPairInfoList[0].prodTrafficRoute.listenerArns is a text.',
        [...places, 'prodTrafficRoute', 'listenerArns'],
        12,
        11,
      ],
      ['alarmConfigration is no member of a deployment group that CodeDeploy knows.', ['alarmConfigration'], 17, 3],
      ['autoRollbackConfiguration.enabled is a text.', ['autoRollbackConfiguration', 'enabled'], 21, 5],
      ['autoRollbackConfiguration.events is a number.', ['autoRollbackConfiguration', 'events'], 22, 5],
    ].map(([what, field, line, column]) => [
      what,
      { subject: 'DeploymentGroup', field, file: 'deployment-group.json', line, column },
    ]),
  )
  write({ ...group, deploymentGroupId: '1', computePlatform: 'ECS' })
  const answer = await tealIn(directory, 'verify', '--no-live', '--json')
  assert.equal((JSON.parse(answer.output) as { readonly errors: number }).errors, told.length, 'of an answer too')
  write({ applicationName: 'hello', deploymentGroupName: 'hello', revision: {} })
  assert.equal(
    (await tealIn(directory, 'verify', '--no-live')).exitCode,
    0,
    'the input of CreateDeployment is not meant',
  )
})
