import {
  DescribeServicesCommand,
  GetTaskProtectionCommand,
  ListTasksCommand,
  UpdateServiceCommand,
  UpdateTaskProtectionCommand,
} from '@aws-sdk/client-ecs'
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { name } from '../../demo/surroundings.ts'
import { Theatre } from '../survival/theatre.ts'

describe('tasks that are protected from scale-in', { timeout: 200_000 }, () => {
  let theatre: Theatre
  before(async () => {
    theatre = await Theatre.open('300ms')
  })
  after(() => theatre?.close())

  async function runningTasks(): Promise<readonly string[]> {
    const { taskArns = [] } = await theatre.clients.ecs.send(
      new ListTasksCommand({ cluster: name, serviceName: name, desiredStatus: 'RUNNING' }),
    )
    return taskArns
  }

  function scale(desiredCount: number) {
    return theatre.clients.ecs.send(new UpdateServiceCommand({ cluster: name, service: name, desiredCount }))
  }

  /** As the application does it, from inside of its container. */
  async function protectItself(taskArn: string, request: object): Promise<unknown> {
    const program =
      'const url = process.env.ECS_AGENT_URI + "/task-protection/v1/state";' +
      `fetch(url, { method: "PUT", body: '${JSON.stringify(request)}' }).then(async (answer) => console.log(await answer.text()))`
    const response = await fetch(`${theatre.url}/tasks/${taskArn.split('/').at(-1)}/exec`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ command: ['node', '-e', program] }),
    })
    const { stdout } = (await response.json()) as { readonly stdout: string }
    return JSON.parse(stdout)
  }

  test('outlast a lower desired count, and the engine, until their protection is ended', async () => {
    const { ecs } = theatre.clients
    const [first = '', second = ''] = await runningTasks()
    const answer = await protectItself(second, { ProtectionEnabled: true, ExpiresInMinutes: 2_000 })
    const { protection } = answer as { protection: { TaskArn: string; ExpirationDate: string } }
    assert.equal(protection.TaskArn, second)
    await scale(1)
    await until(async () => (await runningTasks()).length === 1)
    assert.deepEqual(await runningTasks(), [second])
    await scale(0)
    await theatre.killEngine()
    await theatre.startEngine()
    const { protectedTasks, failures } = await ecs.send(
      new GetTaskProtectionCommand({ cluster: name, tasks: [second, first] }),
    )
    const expirationDate = new Date(protection.ExpirationDate)
    assert.deepEqual(protectedTasks, [{ taskArn: second, protectionEnabled: true, expirationDate }])
    assert.deepEqual(
      failures?.map(({ arn, reason }) => [arn, reason]),
      [[first, 'TASK_NOT_VALID']],
    )
    await until(async () => {
      const { services } = await ecs.send(new DescribeServicesCommand({ cluster: name, services: [name] }))
      return (
        services?.[0]?.events?.some(({ message }) => /was unable to scale in\. Reason/.test(message ?? '')) === true
      )
    })
    assert.deepEqual(await runningTasks(), [second])
    await ecs.send(new UpdateTaskProtectionCommand({ cluster: name, tasks: [second], protectionEnabled: false }))
    await until(async () => (await runningTasks()).length === 0)
    await scale(2)
    await until(async () => (await runningTasks()).length === 2)
  })

  test('keep a blue/green deployment in progress, which has all traffic on green, until they may go', async () => {
    const { ecs } = theatre.clients
    const [kept = ''] = await runningTasks()
    await ecs.send(
      new UpdateTaskProtectionCommand({
        cluster: name,
        tasks: [kept],
        protectionEnabled: true,
        expiresInMinutes: 2_000,
      }),
    )
    const deploymentId = await theatre.deploy('hello:2')
    const weights = async () => {
      const { taskSetsInfo = [] } = await theatre.target(deploymentId)
      return taskSetsInfo
        .map(({ taskSetLabel, trafficWeight, status, runningCount }) =>
          [taskSetLabel, trafficWeight, status, runningCount].join(' '),
        )
        .toSorted()
    }
    await until(async () => (await weights()).includes('Blue 0 DRAINING 1'))
    await delay(1_000)
    const { deploymentStatusMessages } = await theatre.deployment(deploymentId)
    const id = kept.split('/').at(-1) ?? ''
    assert.match(deploymentStatusMessages?.join() ?? '', new RegExp(`^Task ${id} is protected from scale-in until 20`))
    assert.deepEqual(await weights(), ['Blue 0 DRAINING 1', 'Green 100 PRIMARY 2'])
    assert.equal((await theatre.deployment(deploymentId)).status, 'InProgress')
    await ecs.send(new UpdateTaskProtectionCommand({ cluster: name, tasks: [kept], protectionEnabled: false }))
    assert.equal((await theatre.ended(deploymentId)).status, 'Succeeded')
    assert.equal((await runningTasks()).includes(kept), false)
  })
})

async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await delay(100)
}
