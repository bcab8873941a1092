import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { test, type TestContext } from 'node:test'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { codeDeployThatLoses } from '../acceptance/a-code-deploy.ts'

const examples = fileURLToPath(new URL('../../examples/', import.meta.url))
const withoutBoto = spawnSync('python3', ['-c', 'import boto3']).status === 0 ? false : 'There is no boto3 here.'

const event = '{"DeploymentId":"d-1","LifecycleEventHookExecutionId":"execution-1"}'
const hooks = [
  {
    name: 'check-green in JavaScript',
    skip: false as const,
    command: [
      process.execPath,
      '--input-type=module',
      '-e',
      `await (await import('${examples}hello/hooks/check-green/index.mjs')).handler(${event})`,
    ],
  },
  {
    name: 'acceptance in Python',
    skip: withoutBoto,
    command: [
      'python3',
      '-B',
      '-c',
      `import sys; sys.path.append('${examples}webserver/hooks'); import acceptance
class Context:
    def get_remaining_time_in_millis(self): return 60_000
acceptance.lambda_handler(${event}, Context())`,
    ],
  },
] as const

for (const { name, skip, command } of hooks) {
  const options = { skip, timeout: 60_000 }
  test(`${name}: where only the answer to its verdict was lost, it has done its work`, options, async (t) => {
    const lost = { answers: 1, how: 'hangs', later: 'LifecycleEventAlreadyCompletedException' } as const
    const { told, variables } = await codeDeployThatLoses(t, lost)
    const { exitCode, output } = await run(t, command, variables)
    assert.equal(exitCode, 0, output)
    const verdict = { deploymentId: 'd-1', lifecycleEventHookExecutionId: 'execution-1', status: 'Failed' }
    assert.deepEqual(told, [verdict, verdict])
  })

  test(`${name}: a verdict that CodeDeploy does not take is its error`, options, async (t) => {
    const later = 'DeploymentDoesNotExistException'
    const { told, variables } = await codeDeployThatLoses(t, { answers: 0, later })
    const { exitCode, output } = await run(t, command, variables)
    assert.equal(exitCode, 1, output)
    assert.match(output, /DeploymentDoesNotExistException/)
    assert.equal(told.length, 1)
  })
}

/** Without the variables that say what to judge: so the verdict is that it could not be. */
async function run(t: TestContext, [program, ...argv]: readonly [string, ...string[]], variables: NodeJS.ProcessEnv) {
  const { PATH, HOME } = process.env
  const child = spawn(program, argv, { env: { PATH, HOME, ...variables }, stdio: ['ignore', 'pipe', 'pipe'] })
  t.after(() => child.kill('SIGKILL'))
  const [out, errors, [exitCode]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  return { exitCode: exitCode as number | null, output: out + errors }
}
