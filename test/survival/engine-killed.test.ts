import { StopDeploymentCommand } from '@aws-sdk/client-codedeploy'
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import type { Load } from '../../demo/load/index.ts'
import { Theatre, until } from './theatre.ts'

describe('an engine that is killed with SIGKILL, under load', { timeout: 180_000 }, () => {
  let theatre: Theatre
  let load: Load
  before(async () => {
    theatre = await Theatre.open('300ms')
    load = theatre.startLoad()
  })
  after(() => theatre?.close())

  test('inside every step of a deployment loses no request and not the deployment', async (t) => {
    const deploymentId = await theatre.deploy('hello:2')
    const kills = await killInEveryStep(theatre, deploymentId)
    const ended = await theatre.ended(deploymentId)
    assert.equal(ended.status, 'Succeeded', ended.errorInformation?.message)
    const account = await load.account()
    t.diagnostic(`killed ${kills} times; ${account.answered} requests answered, ${account.failed} failed`)
    assert.deepEqual(account.failures, [])
    assert(kills >= 8, `the engine was killed in many steps, not in ${kills}`)
    const { versions } = account
    assert.deepEqual(versions.map(({ version }) => version).toSorted(), ['1', '2'])
  })

  test('inside every step of a rollback brings all traffic back and loses no request', async (t) => {
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
    await theatre.clients.codeDeploy.send(new StopDeploymentCommand({ deploymentId, autoRollbackEnabled: true }))
    await until('the rollback is linked', async () => {
      return (await theatre.deployment(deploymentId)).rollbackInfo?.rollbackDeploymentId !== undefined
    })
    const rollbackId = (await theatre.deployment(deploymentId)).rollbackInfo?.rollbackDeploymentId ?? ''
    const kills = await killInEveryStep(theatre, rollbackId)
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

/** As soon as another step has begun the engine is killed, and started again, until the deployment has ended. */
async function killInEveryStep(theatre: Theatre, deploymentId: string): Promise<number> {
  const journal = theatre.openJournal()
  try {
    let kills = 0
    for (let seen = 0; ; kills++) {
      const steps = await nextStep(() => journal.stepsBegun(deploymentId), seen)
      if (steps === undefined) return kills
      seen = steps
      await theatre.killEngine()
      await theatre.startEngine()
      if ((await theatre.deployment(deploymentId)).completeTime !== undefined) return kills
    }
  } finally {
    journal.close()
  }
}

/** The number of steps once it is more than was seen; undefined when there have been no more for a while. */
async function nextStep(count: () => number, seen: number): Promise<number | undefined> {
  const deadline = performance.now() + 20_000
  while (performance.now() < deadline) {
    const steps = count()
    if (steps > seen) return steps
    await delay(1)
  }
  return undefined
}
