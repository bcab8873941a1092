import { CreateDeploymentConfigCommand, StopDeploymentCommand } from '@aws-sdk/client-codedeploy'
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Load } from '../../demo/load/index.ts'
import { Theatre, until } from './theatre.ts'
import { createFunction } from './theatre-function.ts'

const preload = new URL('kill-before-second-note.mjs', import.meta.url).href

/** Asks green through the test listener, and lets CodeDeploy know; what people write on AWS. */
const handler = `
const { CodeDeployClient, PutLifecycleEventHookExecutionStatusCommand } = require('@aws-sdk/client-codedeploy')
const client = new CodeDeployClient({})

exports.handler = async ({ DeploymentId, LifecycleEventHookExecutionId }) => {
  const answer = await fetch(process.env.URL_TO_CHECK)
  console.log('checked', process.env.URL_TO_CHECK, answer.status, answer.headers.get('x-hello-version'))
  const isGood = answer.status === 200 && (process.env.EXPECTED ?? '') !== 'nothing'
  await client.send(new PutLifecycleEventHookExecutionStatusCommand({
    deploymentId: DeploymentId,
    lifecycleEventHookExecutionId: LifecycleEventHookExecutionId,
    status: isGood ? 'Succeeded' : 'Failed',
  }))
}
`

describe('hooks and canary steps on real sockets', { timeout: 400_000 }, () => {
  let theatre: Theatre
  let load: Load
  before(async () => {
    theatre = await Theatre.open('300ms')
    await create('check', {})
    await create('refuse', { EXPECTED: 'nothing' })
    await createConfig('TenPercent', 10)
    await createConfig('TenPercentForLong', 1_000)
    await theatre.configure({ deploymentConfigName: 'TenPercent' })
    load = theatre.startLoad()
  })
  after(() => theatre?.close())

  async function createConfig(deploymentConfigName: string, canaryInterval: number): Promise<void> {
    const timeBasedCanary = { canaryPercentage: 10, canaryInterval }
    const trafficRoutingConfig = { type: 'TimeBasedCanary', timeBasedCanary } as const
    const config = { deploymentConfigName, computePlatform: 'ECS', trafficRoutingConfig } as const
    await theatre.clients.codeDeploy.send(new CreateDeploymentConfigCommand(config))
  }

  const create = (functionName: string, variables: Readonly<Record<string, string>>): Promise<void> => {
    const url = theatre.loadBalancing?.testUrl ?? ''
    return createFunction(theatre, functionName, { code: handler, variables: { URL_TO_CHECK: url, ...variables } })
  }

  test('an engine killed inside every hook, canary step and wait loses no request and not the deployment', async (t) => {
    const hooks = {
      BeforeInstall: 'check',
      AfterInstall: 'check',
      AfterAllowTestTraffic: 'check',
      BeforeAllowTraffic: 'check',
      AfterAllowTraffic: 'check',
    }
    const deploymentId = await theatre.deploy('hello:2', hooks)
    await theatre.killEngine()
    const kills = await theatre.killInEveryStep(preload, async () => {
      return (await theatre.deployment(deploymentId)).completeTime !== undefined
    })
    const ended = await theatre.ended(deploymentId)
    assert.equal(ended.status, 'Succeeded', ended.errorInformation?.message)
    const { lifecycleEvents = [] } = await theatre.target(deploymentId)
    for (const { lifecycleEventName, diagnostics } of lifecycleEvents) {
      if (!(lifecycleEventName !== undefined && lifecycleEventName in hooks)) continue
      assert.equal(diagnostics?.scriptName, 'check')
    }
    const account = await load.account()
    t.diagnostic(`killed ${kills} times; ${account.answered} requests answered, ${account.failed} failed`)
    assert.deepEqual(account.failures, [])
    assert(kills >= 30, `the engine was killed in every step, not in ${kills} of them`)
  })

  test('a green that its hook refuses gets no traffic, and what the hook wrote is in the deployment', async () => {
    await theatre.killEngine()
    await theatre.startEngine()
    const deploymentId = await theatre.deploy('hello:1', { BeforeAllowTraffic: 'refuse' })
    const ended = await theatre.ended(deploymentId)
    assert.equal(ended.status, 'Failed')
    assert.equal(ended.errorInformation?.code, 'HOOK_EXECUTION_FAILURE')
    const { lifecycleEvents = [] } = await theatre.target(deploymentId)
    const event = lifecycleEvents.find(({ lifecycleEventName }) => lifecycleEventName === 'BeforeAllowTraffic')
    assert.equal(event?.status, 'Failed')
    assert.match(event.diagnostics?.logTail ?? '', /checked http:\/\/127\.0\.0\.1:\d+ 200 1/)
    const rollback = await theatre.ended(ended.rollbackInfo?.rollbackDeploymentId ?? '')
    assert.equal(rollback.status, 'Succeeded')
    const account = await load.account()
    assert.deepEqual(account.failures, [])
  })

  test('a canary of 10 % gets 10 % of the requests, on kept and on new connections alike', async (t) => {
    const url = theatre.loadBalancing?.productionUrl ?? ''
    await theatre.configure({ deploymentConfigName: 'TenPercentForLong' })
    const deploymentId = await theatre.deploy('hello:1')
    await until('a tenth of the traffic goes to green', async () => {
      const { taskSetsInfo = [] } = await theatre.target(deploymentId)
      return taskSetsInfo.find(({ taskSetLabel }) => taskSetLabel === 'Green')?.trafficWeight === 10
    })
    const [kept, fresh] = await Promise.all([share(url, 'keep-alive'), share(url, 'close')])
    t.diagnostic(`kept connections ${kept.green} of ${kept.all}, new connections ${fresh.green} of ${fresh.all}`)
    for (const { green, all } of [kept, fresh]) {
      // Five standard deviations of a binomial distribution: off by chance once in two million runs.
      const bound = 5 * Math.sqrt(all * 0.1 * 0.9)
      assert(Math.abs(green - all * 0.1) <= bound, `${green} of ${all}`)
    }
    await theatre.clients.codeDeploy.send(new StopDeploymentCommand({ deploymentId, autoRollbackEnabled: true }))
    const rollback = await theatre.ended((await theatre.ended(deploymentId)).rollbackInfo?.rollbackDeploymentId ?? '')
    assert.equal(rollback.status, 'Succeeded')
    assert.deepEqual((await load.stop()).failures, [])
  })
})

type Share = { readonly green: number; readonly all: number }

/** How many of so many requests version 1, which is green here, answers. */
async function share(url: string, connection: 'keep-alive' | 'close'): Promise<Share> {
  const all = 400
  let green = 0
  for (let sent = 0; sent < all; sent++) {
    const answer = await fetch(url, { headers: { connection } })
    await answer.arrayBuffer()
    if (answer.headers.get('x-hello-version') === '1') green += 1
  }
  return { green, all }
}
