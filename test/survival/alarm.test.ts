import { CloudWatchClient, DescribeAlarmsCommand, PutMetricAlarmCommand } from '@aws-sdk/client-cloudwatch'
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Load } from '../../demo/load/index.ts'
import { Theatre, until } from './theatre.ts'

/** Healthy for the health check, broken for everybody else: what only an alarm can find out. */
const brokenServer = `
import { createServer } from 'node:http'
createServer((request, response) => {
  request.resume()
  response.writeHead(request.url === '/health' ? 200 : 500, { 'x-hello-version': '2' }).end()
}).listen(Number(process.env.PORT))
process.once('SIGTERM', () => process.exit(0))
`

describe('an alarm on the load balancer’s own metrics, under load', { timeout: 400_000 }, () => {
  let theatre: Theatre
  let load: Load
  let cloudWatch: CloudWatchClient
  before(async () => {
    theatre = await Theatre.open('500ms')
    cloudWatch = new CloudWatchClient(theatre.clientConfiguration)
    const [, loadBalancer = ''] =
      /listener\/(app\/[^/]+\/[^/]+)\//.exec(theatre.loadBalancing?.productionListenerArn ?? '') ?? []
    await cloudWatch.send(
      new PutMetricAlarmCommand({
        AlarmName: 'errors',
        Namespace: 'AWS/ApplicationELB',
        MetricName: 'HTTPCode_Target_5XX_Count',
        Dimensions: [{ Name: 'LoadBalancer', Value: loadBalancer }],
        Statistic: 'Sum',
        Period: 60,
        EvaluationPeriods: 1,
        Threshold: 0,
        ComparisonOperator: 'GreaterThanThreshold',
        TreatMissingData: 'notBreaching',
      }),
    )
    await theatre.configure({
      deploymentConfigName: 'CodeDeployDefault.ECSCanary10Percent15Minutes',
      alarmConfiguration: { enabled: true, alarms: [{ name: 'errors' }] },
      autoRollbackConfiguration: { enabled: true, events: ['DEPLOYMENT_STOP_ON_ALARM'] },
    })
    load = theatre.startLoad()
  })
  after(() => theatre?.close())

  test('lets a good version through', async () => {
    const ended = await theatre.ended(await theatre.deploy('hello:2'))
    assert.equal(ended.status, 'Succeeded', ended.errorInformation?.message)
    assert.deepEqual((await load.account()).failures, [])
  })

  test('stops a canary that answers with errors, and everybody is back on blue', async (t) => {
    await theatre.build('hello:broken', { 'server.mjs': brokenServer })
    const ended = await theatre.ended(await theatre.deploy('hello:broken'))
    assert.equal(ended.status, 'Stopped')
    assert.equal(ended.errorInformation?.code, 'ALARM_ACTIVE')
    assert.match(ended.errorInformation.message ?? '', /Activated alarms: <errors>/)
    const rollback = await theatre.ended(ended.rollbackInfo?.rollbackDeploymentId ?? '')
    assert.equal(rollback.status, 'Succeeded', rollback.errorInformation?.message)
    const stopped = await load.account()
    t.diagnostic(`${stopped.failed} of ${stopped.sent} requests saw the canary's errors`)
    assert(stopped.failed < stopped.sent / 10)

    await until('the alarm is over', async () => {
      const { MetricAlarms } = await cloudWatch.send(new DescribeAlarmsCommand({ AlarmNames: ['errors'] }))
      return MetricAlarms?.[0]?.StateValue === 'OK'
    })
    const { failed } = await load.stop()
    assert.equal(failed, stopped.failed, 'no request failed after the rollback')
  })
})
