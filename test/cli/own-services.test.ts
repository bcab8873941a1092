import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dataDirectory, Serving, teal } from './command-line.ts'

process.env['AWS_ACCESS_KEY_ID'] = 'teal'
process.env['AWS_SECRET_ACCESS_KEY'] = 'teal'
process.env['AWS_REGION'] = 'us-east-1'

test('where there are no tasks it is told where, and how long ended ones are remembered', async (t) => {
  const url = await new Serving(dataDirectory(t), '--minute', '2s').url()
  const where = `in us-east-1 at ${url}`
  assert.equal((await teal('tasks', '--endpoint-url', url)).output, `There are no tasks ${where}.\n`)
  assert.equal(
    (await teal('tasks', '--stopped', '--endpoint-url', url)).output,
    `No tasks ${where} have ended within the last 60 minutes (2 min 0 s here), for which ECS remembers them.\n`,
  )
})

test('a cluster or a service that is not there is named, with the command that lists those there are', async (t) => {
  const serving = new Serving(dataDirectory(t))
  const url = await serving.url()
  const noCluster = `teal: there is no cluster prod in us-east-1 at ${url}. \`aws ecs list-clusters\` lists those there are.\n`
  const noService = 'teal: there is no service web in cluster prod in us-east-1. `teal status` lists those there are.\n'
  const commands = [
    [noCluster, 'status', '--cluster', 'prod'],
    [noCluster, 'tasks', '--cluster', 'prod'],
    [noService, 'status', 'prod/web'],
    [noService, 'deployments', '--service', 'prod/web'],
  ] as const
  for (const [message, ...command] of commands) {
    const { exitCode, errors } = await teal(...command, '--endpoint-url', url)
    assert.deepEqual({ exitCode, errors }, { exitCode: 1, errors: message })
  }
})
