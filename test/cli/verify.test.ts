import { CloudWatchClient, PutMetricAlarmCommand, SetAlarmStateCommand } from '@aws-sdk/client-cloudwatch'
import { CreateDeploymentCommand, CreateDeploymentGroupCommand } from '@aws-sdk/client-codedeploy'
import {
  CreateListenerCommand,
  CreateLoadBalancerCommand,
  CreateTargetGroupCommand,
  ModifyListenerCommand,
  ModifyTargetGroupCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2'
import assert from 'node:assert/strict'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { freePort } from '../free-port.ts'
import { Theatre } from '../survival/theatre.ts'
import { teal, tealIn } from './command-line.ts'

process.env['AWS_ACCESS_KEY_ID'] = 'teal'
process.env['AWS_SECRET_ACCESS_KEY'] = 'teal'
process.env['AWS_REGION'] = 'us-east-1'

type Shown = {
  readonly errors: number
  readonly findings: readonly {
    readonly code: string
    readonly what: string
    readonly how: string
    readonly where: { readonly file?: string; readonly line?: number; readonly id?: string }
  }[]
}

describe('teal verify', { timeout: 110_000 }, () => {
  let theatre: Theatre
  const directory = mkdtempSync(join(tmpdir(), 'teal-verify-'))
  const appSpec = join(directory, 'appspec.yaml')
  const taskDefinition = join(directory, 'taskdef.json')
  const original = readFileSync('examples/hello/appspec.yaml', 'utf8')
  const run = (...argv: readonly string[]) =>
    teal('verify', '--appspec', appSpec, '--task-definition', taskDefinition, '--endpoint-url', theatre.url, ...argv)
  const findings = async (...argv: readonly string[]) => {
    const { output, errors } = await run('--image', 'web=hello:2', '--json', ...argv)
    assert.equal(errors, '')
    return (JSON.parse(output) as Shown).findings
  }
  const codes = async (...argv: readonly string[]) => (await findings(...argv)).map(({ code }) => code)
  const write = (change: (text: string) => string) => writeFileSync(appSpec, change(original))

  before(async () => {
    cpSync('examples/hello/taskdef.json', taskDefinition)
    write((text) => text)
    theatre = await Theatre.open('300ms')
  })
  after(async () => {
    await theatre?.close()
    rmSync(directory, { recursive: true, force: true })
  })

  test('where nothing is wrong it lists what it has looked at, and ends with 0', async () => {
    const { exitCode, output, errors } = await run('--image', 'IMAGE1_NAME=hello:2', '--strict')
    assert.equal(errors, '')
    assert.equal(exitCode, 0, output)
    assert.match(output, /^Verified deployment group hello\/hello in us-east-1 at http/)
    assert.match(output, /\n {2}ok {6}service {10}hello: 2 tasks of hello:1\n/)
    assert.match(output, /\n {2}ok {6}listener {9}production, HTTP port \d+\n/)
    assert.match(output, /\nNothing was found that would make a deployment fail\.\n$/)
    assert80Columns(output)
  })

  test('what the files say wrong is told with line and column, with exit code 1, and as annotations', async () => {
    write(
      (text) => `${text.replace('ContainerName: web', 'ContainerName: wep')}Hooks:\n  - AfterInstall: no-such-hook\n`,
    )
    const { exitCode, output } = await run('--github')
    assert.equal(exitCode, 1)
    assert.match(output, /error: The AppSpec sends traffic to the container wep; task definition hello has\s+web\./)
    assert(output.includes(`${appSpec}:8:11 LoadBalancerInfo.ContainerName`), output)
    assert.match(output, /There is no function no-such-hook, which is hooked on AfterInstall\./)
    assert.match(output, /\n2 errors, 1 note: a deployment would fail\.\n/)
    assert(output.includes(`::error file=${appSpec},line=8,col=11,title=container-missing::`), output)
    const both = await run('--github', '--json')
    assert.equal((JSON.parse(both.output) as Shown).errors, 2)
    assert(both.errors.startsWith(`::error file=${appSpec},line=8,col=11,title=container-missing::`), both.errors)
    write((text) => text.replace('ContainerPort: 8080', 'ContainerPort: none'))
    const [invalid] = await findings('--no-live')
    assert.equal(invalid?.code, 'app-spec-invalid')
    assert.equal(invalid.where.line, 9)
    const shown = (await run('--no-live')).output
    assert.match(shown, /:9:11\n? +Resources\[0\]\.TargetService\.Properties\.LoadBalancerInfo\.ContainerPort\n/)
    const deployed = await teal(
      'deploy',
      '--appspec',
      appSpec,
      '--task-definition',
      'hello:1',
      '--endpoint-url',
      theatre.url,
    )
    assert.equal(deployed.exitCode, 1)
    assert.match(deployed.errors, /^teal: .*:9:11: Resources\[0\]\.\S+ContainerPort is "none"\./)
    write((text) => text)
  })

  test('everything that is wrong with an AppSpec is told at once, by deploy, too', async () => {
    write((text) => text.replace('version: 0.0', 'version: 7').replace('ContainerPort: 8080', 'ContainerPort: none'))
    const all = await findings('--no-live')
    assert.deepEqual(
      all.map(({ code, where }) => [code, where.line]),
      [
        ['app-spec-invalid', 1],
        ['app-spec-invalid', 9],
      ],
    )
    assert.match(all[0]?.how ?? '', /`teal init DIRECTORY` writes a whole one/)
    const files = ['--appspec', appSpec, '--task-definition', 'hello:1', '--endpoint-url', theatre.url]
    for (const command of [['deploy'], ['diff', '--service', 'hello/hello']]) {
      const { exitCode, errors } = await teal(...command, ...files)
      assert.equal(exitCode, 1)
      assert.match(
        errors,
        /^teal: \S+:1:1: version is "7"\..*\n\S+:9:11: Resources\[0\]\.\S+ContainerPort is "none"\..*\n$/,
      )
    }
    write((text) => text)
  })

  test('what is live and would stop a deployment is found, and not any more when it is mended', async () => {
    const { elb, codeDeploy } = theatre.clients
    const { productionListenerArn: ListenerArn = '', blueArn = '', greenArn = '' } = theatre.loadBalancing ?? {}
    const route = (TargetGroupArn: string) =>
      elb.send(new ModifyListenerCommand({ ListenerArn, DefaultActions: [{ Type: 'forward', TargetGroupArn }] }))
    const greenCheck = (HealthCheckPath: string) =>
      elb.send(new ModifyTargetGroupCommand({ TargetGroupArn: greenArn, HealthCheckPath }))
    await makeAlarm(new CloudWatchClient(theatre.clientConfiguration))
    await route(greenArn)
    assert.deepEqual(await codes(), ['listener-not-on-primary', 'listener-not-on-primary'])
    await route(blueArn)
    await greenCheck('/none')
    await theatre.configure({
      alarmConfiguration: { enabled: true, alarms: [{ name: 'too-bad' }] },
      autoRollbackConfiguration: { enabled: false, events: [] },
      ...waiting(100),
    })
    assert.deepEqual(await codes(), [
      'alarm-firing',
      'health-check-differs',
      'health-check-answer',
      'alarm-without-rollback',
      'duration',
      'rollback-off',
    ])
    await greenCheck('/health')
    await theatre.configure({
      alarmConfiguration: { enabled: false, alarms: [] },
      autoRollbackConfiguration: { enabled: true, events: ['DEPLOYMENT_FAILURE'] },
      ...waiting(1),
    })
    assert.deepEqual(await codes('--max-duration', '1m'), [])
    await theatre.configure(waiting(2))
    assert.equal((await run('--image', 'web=hello:2', '--max-duration', '1m')).exitCode, 1)
    const content = original.replace('<TASK_DEFINITION>', 'hello:1').replace('8080', '81')
    const { deploymentId = '' } = await codeDeploy.send(
      new CreateDeploymentCommand({
        applicationName: 'hello',
        deploymentGroupName: 'hello',
        revision: { revisionType: 'AppSpecContent', appSpecContent: { content } },
      }),
    )
    const { errorInformation, rollbackInfo } = await theatre.ended(deploymentId)
    await theatre.ended(rollbackInfo?.rollbackDeploymentId ?? '')
    assert.match(
      errorInformation?.message ?? '',
      /did not have a container port 81 defined\. .*in task definition hello:1 that has port 8080\. Write ContainerPort: 8080/,
    )
  })

  test('a group that is to be created is looked at as its file has it, and what CreateDeploymentGroup refuses is told', async () => {
    const { elb, codeDeploy } = theatre.clients
    const { productionListenerArn = '' } = theatre.loadBalancing ?? {}
    const { LoadBalancers: [other] = [] } = await elb.send(
      new CreateLoadBalancerCommand({ Name: 'other', Subnets: ['subnet-demo1', 'subnet-demo2'] }),
    )
    const { TargetGroups: [group] = [] } = await elb.send(
      new CreateTargetGroupCommand({ Name: 'other', Protocol: 'HTTP', Port: 80, VpcId: 'vpc-demo', TargetType: 'ip' }),
    )
    const { Listeners: [listener] = [] } = await elb.send(
      new CreateListenerCommand({
        LoadBalancerArn: other?.LoadBalancerArn,
        Protocol: 'HTTP',
        Port: await freePort(),
        DefaultActions: [{ Type: 'forward', TargetGroupArn: group?.TargetGroupArn }],
      }),
    )
    const input = {
      applicationName: 'hello',
      deploymentGroupName: 'planned',
      serviceRoleArn: 'arn:aws:iam::000000000000:role/CodeDeploy',
      ecsServices: [{ clusterName: 'hello', serviceName: 'hello' }],
      deploymentStyle: { deploymentType: 'BLUE_GREEN', deploymentOption: 'WITH_TRAFFIC_CONTROL' },
      blueGreenDeploymentConfiguration: {
        deploymentReadyOption: { actionOnTimeout: 'CONTINUE_DEPLOYMENT' },
        terminateBlueInstancesOnDeploymentSuccess: { action: 'TERMINATE' },
      },
      loadBalancerInfo: {
        targetGroupPairInfoList: [
          {
            targetGroups: [{ name: 'hello-blue' }, { name: 'other' }],
            prodTrafficRoute: { listenerArns: [productionListenerArn] },
            testTrafficRoute: { listenerArns: [listener?.ListenerArn ?? ''] },
          },
        ],
      },
    } as const
    await assert.rejects(codeDeploy.send(new CreateDeploymentGroupCommand(input as never)), {
      name: 'InvalidTargetGroupPairException',
    })
    writeFileSync(join(directory, 'deployment-group.json'), JSON.stringify(input, undefined, 2))
    const verified = await tealIn(
      directory,
      'verify',
      '--image',
      'web=hello:2',
      '--endpoint-url',
      theatre.url,
      '--json',
    )
    rmSync(join(directory, 'deployment-group.json'))
    assert.equal(verified.exitCode, 1, verified.errors)
    const shown = (JSON.parse(verified.output) as Shown).findings
    const found = shown
      .filter(({ code }) => /missing|unattached|elsewhere/.test(code))
      .map(({ code, where }) => [code, where.file ?? where.id?.split(':').at(-1)])
    assert.deepEqual(found, [
      ['group-missing', 'deployment-group.json'],
      ['target-group-unattached', group?.TargetGroupArn?.split(':').at(-1)],
      ['listener-elsewhere', 'deployment-group.json'],
    ])
  })

  test('a deployment that has not ended is told, with what to type', async () => {
    await theatre.configure({
      blueGreenDeploymentConfiguration: {
        deploymentReadyOption: { actionOnTimeout: 'STOP_DEPLOYMENT', waitTimeInMinutes: 1000 },
        terminateBlueInstancesOnDeploymentSuccess: { action: 'TERMINATE', terminationWaitTimeInMinutes: 1 },
      },
    })
    const deploymentId = await theatre.deploy('hello:2')
    const { exitCode, output } = await run()
    assert.equal(exitCode, 1)
    assert(output.includes(`error: The deployment ${deploymentId} of group hello has not ended.`), output)
    assert80Columns(output.replaceAll(/.*where.*\n/g, ''))
  })

  test('where nobody answers, no group is meant, or the usage is wrong, it says so', async () => {
    const nobody = await teal('verify', '--appspec', appSpec, '--endpoint-url', 'http://127.0.0.1:1')
    assert.equal(nobody.exitCode, 1)
    assert.match(nobody.errors, /^teal: nothing answers at http:\/\/127\.0\.0\.1:1/)
    const other = await run('--service', 'hello/other')
    assert.match(other.errors, /^teal: there is no ECS deployment group for service hello\/other in us-east-1/)
    const unknown = await run('--image', 'api=x:1')
    assert.match(
      unknown.errors,
      /^teal: --image api: .* has no such container or placeholder; it has web, <IMAGE1_NAME>\.\n$/,
    )
    assert.equal((await run('--image', 'api')).exitCode, 2)
    assert.equal((await run('--max-duration', '30')).exitCode, 2)
  })
})

function waiting(terminationWaitTimeInMinutes: number) {
  return {
    blueGreenDeploymentConfiguration: {
      deploymentReadyOption: { actionOnTimeout: 'CONTINUE_DEPLOYMENT' },
      terminateBlueInstancesOnDeploymentSuccess: { action: 'TERMINATE', terminationWaitTimeInMinutes },
    },
  } as const
}

async function makeAlarm(cloudWatch: CloudWatchClient): Promise<void> {
  await cloudWatch.send(
    new PutMetricAlarmCommand({
      AlarmName: 'too-bad',
      Namespace: 'Test',
      MetricName: 'Bad',
      Statistic: 'Sum',
      Period: 60,
      EvaluationPeriods: 1,
      Threshold: 1,
      ComparisonOperator: 'GreaterThanThreshold',
      TreatMissingData: 'ignore',
    }),
  )
  await cloudWatch.send(
    new SetAlarmStateCommand({ AlarmName: 'too-bad', StateValue: 'ALARM', StateReason: 'It is too bad.' }),
  )
  cloudWatch.destroy()
}

function assert80Columns(output: string): void {
  for (const line of output.split('\n')) assert(line.length <= 80, `too wide: ${line}`)
}
