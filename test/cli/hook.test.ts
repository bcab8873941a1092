import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { GetFunctionCommand, LambdaClient } from '@aws-sdk/client-lambda'
import { writeFiles } from '../adapters/process-world.ts'
import { Serving, teal, type CommandResult } from './command-line.ts'

process.env['AWS_ACCESS_KEY_ID'] = 'teal'
process.env['AWS_SECRET_ACCESS_KEY'] = 'teal'
process.env['AWS_REGION'] = 'us-east-1'

const hook = `
import { CodeDeployClient, PutLifecycleEventHookExecutionStatusCommand } from '@aws-sdk/client-codedeploy'
export const handler = async ({ DeploymentId, LifecycleEventHookExecutionId }) => {
  console.log('stage', process.env.STAGE)
  if (DeploymentId === 'fail') throw new TypeError('asked to')
  const verdict = { deploymentId: DeploymentId, lifecycleEventHookExecutionId: LifecycleEventHookExecutionId, status: 'Succeeded' }
  try {
    await new CodeDeployClient({}).send(new PutLifecycleEventHookExecutionStatusCommand(verdict))
  } catch (error) {
    if (process.env.STAGE === 'uncaught') throw error
    return error.name
  }
}
`

describe('teal hook', { timeout: 100_000 }, () => {
  const root = mkdtempSync(join(tmpdir(), 'teal-hook-'))
  const [data, code] = [join(root, 'data'), join(root, 'code')]
  let serving: Serving
  let url = ''
  const run = async (...argv: readonly string[]): Promise<CommandResult> => teal('hook', ...argv, '--endpoint-url', url)
  before(async () => {
    writeFiles(code, { 'index.mjs': hook, 'lib/one.txt': '1', '.git/config': 'no' })
    serving = new Serving(data)
    url = await serving.url()
  })
  after(async () => {
    await serving.end('SIGINT')
    rmSync(root, { recursive: true, force: true, maxRetries: 10 })
  })

  test('add makes a function of a directory', async () => {
    const { exitCode, output, errors } = await run('add', 'check', code, '--env', 'STAGE=one', 'LEVEL=2')
    assert.deepEqual([exitCode, errors], [0, ''])
    assert.match(output, /^Made function check\n {2}arn +arn:aws:lambda:us-east-1:000000000000:function:check\n/)
    assert.match(output, /runs +index\.handler with nodejs24\.x, for 60 s at most, with 128 MB\n {2}code +2 files, /)
    assert.match(output, /variables +LEVEL, STAGE|variables +STAGE, LEVEL/)
  })

  test('run invokes it, says what becomes of its verdict, and shows log and result', async () => {
    const { exitCode, output, errors } = await run('run', 'check', '--event', 'BeforeAllowTraffic')
    assert.deepEqual([exitCode, errors], [0, ''])
    assert.match(output, /^Function check, as at BeforeAllowTraffic, invoked with \{"DeploymentId":"d-HOOKALONE",/)
    assert.match(
      output,
      /PutLifecycleEventHookExecutionStatus\s+is\s+answered\s+with\s+DeploymentDoesNotExistException/,
    )
    assert.match(output, /\n {2}START RequestId: .*\n {2}.*\tINFO\tstage one\n {2}END RequestId: /)
    assert.match(
      output,
      /Its result: "DeploymentDoesNotExistException"\n\nIt returned\. CodeDeploy ignores what it returns/,
    )
  })

  test('run of a function that reports and does not catch the answer is no failure: it did its work', async () => {
    assert.equal((await run('add', 'uncaught', code, '--env', 'STAGE=uncaught')).exitCode, 0)
    const { exitCode, output, errors } = await run('run', 'uncaught')
    assert.deepEqual([exitCode, errors], [0, ''])
    assert.match(output, /\nFunction uncaught reported its verdict; there is only no deployment here/)
  })

  test('run of a function that fails has exit code 1', async () => {
    const { exitCode, errors, output } = await run('run', 'check', '--payload', '{"DeploymentId":"fail"}')
    assert.deepEqual([exitCode, errors], [1, 'teal: the function check failed: TypeError: asked to.\n'])
    assert.match(output, /Its result: \{"errorType":"TypeError"/)
  })

  test('logs shows what it wrote', async () => {
    const { exitCode, output } = await teal('hook', 'logs', 'check', '--data', data, '--region', 'us-east-1')
    assert.equal(exitCode, 0)
    assert.match(output, /^\d{4}-\d\d-\d\dT\S+Z .*\tINFO\tstage one$/m)
    const none = await teal('hook', 'logs', 'other', '--data', data)
    assert.equal(none.exitCode, 1)
    assert.match(none.errors, /^teal: function other has written nothing yet in us-east-1/)
  })

  test('run and logs tell scripts in JSON', async () => {
    const ran = JSON.parse((await run('run', 'check', '--json')).output)
    assert.deepEqual(
      [ran.functionName, ran.result, ran.functionError],
      ['check', '"DeploymentDoesNotExistException"', undefined],
    )
    assert(ran.logLines.some((line: string) => line.endsWith('\tINFO\tstage one')))
    const failed = await run('run', 'check', '--json', '--payload', '{"DeploymentId":"fail"}')
    assert.deepEqual([failed.exitCode, JSON.parse(failed.output).functionError], [1, 'Unhandled'])
    const logged = await teal(
      'hook',
      'logs',
      'check',
      '--data',
      data,
      '--region',
      'us-east-1',
      '--json',
      '--lines',
      '1',
    )
    const { at, text } = JSON.parse(logged.output)
    assert.match(`${at} ${text}`, /^\d{4}-\d\d-\d\dT\S+Z REPORT RequestId: /)
  })

  test('teal logs --hook shows it too, from CloudWatch Logs', async () => {
    const { exitCode, output, errors } = await teal('logs', '--hook', 'check', '--endpoint-url', url)
    assert.deepEqual([exitCode, errors], [0, ''])
    assert.match(output, /^\d\d:\d\d:\d\d\.\d{3} {2}check {2}START RequestId: /m)
    assert.match(output, /\tINFO\tstage one\n/)
    const lines = (await teal('logs', '--hook', 'check', '--json', '--endpoint-url', url)).output.trim().split('\n')
    assert.match(String(JSON.parse(lines[0] ?? '').stream), /^\d{4}\/\d\d\/\d\d\/\[\$LATEST\][0-9a-f]{32}$/)
    assert.equal((await run('add', 'quiet', code)).exitCode, 0)
    const none = await teal('logs', '--hook', 'quiet', '--endpoint-url', url)
    assert.match(none.errors, /^\(there is no log group \/aws\/lambda\/quiet: quiet has not run yet, /)
    assert.equal(none.exitCode, 0)
  })

  test('teal logs --hook of a function that there is not is an error, also where it would follow', async () => {
    for (const options of [[], ['--follow']]) {
      const { exitCode, errors } = await teal('logs', '--hook', 'chekc', '--endpoint-url', url, ...options)
      assert.match(errors, /^teal: there is no function chekc in us-east-1 at http:\S+, and no log of one\. /)
      assert.equal(exitCode, 1)
    }
  })

  test('add gives a function that is there new code, and changes what it is told', async () => {
    const before_ = await configuration(url)
    const same = await run('add', 'check', code, '--timeout', '7')
    assert.match(same.output, /^Updated function check\n/)
    const after_ = await configuration(url)
    assert.equal(after_?.CodeSha256, before_?.CodeSha256, 'the same files are the same archive')
    assert.deepEqual([after_?.Timeout, after_?.Environment], [7, before_?.Environment])
    writeFiles(code, { 'index.mjs': 'export const handler = async () => 2' })
    assert.equal((await run('add', 'check', code)).exitCode, 0)
    assert.match((await run('run', 'check')).output, /Its result: 2\n/)
  })

  test('run of what is no AWS endpoint is told as that, and not as what a function returned', async (t) => {
    const server = createServer((_, answer) => answer.end('<html>'))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    t.after(() => server.close())
    const elsewhere = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const { exitCode, errors, output } = await teal('hook', 'run', 'check', '--endpoint-url', elsewhere)
    assert.equal(exitCode, 1)
    assert.equal(output, '')
    assert.match(
      errors,
      /^teal: what answers at \S+ does not speak AWS's API: no function was invoked\. Set AWS_ENDPOINT_URL/,
    )
  })

  test('what cannot be made or found is told', async () => {
    const cases: readonly (readonly [readonly string[], RegExp])[] = [
      [
        ['add', 'new', join(root, 'none')],
        /^teal: .* is not a directory\. Name the one that holds the function's code\.$/m,
      ],
      [
        ['add', 'new', join(code, 'lib')],
        /^teal: what runs the function is not to be seen from the files in .* Say it with --runtime and --handler/,
      ],
      [
        ['add', 'new', code, '--runtime', 'java21'],
        /^teal: The runtime java21 is not supported here\..*InvalidParameterValueException/,
      ],
      [
        ['run', 'none'],
        /^teal: Function not found: arn:aws:lambda:us-east-1:000000000000:function:none \(ResourceNotFoundException\)$/m,
      ],
    ]
    for (const [argv, message] of cases) {
      const { exitCode, errors, output } = await run(...argv)
      assert.equal(exitCode, 1, errors)
      assert.match(errors, message)
      assert.equal(output, '', 'the error is all that is said')
    }
    assert.equal((await run('run', 'check', '--event', 'Install')).exitCode, 2)
    assert.equal((await run('run', 'check', '--payload', '{')).exitCode, 2)
  })
})

async function configuration(endpoint: string) {
  const client = new LambdaClient({ endpoint })
  try {
    return (await client.send(new GetFunctionCommand({ FunctionName: 'check' }))).Configuration
  } finally {
    client.destroy()
  }
}
