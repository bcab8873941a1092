import { ListTasksCommand, UpdateServiceCommand, UpdateTaskProtectionCommand } from '@aws-sdk/client-ecs'
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { readyWait, Theatre, until } from '../survival/theatre.ts'
import { teal } from './command-line.ts'

const example = fileURLToPath(new URL('../../examples/hello/', import.meta.url))

const withoutReadyWait = {
  blueGreenDeploymentConfiguration: {
    ...readyWait.blueGreenDeploymentConfiguration,
    deploymentReadyOption: { actionOnTimeout: 'CONTINUE_DEPLOYMENT', waitTimeInMinutes: 0 },
  },
} as const

describe('teal rollback of a deployment that runs', { timeout: 200_000 }, () => {
  let theatre: Theatre
  before(async () => {
    theatre = await Theatre.open('300ms')
  })
  after(() => theatre?.close())

  const run = (...argv: readonly string[]) => teal(...argv, '--endpoint-url', theatre.url)
  const files = ['--appspec', `${example}appspec.yaml`, '--task-definition', `${example}taskdef.json`] as const
  const protect = (tasks: string[], protectionEnabled: boolean) =>
    theatre.clients.ecs.send(new UpdateTaskProtectionCommand({ cluster: 'hello', tasks, protectionEnabled }))
  const running = async () =>
    (await theatre.clients.ecs.send(new ListTasksCommand({ cluster: 'hello', serviceName: 'hello' }))).taskArns ?? []

  test('promises nothing where there is no way back, and stops no rollback that is under way', async () => {
    await theatre.configure(withoutReadyWait)
    const blue = await running()
    await protect(blue, true)
    const id = (await run('deploy', ...files, '--image', 'web=hello:2', '--no-wait')).output.trim()
    await until('blue is terminated', async () => (await run('status')).output.includes('DRAINING'))
    for (const argv of [['--dry-run'], ['--yes']]) {
      const { exitCode, errors } = await run('rollback', ...argv)
      assert.equal(exitCode, 1)
      assert.match(
        errors,
        /^teal: deployment d-\w+ cannot be taken back any more: all traffic is on green, and blue is being/,
      )
    }
    await protect(blue, false)
    await theatre.ended(id)

    await theatre.configure(readyWait)
    const earlier = await running()
    const next = (await run('deploy', ...files, '--image', 'web=hello:1', '--no-wait')).output.trim()
    await until('green is ready', async () => (await theatre.deployment(next)).status === 'Ready')
    const green = (await running()).filter((task) => !earlier.includes(task))
    await protect(green, true)
    await run('stop', next, '--rollback')
    await until('it is rolled back', async () => (await run('status')).output.includes('DRAINING'))
    const again = await run('rollback', '--yes', '--no-wait')
    const back = (await theatre.deployment(next)).rollbackInfo?.rollbackDeploymentId ?? ''
    assert.match(
      again.errors,
      new RegExp(`^Deployment ${back} brings all traffic back to blue already: nothing more is done`),
    )
    assert.deepEqual([again.exitCode, again.output.trim()], [0, back])
    await protect(green, false)
    assert.equal((await theatre.ended(back)).status, 'Succeeded')
  })

  test('only watches a way back of ECS itself that is under way', async () => {
    await theatre.clients.ecs.send(
      new UpdateServiceCommand({ cluster: 'hello', service: 'hello', deploymentController: { type: 'ECS' } }),
    )
    const place = ['--service', 'hello/hello'] as const
    const earlier = await running()
    // So the update is not over before it is to be rolled back, nor the way back before somebody looks.
    const [old = ''] = earlier
    await protect([old], true)
    await run('deploy', ...place, ...files, '--image', 'web=hello:2', '--no-wait')
    let green = ''
    await until('a new task runs, and is protected', async () => {
      green = (await running()).find((task) => !earlier.includes(task)) ?? ''
      return green !== '' && (await protect([green], true)).failures?.length === 0
    })
    const stopped = await run('rollback', ...place, '--yes', '--no-wait')
    assert.match(stopped.errors, /is under way\. It will be stopped, and all traffic goes back\./)
    await until('it goes back', async () =>
      (await run('deployments', ...place)).output.includes('ROLLBACK_IN_PROGRESS'),
    )
    const again = await run('rollback', ...place, '--yes', '--no-wait')
    assert.match(again.errors, /^Deployment \w+ goes back already: nothing more is done\.\n$/)
    assert.deepEqual([again.exitCode, again.output], [0, stopped.output])
    await protect([old, green], false)
    const watched = await run('watch', again.output.trim())
    assert.match(watched.output, /ROLLBACK_SUCCESSFUL/)
  })
})
