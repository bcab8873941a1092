import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { Theatre, until } from '../survival/theatre.ts'
import { teal } from './command-line.ts'

process.env['AWS_ACCESS_KEY_ID'] = 'teal'
process.env['AWS_SECRET_ACCESS_KEY'] = 'teal'
process.env['AWS_REGION'] = 'us-east-1'

describe('teal deployment, deployments, continue and stop', { timeout: 240_000 }, () => {
  let theatre: Theatre
  let deploymentId = ''
  const run = (...argv: readonly string[]) => teal(...argv, '--endpoint-url', theatre.url)
  before(async () => {
    theatre = await Theatre.open('300ms')
    await theatre.configure({
      blueGreenDeploymentConfiguration: {
        deploymentReadyOption: { actionOnTimeout: 'STOP_DEPLOYMENT', waitTimeInMinutes: 1000 },
        terminateBlueInstancesOnDeploymentSuccess: { action: 'TERMINATE', terminationWaitTimeInMinutes: 1000 },
      },
    })
  })
  after(() => theatre?.close())

  test('with no deployment yet, the list says so', async () => {
    const { exitCode, output } = await run('deployments')
    assert.equal(exitCode, 0)
    assert.equal(output, `There are no deployments in us-east-1 at ${theatre.url}.\n`)
  })

  test('a deployment that waits is shown with what to type next', async () => {
    deploymentId = await theatre.deploy('hello:2')
    await until('it is Ready', async () => (await theatre.deployment(deploymentId)).status === 'Ready')
    const { exitCode, output, errors } = await run('deployment', deploymentId)
    assert.equal(errors, '')
    assert.equal(exitCode, 0)
    assert.match(output, new RegExp(`^Deployment ${deploymentId}: Ready\n`))
    assert.match(output, /Install +Succeeded +\d+\.\d s {2}2 of 2 tasks are healthy in\s+hello-green\./)
    assert.match(output, /Decided: hello:2 \(web:8080\) goes to hello-green/)
    assert.match(output, /Requests while it ran\n {2}There were none\./)
    assert.match(output, new RegExp(`teal continue ${deploymentId} +shift production traffic`))
    const watched = await run('watch', deploymentId, '--wait-until', 'afterinstall')
    assert.equal(watched.exitCode, 0, watched.errors)
    assert.match(
      watched.output,
      /\nAfterInstall is done\. The deployment goes on; `teal watch d-\w+` shows the rest\.\n$/,
    )
    assert80Columns(output)
  })

  test('continue ends the wait it is in, and then the next one is shown', async () => {
    const { exitCode, output } = await run('continue', deploymentId)
    assert.equal(exitCode, 0)
    assert.match(output, /goes on: production traffic is shifted now/)
    await until('it is in the termination wait', async () => {
      return (await theatre.deployment(deploymentId)).instanceTerminationWaitTimeStarted === true
    })
    const watched = await run('watch', deploymentId, '--wait-until', 'Traffic')
    assert.equal(watched.exitCode, 0, watched.errors)
    assert.match(
      watched.output,
      /\ngreen has all production traffic\. The deployment goes on; `teal watch d-\w+` shows/,
    )
    await fetch(theatre.loadBalancing?.productionUrl ?? '')
    await until('the request is in the account', async () => {
      return /hello-green +hello:2 +2xx +1\n +1 answered, 0 failed/.test((await run('deployment', deploymentId)).output)
    })
    const shown = await run('deployment', deploymentId)
    assert.match(shown.output, /Now waiting for the termination wait, 1000 minutes\./)
    assert.match(shown.output, /terminate the original task set now/)
    assert80Columns(shown.output)
  })

  test('stop brings the traffic back when it is asked to, and the rollback is linked', async () => {
    const { exitCode, output } = await run('stop', deploymentId, '--rollback')
    assert.equal(exitCode, 0, output)
    assert.match(output, /^Stopping deployment d-\w+ is (Pending|Succeeded)/)
    const { rollbackInfo } = await theatre.ended(deploymentId)
    const rollbackId = rollbackInfo?.rollbackDeploymentId ?? ''
    await theatre.ended(rollbackId)
    const shown = await run('deployment', deploymentId)
    assert.match(shown.output, /\nWhy\n {2}MANUAL_STOP/)
    assert.match(
      shown.output,
      new RegExp(`\nHow things are\n[^]* deployment ${rollbackId} has brought all traffic back`),
    )
    assert.match(shown.output, /Ended while waiting for the termination wait/)
    assert80Columns(shown.output)
    const rollback = await run('deployment', rollbackId)
    assert.match(rollback.output, new RegExp(`^Rollback ${rollbackId}: Succeeded\n`))
    assert80Columns(rollback.output)
    assert.match((await run('deployments', '--all')).output, /\n {2}d-\w+ +Stopped .* hello \/ hello\n/)
    const list = await run('deployments')
    assert.match(
      list.output,
      new RegExp(`${rollbackId} +Succeeded .*hello / hello \\(rollback\\)\n.*${deploymentId} +Stopped`),
    )
  })

  test('the JSON is what AWS answers and the record, which outlives the engine', async () => {
    const { completeTime } = await theatre.deployment(deploymentId)
    await until('the account of requests is closed', async () => {
      const { record } = JSON.parse((await run('deployment', deploymentId, '--json')).output)
      return Date.parse(record.traffic.rows.at(-1).to) > (completeTime?.getTime() ?? 0)
    })
    const { output } = await run('deployment', deploymentId, '--json')
    await theatre.killEngine()
    await theatre.startEngine()
    const later = await run('deployment', deploymentId, '--json')
    assert.deepEqual(JSON.parse(later.output), JSON.parse(output))
    const { deployment, target, record } = JSON.parse(output)
    assert.equal(deployment.deploymentId, deploymentId)
    assert.equal(target.lifecycleEvents.length, 8)
    assert.equal(record.status, 'Stopped')
    assert.equal(record.traffic.answered, 1)
    assert.match(record.steps.at(-1).sentence, /^The deployment ended: Stopped, MANUAL_STOP\.$/)
  })

  test('what cannot be done is said in a sentence, with exit code 1', async () => {
    const ended = await run('stop', deploymentId)
    assert.deepEqual([ended.exitCode, ended.output], [1, ''])
    assert.match(ended.errors, /^teal: .*already ended.*\(DeploymentAlreadyCompletedException\)\n$/)
    const unknown = await run('deployment', 'd-NONENONE1')
    assert.equal(unknown.exitCode, 1)
    assert.match(unknown.errors, /^teal: .*d-NONENONE1.* `teal deployments` lists those at http/)
    const waiting = await run('continue', deploymentId)
    assert.equal(waiting.exitCode, 1)
    assert.match(waiting.errors, /is Stopped and in no wait that could be ended/)
    const nobody = await teal('deployments', '--endpoint-url', 'http://127.0.0.1:1')
    assert.equal(nobody.exitCode, 1)
    assert.match(nobody.errors, /^teal: nothing answers at http:\/\/127\.0\.0\.1:1 \(ECONNREFUSED\)/)
    assert.equal((await run('continue', deploymentId, '--wait-type', 'NONE')).exitCode, 2)
  })
})

function assert80Columns(output: string): void {
  for (const line of output.split('\n')) assert(line.length <= 80, `too wide: ${line}`)
}
