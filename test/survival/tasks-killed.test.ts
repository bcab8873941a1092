import { ContinueDeploymentCommand } from '@aws-sdk/client-codedeploy'
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Load } from '../../demo/load/index.ts'
import { healthyTargets } from '../../demo/surroundings.ts'
import { Theatre, until } from './theatre.ts'

const minutes = (ready: number, termination: number) => ({
  blueGreenDeploymentConfiguration: {
    deploymentReadyOption: { actionOnTimeout: 'STOP_DEPLOYMENT', waitTimeInMinutes: ready },
    terminateBlueInstancesOnDeploymentSuccess: {
      action: 'TERMINATE',
      terminationWaitTimeInMinutes: termination,
    },
  } as const,
})

describe('tasks that are killed with SIGKILL, under load', { timeout: 400_000 }, () => {
  let theatre: Theatre
  let load: Load
  before(async () => {
    theatre = await Theatre.open('1s')
    await theatre.configure(minutes(600, 600))
    load = theatre.startLoad()
  })
  after(() => theatre?.close())

  test('one of blue and one of green at each stage, are replaced, and the deployment ends as it would have', async (t) => {
    const deploymentId = await theatre.deploy('hello:2')
    const taskSet = async (label: string): Promise<string> => {
      const { taskSetsInfo = [] } = await theatre.target(deploymentId)
      return taskSetsInfo.find(({ taskSetLabel }) => taskSetLabel === label)?.identifer ?? ''
    }
    let killed = 0
    const killOneOf = async (label: 'Blue' | 'Green'): Promise<void> => {
      await until(`${label} has running tasks`, async () => (await theatre.pidsOf(await taskSet(label))).length > 0)
      const [pid] = await theatre.pidsOf(await taskSet(label))
      assert(pid !== undefined)
      process.kill(pid, 'SIGKILL')
      killed += 1
      // Until then all looks as steady as it was.
      await until('its end is noticed', async () => !(await theatre.pidsOf(await taskSet(label))).includes(pid))
    }
    const bothSteady = (): Promise<void> =>
      until('both task sets have two running tasks again, which are healthy', async () => {
        const { taskSetsInfo = [] } = await theatre.target(deploymentId)
        const { blueArn = '', greenArn = '' } = theatre.loadBalancing ?? {}
        const healthy = await Promise.all([blueArn, greenArn].map((arn) => healthyTargets(theatre.clients, arn)))
        const areRunning = taskSetsInfo.length === 2 && taskSetsInfo.every(({ runningCount }) => runningCount === 2)
        return areRunning && healthy.every((count) => count === 2)
      })

    await until('green is there', async () => (await theatre.target(deploymentId)).taskSetsInfo?.length === 2)
    await killOneOf('Green')
    await killOneOf('Blue')
    await until('the deployment is Ready', async () => (await theatre.deployment(deploymentId)).status === 'Ready')
    await bothSteady()

    await killOneOf('Green')
    await killOneOf('Blue')
    await bothSteady()
    const continuing = { deploymentId, deploymentWaitType: 'READY_WAIT' } as const
    await theatre.clients.codeDeploy.send(new ContinueDeploymentCommand(continuing))
    await until('green has all traffic', async () => {
      return (await theatre.deployment(deploymentId)).instanceTerminationWaitTimeStarted === true
    })

    await killOneOf('Blue')
    await killOneOf('Green')
    await bothSteady()
    const ending = { deploymentId, deploymentWaitType: 'TERMINATION_WAIT' } as const
    await theatre.clients.codeDeploy.send(new ContinueDeploymentCommand(ending))
    const ended = await theatre.ended(deploymentId)
    assert.equal(ended.status, 'Succeeded', ended.errorInformation?.message)

    const account = await load.stop()
    t.diagnostic(`${killed} tasks killed; ${account.answered} requests answered, ${account.failed} failed`)
    // What a killed task was answering is lost with it: no load balancer can bring it back. Everything else is answered.
    const clients = 11
    assert(account.failed <= killed * clients, JSON.stringify(account.failures))
    assert(
      account.failures.every(({ message }) => /502|closed|reset|aborted|whole/i.test(message)),
      JSON.stringify(account.failures),
    )
  })
})
