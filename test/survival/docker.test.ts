import { DescribeTasksCommand, ListTasksCommand } from '@aws-sdk/client-ecs'
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { healthyTargets, name } from '../../demo/surroundings.ts'
import { DockerApi, dockerSocketPath } from '../../src/adapters/docker-api.ts'
import { withoutDocker } from '../adapters/docker-world.ts'
import { DockerDaemon } from './docker-daemon.ts'
import { dockerIdOf, helloImage, inDocker, leftInDocker } from './docker-stage.ts'
import { Theatre, until } from './theatre.ts'
import type { Stage } from './theatre.ts'

test(
  'a deployment in Docker under load, with its engine killed midway, loses no request',
  {
    timeout: 300_000,
    skip: await withoutDocker(),
  },
  async (t) => {
    const api = new DockerApi(dockerSocketPath())
    t.after(() => api.close())
    const theatre = await Theatre.open('300ms', inDocker)
    t.after(() => theatre.close())
    const load = theatre.startLoad()
    const deploymentId = await theatre.deploy(await theatre.secondImage())
    for (const _ of [1, 2, 3]) {
      await delay(700)
      await theatre.killEngine()
      await theatre.startEngine()
    }
    const ended = await theatre.ended(deploymentId)
    assert.equal(ended.status, 'Succeeded', ended.errorInformation?.message)
    const account = await load.stop()
    t.diagnostic(`${account.answered} requests answered, ${account.failed} failed`)
    assert.deepEqual(account.failures, [])
    assert.deepEqual(account.versions.map(({ version }) => version).toSorted(), ['1', '2'])
    const id = dockerIdOf(theatre.data)
    assert.ok((await leftInDocker(api, id)).length > 0)
    await theatre.interruptEngine()
    assert.deepEqual(await leftInDocker(api, id), [])
  },
)

describe('a Docker engine that is killed and started again', { skip: DockerDaemon.isMissing() }, () => {
  test(
    'in the middle of a deployment: tasks are replaced, and the deployment succeeds',
    {
      timeout: 300_000,
    },
    async (t) => {
      const daemon = new DockerDaemon()
      t.after(() => daemon.remove())
      await daemon.start()
      const stage: Stage = {
        ...inDocker,
        environment: { DOCKER_HOST: `unix://${daemon.socketPath}` },
        firstImage: () => helloImage('1', daemon.api),
        secondImage: () => helloImage('2', daemon.api),
      }
      const theatre = await Theatre.open('2s', stage)
      t.after(() => theatre.close())
      const deploymentId = await theatre.deploy(await theatre.secondImage())
      await delay(1_500)
      await daemon.kill()
      await delay(1_000)
      await daemon.start()
      const ended = await theatre.ended(deploymentId)
      assert.equal(ended.status, 'Succeeded', ended.errorInformation?.message)
      const green = theatre.loadBalancing?.greenArn ?? ''
      const { clients } = theatre
      await until('the service is whole again', async () => (await healthyTargets(clients, green)) >= 2)
      const page = await fetch(theatre.loadBalancing?.productionUrl ?? '')
      assert.equal(page.headers.get('x-hello-version'), '2')
      const { ecs } = clients
      const { taskArns = [] } = await ecs.send(new ListTasksCommand({ cluster: name, desiredStatus: 'STOPPED' }))
      const { tasks = [] } = await ecs.send(new DescribeTasksCommand({ cluster: name, tasks: taskArns }))
      assert.ok(tasks.every(({ stoppedReason }) => (stoppedReason ?? '') !== ''))
      await theatre.interruptEngine()
      assert.deepEqual(await daemon.api.call('GET', '/containers/json', { query: { all: true } }), [])
    },
  )
})
