import { StopDeploymentCommand } from '@aws-sdk/client-codedeploy'
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import type { Load } from '../../demo/load/index.ts'
import { Theatre, until } from './theatre.ts'

const preload = new URL('kill-before-second-note.mjs', import.meta.url).href

describe('an engine that is killed with SIGKILL, under load', { timeout: 400_000 }, () => {
  let theatre: Theatre
  let load: Load
  before(async () => {
    theatre = await Theatre.open('300ms')
    load = theatre.startLoad()
  })
  after(() => theatre?.close())

  test('inside every step of a deployment loses no request and not the deployment', async (t) => {
    const deploymentId = await theatre.deploy('hello:2')
    await theatre.killEngine()
    const kills = await theatre.killInEveryStep(preload, async () => {
      return (await theatre.deployment(deploymentId)).completeTime !== undefined
    })
    const ended = await theatre.ended(deploymentId)
    assert.equal(ended.status, 'Succeeded', ended.errorInformation?.message)
    const account = await load.account()
    t.diagnostic(`killed ${kills} times; ${account.answered} requests answered, ${account.failed} failed`)
    assert.deepEqual(account.failures, [])
    assert(kills >= 20, `the engine was killed in every step, not in ${kills} of them`)
    const { versions } = account
    assert.deepEqual(versions.map(({ version }) => version).toSorted(), ['1', '2'])
  })

  test('inside every step of a rollback brings all traffic back and loses no request', async (t) => {
    await theatre.killEngine()
    await theatre.startEngine()
    await theatre.configure({
      blueGreenDeploymentConfiguration: {
        deploymentReadyOption: { actionOnTimeout: 'CONTINUE_DEPLOYMENT' },
        terminateBlueInstancesOnDeploymentSuccess: { action: 'TERMINATE', terminationWaitTimeInMinutes: 2000 },
      },
    })
    const deploymentId = await theatre.deploy('hello:1')
    await until('green has all traffic', async () => {
      return (await theatre.deployment(deploymentId)).instanceTerminationWaitTimeStarted === true
    })
    await theatre.killEngine()
    await theatre.startEngine({ preload })
    // The engine may die before it can answer, but not before it has written down that it was asked.
    await theatre.clients.codeDeploy
      .send(new StopDeploymentCommand({ deploymentId, autoRollbackEnabled: true }))
      .catch((error: unknown) => t.diagnostic(String(error)))
    let rollbackId = ''
    const kills = await theatre.killInEveryStep(preload, async () => {
      rollbackId = (await theatre.deployment(deploymentId)).rollbackInfo?.rollbackDeploymentId ?? ''
      return rollbackId !== '' && (await theatre.deployment(rollbackId)).completeTime !== undefined
    })
    const rollback = await theatre.ended(rollbackId)
    assert.equal(rollback.status, 'Succeeded', rollback.errorInformation?.message)
    assert.equal(rollback.creator, 'codeDeployRollback')
    await delay(500)
    const account = await load.stop()
    t.diagnostic(`killed ${kills} times; ${account.answered} requests answered, ${account.failed} failed`)
    assert.deepEqual(account.failures, [])
    const page = await fetch(theatre.loadBalancing?.productionUrl ?? '')
    assert.equal(page.headers.get('x-hello-version'), '2', 'blue, which is version 2 now, serves again')
  })
})
