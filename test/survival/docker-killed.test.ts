import {
  DescribeServicesCommand,
  DescribeTasksCommand,
  ListTasksCommand,
  UpdateServiceCommand,
} from '@aws-sdk/client-ecs'
import type { Task, UpdateServiceCommandInput } from '@aws-sdk/client-ecs'
import { DescribeTargetHealthCommand } from '@aws-sdk/client-elastic-load-balancing-v2'
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { desiredCount, name } from '../../demo/surroundings.ts'
import type { Load } from '../../demo/load/index.ts'
import { DockerApi, DockerError, dockerSocketPath } from '../../src/adapters/docker-api.ts'
import { withoutDocker } from '../adapters/docker-world.ts'
import { SeededChance } from '../world/seeded-chance.ts'
import { dockerIdOf, inDocker, leftInDocker } from './docker-stage.ts'
import { Theatre, until } from './theatre.ts'

const seed = Date.now() % 1_000_000

describe('containers that are killed at random, under load', { timeout: 200_000, skip: await withoutDocker() }, () => {
  const api = new DockerApi(dockerSocketPath())
  const chance = new SeededChance(seed)
  const killed: string[] = []
  let kills = 0
  let theatre: Theatre
  let load: Load
  before(async () => {
    theatre = await Theatre.open('300ms', inDocker)
    load = theatre.startLoad()
  })
  after(async () => {
    await theatre?.close()
    api.close()
  })

  test('are replaced while a service is steady', async () => {
    await killOne()
    await steady()
  })

  test('do not keep a blue/green deployment from its end', async () => {
    const deploymentId = await theatre.deploy(await theatre.secondImage())
    await killWhile(async () => (await theatre.deployment(deploymentId)).completeTime === undefined)
    const { status, errorInformation } = await theatre.deployment(deploymentId)
    assert.equal(status, 'Succeeded', errorInformation?.message)
    assert.equal(await answeringVersion(), '2')
  })

  test('do not keep a rolling deployment from its end', async () => {
    await update({ deploymentController: { type: 'ECS' } })
    await update({ taskDefinition: await theatre.register(theatre.firstImage) })
    await killWhile(async () => (await deployments()).length > 1)
    await steady()
    assert.deepEqual(await deployments(), ['COMPLETED'])
    assert.equal(await answeringVersion(), '1')
  })

  test('are told of in ECS’s words, and nothing of anything is left in the end', async (t) => {
    const stopped = await tasksThat('STOPPED')
    const told = killed.map((id) => stopped.find(({ taskArn }) => taskArn?.endsWith(id)))
    assert.ok(killed.length >= 3)
    for (const task of told) {
      assert.deepEqual(
        [task?.stopCode, task?.stoppedReason, task?.containers?.[0]?.exitCode],
        ['EssentialContainerExited', 'Essential container in task exited', 137],
      )
    }
    const account = await load.stop()
    t.diagnostic(`seed ${seed}: ${killed.length} killed; ${account.answered} answered, ${account.failed} failed`)
    // What a killed task was answering is lost with it: no load balancer can bring it back.
    assert.ok(account.failed <= kills * 11, JSON.stringify(account.failures))
    assert.ok(
      account.failures.every(({ message }) => /502|closed|reset|aborted|whole/i.test(message)),
      JSON.stringify(account.failures),
    )
    const id = dockerIdOf(theatre.data)
    assert.ok((await leftInDocker(api, id)).length > 0)
    await theatre.close()
    assert.deepEqual(await leftInDocker(api, id), [])
  })

  async function killWhile(isRunning: () => Promise<boolean>): Promise<void> {
    const formerly = killed.length
    while (await isRunning()) if (killed.length < formerly + 2) await killOne()
    assert.ok(killed.length > formerly, 'one was killed in time')
  }

  /** One of those of which another is as good; nothing where there is none at the moment. */
  async function killOne(): Promise<void> {
    const healthy = await healthyAddresses()
    const tasks = (await tasksThat('RUNNING')).filter((task) => healthy.has(addressOf(task)))
    const spare = tasks.filter(({ startedBy }) => tasks.filter((each) => each.startedBy === startedBy).length > 1)
    if (spare.length === 0) return
    const { taskArn, containers } = chance.pick(spare)
    kills += 1
    await api.call('POST', `/containers/${containers?.[0]?.runtimeId}/kill`).catch((error: unknown) => {
      // It has just ended by itself.
      if (!(error instanceof DockerError)) throw error
    })
    // Until then all looks as healthy as it was.
    await until('its end is noticed', async () => {
      return (await tasksThat('RUNNING')).every((task) => task.taskArn !== taskArn)
    })
    const ended = (await tasksThat('STOPPED')).find((task) => task.taskArn === taskArn)
    // One that the service was just about to end is not lost to it.
    if (ended?.stopCode !== 'ServiceSchedulerInitiated') killed.push(taskArn?.split('/').at(-1) ?? '')
  }

  async function tasksThat(desiredStatus: 'RUNNING' | 'STOPPED'): Promise<readonly Task[]> {
    const { ecs } = theatre.clients
    const { taskArns = [] } = await ecs.send(new ListTasksCommand({ cluster: name, desiredStatus }))
    if (taskArns.length === 0) return []
    const { tasks = [] } = await ecs.send(new DescribeTasksCommand({ cluster: name, tasks: taskArns }))
    return tasks
  }

  async function healthyAddresses(): Promise<ReadonlySet<string>> {
    const { elb } = theatre.clients
    const { blueArn = '', greenArn = '' } = theatre.loadBalancing ?? {}
    const answers = await Promise.all(
      [blueArn, greenArn].map((TargetGroupArn) => elb.send(new DescribeTargetHealthCommand({ TargetGroupArn }))),
    )
    const targets = answers.flatMap(({ TargetHealthDescriptions = [] }) => TargetHealthDescriptions)
    return new Set(
      targets.flatMap(({ Target, TargetHealth }) => (TargetHealth?.State === 'healthy' ? [Target?.Id ?? ''] : [])),
    )
  }

  async function steady(): Promise<void> {
    await until('the service is as large as it is to be, and healthy', async () => {
      const [healthy, tasks] = await Promise.all([healthyAddresses(), tasksThat('RUNNING')])
      const isEachHealthy = tasks.every((task) => healthy.has(addressOf(task)))
      return tasks.length === desiredCount && isEachHealthy && (await deployments()).length <= 1
    })
  }

  async function deployments(): Promise<readonly (string | undefined)[]> {
    const { services } = await theatre.clients.ecs.send(
      new DescribeServicesCommand({ cluster: name, services: [name] }),
    )
    return (services?.[0]?.deployments ?? []).map(({ rolloutState }) => rolloutState)
  }

  async function update(changes: Partial<UpdateServiceCommandInput>): Promise<void> {
    await theatre.clients.ecs.send(new UpdateServiceCommand({ cluster: name, service: name, ...changes }))
  }

  async function answeringVersion(): Promise<string | null> {
    const page = await fetch(theatre.loadBalancing?.productionUrl ?? '')
    return page.headers.get('x-hello-version')
  }
})

function addressOf({ containers }: Task): string {
  return containers?.[0]?.networkInterfaces?.[0]?.privateIpv4Address ?? ''
}
