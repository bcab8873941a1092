import {
  DescribeServiceDeploymentsCommand,
  DescribeServicesCommand,
  ListTasksCommand,
  UpdateServiceCommand,
} from '@aws-sdk/client-ecs'
import type { Service, ServiceDeployment, UpdateServiceCommandInput } from '@aws-sdk/client-ecs'
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { after, before, describe, test } from 'node:test'
import type { TestContext } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import type { Load } from '../../demo/load/index.ts'
import { desiredCount, healthyTargets, name, registerTaskDefinition } from '../../demo/surroundings.ts'
import { Theatre, until } from './theatre.ts'

const run = promisify(execFile)

describe('a rolling update, under load', { timeout: 400_000 }, () => {
  let theatre: Theatre
  let load: Load
  before(async () => {
    theatre = await Theatre.open('300ms')
    load = theatre.startLoad()
    await update({ deploymentController: { type: 'ECS' } })
  })
  after(() => theatre?.close())

  const update = async (changes: Partial<UpdateServiceCommandInput>): Promise<Service> => {
    const input = { cluster: name, service: name, ...changes }
    const { service } = await theatre.clients.ecs.send(new UpdateServiceCommand(input))
    assert(service)
    return service
  }
  const service = async (): Promise<Service> => {
    const input = { cluster: name, services: [name] }
    const { services = [] } = await theatre.clients.ecs.send(new DescribeServicesCommand(input))
    assert(services[0])
    return services[0]
  }
  const deploymentOf = async ({ currentServiceDeployment = '' }: Service): Promise<ServiceDeployment> => {
    const input = { serviceDeploymentArns: [currentServiceDeployment] }
    const { serviceDeployments = [] } = await theatre.clients.ecs.send(new DescribeServiceDeploymentsCommand(input))
    assert(serviceDeployments[0])
    return serviceDeployments[0]
  }
  /** As `aws ecs wait services-stable` sees it. */
  const stable = () =>
    until('the service is stable', async () => {
      const { deployments = [], runningCount } = await service()
      return deployments.length === 1 && runningCount === desiredCount
    })
  const answeringVersion = async (): Promise<string | null> => {
    const page = await fetch(theatre.loadBalancing?.productionUrl ?? '')
    return page.headers.get('x-hello-version')
  }

  test('loses no request, and neither does an engine that is killed in the middle of it', async (t) => {
    const begun = await update({ taskDefinition: await registerTaskDefinition(theatre.clients, 'hello:2') })
    assert.deepEqual(
      begun.deployments?.map(({ status }) => status),
      ['PRIMARY', 'ACTIVE'],
    )
    await until('a task of version 2 runs', async () => ((await service()).deployments?.[0]?.runningCount ?? 0) > 0)
    await theatre.killEngine()
    await delay(300)
    await theatre.startEngine()
    await stable()
    assert.equal((await deploymentOf(begun)).status, 'SUCCESSFUL')
    assert.equal((await service()).deployments?.[0]?.rolloutState, 'COMPLETED')
    await waitWithCli(t, theatre)
    await delay(300)
    const account = await load.account()
    t.diagnostic(`${account.answered} requests answered, ${account.failed} failed`)
    assert.deepEqual(account.failures, [])
    assert.deepEqual(account.versions.map(({ version }) => version).toSorted(), ['1', '2'])
    assert.equal(await answeringVersion(), '2')
  })

  test('to a version that does not start goes back by the circuit breaker and loses no request', async (t) => {
    await theatre.build('hello:3', { 'server.mjs': 'process.exit(3)\n' })
    const formerly = await service()
    const begun = await update({
      taskDefinition: await registerTaskDefinition(theatre.clients, 'hello:3'),
      deploymentConfiguration: { deploymentCircuitBreaker: { enable: true, rollback: true } },
    })
    await until('it is rolled back', async () => (await deploymentOf(begun)).status === 'ROLLBACK_SUCCESSFUL')
    const deployment = await deploymentOf(begun)
    assert.equal(
      deployment.statusReason,
      'Service deployment rolled back because the circuit breaker threshold was exceeded.',
    )
    await stable()
    const restored = await service()
    assert.equal(restored.taskDefinition, formerly.taskDefinition)
    assert.equal(restored.deployments?.[0]?.id, formerly.deployments?.[0]?.id)
    await delay(300)
    const account = await load.stop()
    t.diagnostic(`${account.answered} requests answered, ${account.failed} failed`)
    assert.deepEqual(account.failures, [])
    assert.equal(await answeringVersion(), '2')
    const { taskArns = [] } = await theatre.clients.ecs.send(new ListTasksCommand({ cluster: name }))
    assert.equal(taskArns.length, desiredCount)
    assert.equal(await healthyTargets(theatre.clients, theatre.loadBalancing?.blueArn ?? ''), desiredCount)
  })
})

/** The command as its users have it; it ends at once, since the service is stable by then. */
async function waitWithCli(t: TestContext, { url }: Theatre): Promise<void> {
  const keys = { AWS_ACCESS_KEY_ID: 'teal', AWS_SECRET_ACCESS_KEY: 'teal', AWS_REGION: 'us-east-1' }
  const environment = { ...process.env, ...keys, AWS_DEFAULT_REGION: 'us-east-1', AWS_ENDPOINT_URL: url }
  const options = { env: environment, timeout: 60_000 }
  const hasCli = await run('aws', ['--version']).then(
    () => true,
    () => false,
  )
  if (!hasCli) return t.diagnostic('the aws CLI is not installed: its waiter is not tested here')
  const names = ['--cluster', name, '--services', name]
  await run('aws', ['--endpoint-url', url, 'ecs', 'wait', 'services-stable', ...names], options)
}
