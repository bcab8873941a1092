import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import type { TestContext } from 'node:test'
import { promisify } from 'node:util'
import { freePort } from '../free-port.ts'
import { dataDirectory, Serving, teal } from './command-line.ts'

const run = promisify(execFile)
const launcher = new URL('../../bin/teal.mjs', import.meta.url).pathname

process.env['AWS_ACCESS_KEY_ID'] = 'teal'
process.env['AWS_SECRET_ACCESS_KEY'] = 'teal'
process.env['AWS_REGION'] = 'us-east-1'

describe('teal init', { timeout: 240_000 }, () => {
  test('writes a project, and overwrites nothing unless it is told to', async (t) => {
    const directory = join(temporary(t), 'My Shop')
    const { exitCode, output, errors } = await teal('init', directory)
    assert.deepEqual([exitCode, errors], [0, ''])
    assert.match(output, /\n {2}written {2}taskdef\.json +the task definition\n/)
    assert.match(output, /\.\/setup\.sh my-shop:1 /)
    assert(output.includes(`\n  cd '${directory}'\n`), 'what is to be typed is typed with a blank in it')
    for (const line of output.split('\n').slice(1)) {
      assert(line.length <= 80 || line.includes(directory) || line.includes('PATH'), line)
    }
    const taskDefinition = join(directory, 'taskdef.json')
    assert.equal(JSON.parse(readFileSync(taskDefinition, 'utf8')).family, 'my-shop')
    rmSync(join(directory, 'appspec.yaml'))
    writeFileSync(taskDefinition, 'mine')
    const again = await teal('init', directory)
    assert.equal(again.exitCode, 1)
    assert.match(
      again.errors,
      /^teal: server\.mjs, .*taskdef\.json.* are there already in .*My Shop\. --force overwrites\.\n$/,
    )
    assert.equal(readFileSync(taskDefinition, 'utf8'), 'mine')
    assert(!existsSync(join(directory, 'appspec.yaml')), 'nothing is written where something is refused')
    const forced = await teal('init', directory, '--force', '--json')
    const { written, overwritten } = JSON.parse(forced.output)
    assert.equal(written.length, overwritten.length + 1)
    assert.equal((await teal('init', directory, '--name', 'Bad Name')).exitCode, 2)
    for (const option of ['--port', '--test-port']) {
      const refused = await teal('init', directory, option, '0')
      assert.equal(refused.exitCode, 2)
      assert.match(refused.errors, /'0' is invalid\. The port of a listener is a number from 1 to 65535\./)
    }
  })

  test('tells how `teal` is found where it is not, as by npx; without it setup.sh begins nothing', async (t) => {
    const directory = join(temporary(t), 'shop')
    const env = { ...process.env, npm_command: 'exec' }
    const { stdout } = await run(process.execPath, [launcher, 'init', directory], { env })
    const told = stdout.split('\n').filter((line) => line.includes('export PATH='))
    assert.equal(told.length, 2, 'once for each terminal')
    const line = told[0] ?? ''
    const { stdout: version } = await run('bash', ['-c', `${line}\nteal --version`], { cwd: directory })
    assert.match(version, /^\d+\.\d+\.\d+\n$/)
    const bin = join(directory, '..', 'bin')
    mkdirSync(bin)
    writeFileSync(join(bin, 'teal'), '#!/bin/sh\n', { mode: 0o755 })
    const found = await run(process.execPath, [launcher, 'init', directory, '--force'], {
      env: { ...process.env, npm_command: undefined, PATH: `${bin}:${process.env['PATH']}` },
    })
    assert(!found.stdout.includes('PATH'))
    const failed = await run('./setup.sh', ['shop:1'], {
      cwd: directory,
      env: { ...process.env, TEAL: 'no-such-teal', AWS_ENDPOINT_URL: 'http://127.0.0.1:1' },
    }).catch((error: unknown) => error as { readonly stderr: string })
    assert.match(failed.stderr, /Nothing was set up: there is no no-such-teal\./)
  })

  test('what it writes is set up by its script, however often it takes, and comes back from the service that runs then', async (t) => {
    if (!(await isThere('aws')) || !(await isThere('curl'))) return t.skip('There is no `aws` or no `curl` here.')
    const directory = join(temporary(t), 'shop')
    const data = dataDirectory(t)
    const serving = new Serving(data, '--minute', '300ms')
    const url = await serving.url()
    const [port, testPort] = [await freePort(), await freePort()]
    assert.equal((await teal('init', directory, '--port', `${port}`, '--test-port', `${testPort}`)).exitCode, 0)
    const env = {
      ...process.env,
      AWS_ENDPOINT_URL: url,
      AWS_DEFAULT_REGION: 'us-east-1',
      TEAL: `${process.execPath} ${launcher}`,
    }
    const setUp = (changed: object = {}) =>
      run('./setup.sh', ['shop:1'], { cwd: directory, env: { ...env, ...changed }, timeout: 200_000 })
    // The command that creates the service does it, and is killed.
    const stopping = standIn(temporary(t), 'aws', `aws "$@" || exit $?\n[ "$2" != create-service ] || exit 137\n`)
    await assert.rejects(setUp(stopping), { code: 137 })
    // Nobody has built the image. The three minutes for which it waits are over at once.
    await assert.rejects(setUp(standIn(temporary(t), 'sleep', '')), {
      code: 1,
      stdout: /^The service shop is there already, and goes on with its image:/m,
      stderr:
        /does not answer after three minutes\. ECS says of the service:\n[^]*image shop:1 is not known here: make it/,
    })
    assert.equal((await teal('build', directory, '--tag', 'shop:1', '--data', data)).exitCode, 0)
    const again = await setUp()
    assert.match(again.stdout, /^The deployment group shop is there already, and stays as it is\.$/m)
    assert.match(again.stdout, /Hello from version 1\n$/)
    const files = ['--appspec', join(directory, 'appspec.yaml'), '--task-definition', join(directory, 'taskdef.json')]
    const [verified, diff, taken] = await Promise.all([
      teal('verify', ...files, '--endpoint-url', url, '--image', 'web=shop:2', '--strict'),
      teal('diff', ...files, '--endpoint-url', url, '--image', 'web=shop:2', '--exit-code'),
      teal('init', join(directory, 'live'), '--from-service', 'shop/shop', '--endpoint-url', url),
    ])
    assert.equal(verified.exitCode, 0, verified.output + verified.errors)
    assert.match(verified.output, / ok {6}hook function {4}CodeDeployHook_shop\n/)
    assert.equal(diff.exitCode, 3, diff.errors)
    assert.match(
      diff.output,
      /^Task definition: shop:1, which shop runs now -> .*taskdef\.json\n {2}~ containerDefinitions\[web\]\.image\n {6}- shop:1\n {6}\+ shop:2\n\nService: shop -> .*\n {2}no difference\n$/,
    )
    assert.equal(taken.exitCode, 0, taken.errors)
    const live = (name: string) => readFileSync(join(directory, 'live', name), 'utf8')
    assert.match(live('appspec.yaml'), /ContainerName: "web"\n +ContainerPort: 8080\n/)
    const { taskDefinitionArn, family } = JSON.parse(live('taskdef.json'))
    assert.deepEqual([taskDefinitionArn, family], [undefined, 'shop'])
    const group = JSON.parse(live('deployment-group.json'))
    assert.deepEqual(group.ecsServices, [{ serviceName: 'shop', clusterName: 'shop' }])
    assert.equal(await serving.end('SIGINT'), 0)
  })
})

/** A PATH with a command that does something else first; in its text the name is the real one's. */
function standIn(directory: string, name: string, text: string): { readonly PATH: string } {
  writeFileSync(join(directory, name), `#!/bin/sh\nPATH=$\{PATH#*:}\n${text}`, { mode: 0o755 })
  return { PATH: `${directory}:${process.env['PATH']}` }
}

function temporary(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'teal-init-'))
  t.after(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

async function isThere(command: string): Promise<boolean> {
  return run(command, ['--version']).then(
    () => true,
    () => false,
  )
}
