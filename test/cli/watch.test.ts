import { ListTaskDefinitionsCommand, RunTaskCommand, UpdateServiceCommand } from '@aws-sdk/client-ecs'
import { CreateFunctionCommand, InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda'
import { strToU8, zipSync } from 'fflate'
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, request as httpRequest } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { readyWait, Theatre, until } from '../survival/theatre.ts'
import { teal } from './command-line.ts'

process.env['AWS_ACCESS_KEY_ID'] = 'teal'
process.env['AWS_SECRET_ACCESS_KEY'] = 'teal'
process.env['AWS_REGION'] = 'us-east-1'
// Where tests run in CI, `watch` would take no screen of a terminal.
delete process.env['CI']

const launcher = fileURLToPath(new URL('../../bin/teal.mjs', import.meta.url))
const example = fileURLToPath(new URL('../../examples/hello/', import.meta.url))

describe('teal deploy, watch, status, tasks, events, requests and rollback', { timeout: 240_000 }, () => {
  let theatre: Theatre
  const run = (...argv: readonly string[]) => teal(...argv, '--endpoint-url', theatre.url)
  const files = ['--appspec', `${example}appspec.yaml`, '--task-definition', `${example}taskdef.json`] as const
  const scratch = mkdtempSync(join(tmpdir(), 'teal-watch-'))
  after(() => rmSync(scratch, { recursive: true, force: true }))
  before(async () => {
    theatre = await Theatre.open('300ms')
    await theatre.configure({ deploymentConfigName: 'CodeDeployDefault.ECSCanary10Percent5Minutes' })
  })
  after(() => theatre?.close())

  test('a dry run shows what would be sent, and sends nothing', async () => {
    const { exitCode, output, errors } = await run('deploy', ...files, '--image', 'web=hello:2', '--dry-run')
    assert.deepEqual([exitCode, errors], [0, 'Nothing was sent.\n'])
    const [register, create] = JSON.parse(output)
    assert.equal(register.input.containerDefinitions[0].image, 'hello:2')
    assert.equal(create.input.applicationName, 'hello')
    assert.match(create.input.revision.appSpecContent.content, /TaskDefinition: <ARN of the task definition>\n/)
  })

  test('a deployment group that there is not is found before anything is registered', async () => {
    for (const [application, group] of [
      ['helo', 'hello'],
      ['hello', 'helo'],
    ] as const) {
      const named = ['--application', application, '--deployment-group', group]
      const { exitCode, errors } = await run('deploy', ...files, ...named, '--image', 'web=hello:2')
      assert.equal(exitCode, 1)
      assert(errors.startsWith(`teal: there is no deployment group ${application}/${group} in us-east-1 at `), errors)
      assert(!errors.includes('Registered'), errors)
    }
  })

  test('what a deployment never comes to cannot be waited for, and nothing is sent', async () => {
    const [unknown, ofEcs] = await Promise.all([
      run('deploy', ...files, '--wait-until', 'Soon'),
      run('deploy', ...files, '--image', 'web=hello:2', '--wait-until', 'bake_time'),
    ])
    assert.equal(unknown.exitCode, 2)
    assert.match(
      unknown.errors,
      /argument 'Soon' is invalid\. It is done, traffic, an event of CodeDeploy \(BeforeInstall,/,
    )
    assert.equal(ofEcs.exitCode, 1)
    assert.match(
      ofEcs.errors,
      /^teal: --wait-until BAKE_TIME: a deployment of CodeDeploy has no such stage; it is one of B/,
    )
    assert.match((await run('deployments')).output, /^There are no deployments/)
  })

  test('without the log driver awslogs, one is told to use it', async () => {
    const [{ exitCode, errors }, unknown] = await Promise.all([
      run('logs', '--service', 'hello/hello'),
      run('logs', '--task', 'nobody'),
    ])
    assert.equal(exitCode, 1)
    assert.match(
      errors,
      /^teal: the output of container web of hello:\d+ is not in CloudWatch Logs\. Give it the log driver/,
    )
    assert.match(unknown.errors, /^teal: there is no task nobody at /)
  })

  test('deploy tells each thing that happens in a line, and ends with all of it', async () => {
    const logged = loggedTaskDefinition(scratch)
    const place = ['--appspec', `${example}appspec.yaml`, '--task-definition', logged]
    const { exitCode, output, errors } = await run('deploy', ...place, '--image', 'web=hello:2')
    assert.equal(exitCode, 0, output + errors)
    assert.match(errors, /^Registered hello:2\.\nCreated deployment d-[0-9A-Z]{9}\.\n$/)
    assert.match(output, /^\d\d:\d\d:\d\d {2}Deployment d-\w+ of hello\/hello: application hello, group hello/)
    assert.match(output, /\n\d\d:\d\d:\d\d {2}Production traffic: 90% to blue, 10% to green\.\n/)
    assert.match(output, /\n✔ Deployment d-\w+ {2}Succeeded {2}hello\/hello/)
    assert(!output.includes('\u001B'))
  })

  test('logs shows what its tasks wrote', async () => {
    const [{ exitCode, output }, asJson] = await Promise.all([
      run('logs', '--service', 'hello/hello', '--since', '1h'),
      run('logs', '--tasks', '--json', '--since', '1h'),
    ])
    assert.equal(exitCode, 0)
    assert.match(output, /^\d\d:\d\d:\d\d\.\d{3} {2}[0-9a-f]{8} web {2}\S/m)
    const [line] = asJson.output.split('\n')
    assert.match(String(JSON.parse(line ?? '').stream), /^hello\/web\/[0-9a-f]{32}$/)
  })

  test('logs --tasks --follow takes up a task that is run by itself, and tasks shows its end', async (t) => {
    const written = following(t, theatre, 'logs', '--tasks')
    await until('it follows', async () => written.text.includes('listens on port'))
    const command = ['node', '-e', 'console.log("12 rows migrated"); process.exitCode = 4']
    const { tasks = [] } = await theatre.clients.ecs.send(
      new RunTaskCommand({
        cluster: 'hello',
        taskDefinition: 'hello:2',
        networkConfiguration: { awsvpcConfiguration: { subnets: ['subnet-1'] } },
        overrides: { containerOverrides: [{ name: 'web', command }] },
      }),
    )
    const id = tasks[0]?.taskArn?.split('/').at(-1) ?? ''
    await until('its line is there', async () => written.text.includes(`${id.slice(0, 8)} web  12 rows migrated`))
    await written.interrupted()
    await until('it has ended', async () => (await run('tasks', '--stopped')).output.includes(id))
    // In a pipe each has its line, so that grep finds all of it.
    assert.match(
      (await run('tasks')).output,
      new RegExp(`${id} +STOPPED +hello:2 +family:hello +container web ended with exit code 4`),
    )
    assert.match((await run('logs', '--task', id)).output, /web {2}12 rows migrated\n$/)
  })

  test('logs --hook --follow shows what a function writes, as it is invoked', async (t) => {
    const lambda = new LambdaClient(theatre.clientConfiguration)
    t.after(() => lambda.destroy())
    const code = 'exports.handler = async ({ order }) => console.log("checked order", order)'
    await lambda.send(
      new CreateFunctionCommand({
        FunctionName: 'check',
        Runtime: 'nodejs24.x',
        Handler: 'index.handler',
        Role: 'arn:aws:iam::000000000000:role/lambda',
        Code: { ZipFile: zipSync({ 'index.js': strToU8(code) }) },
      }),
    )
    const invoke = (order: number) =>
      lambda.send(new InvokeCommand({ FunctionName: 'check', Payload: JSON.stringify({ order }) }))
    await invoke(1)
    const written = following(t, theatre, 'logs', '--hook', 'check')
    await until('what was written before is there', async () => written.text.includes('checked order 1'))
    await invoke(2)
    await until('what is written meanwhile is there', async () => written.text.includes('checked order 2'))
    await written.interrupted()
    assert.equal(written.text.match(/checked order 1/g)?.length, 1)
  })

  test('status, tasks, events and requests tell of it', async () => {
    const [status, tasksAsJson, events, requests] = await Promise.all([
      run('status', 'hello/hello'),
      run('tasks', '--json'),
      run('events', '--last', '100'),
      run('requests', '--json'),
    ])
    assert.match(status.output, /^✔ hello\/hello {2}hello:2 {2}2 of 2 tasks running/)
    assert.match(status.output, /▸ hello-green {2}100% of :\d+, 100% of :\d+ {2}2 healthy/)
    const tasks = JSON.parse(tasksAsJson.output) as { lastStatus: string }[]
    assert.equal(tasks.filter(({ lastStatus }) => lastStatus === 'RUNNING').length, 2)
    assert.match(events.output, /AllowTraffic: Succeeded\. All production traffic/)
    const sides = JSON.parse(requests.output) as { colour: string }[]
    assert.deepEqual(
      sides.map(({ colour }) => colour),
      ['blue', 'green'],
    )
  })

  test('a version that crashes is stopped and rolled back, and the end says why', async () => {
    await theatre.build('hello:crash', { 'server.mjs': 'console.error("no database"); process.exit(3)\n' })
    const { output: id } = await run('deploy', ...files, '--image', 'web=hello:crash', '--no-wait')
    const deploymentId = id.trim()
    assert.match(deploymentId, /^d-\w+$/)
    await until('a task has crashed', async () => {
      const { output } = await run('tasks', '--stopped')
      return output.includes('exit code 3')
    })
    const stopped = await run('rollback', '--yes')
    assert.match(stopped.errors, /It will be stopped\. Another deployment then gives all traffic back to blue/)
    assert.match(stopped.output, /Evidence\n {2}\d+ green tasks? stopped: container web ended with exit code 3/)
    assert.match(stopped.output, /deployment d-\w+ has brought all traffic back to blue\n/)
    assert.match(stopped.output, /\nNext\n {2}teal deployment d-\w+ +the whole story\n/)
    assert.match(stopped.output, /The rollback d-\w+ has all traffic back on blue\.\n$/)
    assert.equal(stopped.exitCode, 0)
    const later = await run('deployment', deploymentId)
    assert.match(
      later.output,
      /\nWhy\n {2}MANUAL_STOP in \w+\n[^]*\nEvidence\n {2}\d+ green tasks? stopped: container web ended/,
    )
    assert.match(later.output, /\nHow things are\n[^]*deployment d-\w+ has brought all traffic back to blue\n/)
    assert.match(later.output, /\nNext\n {2}teal deploy +deploy a revision that works\n$/)
  })

  test('a rollback without a terminal wants to be told that it may', async () => {
    const { exitCode, errors } = await run('rollback')
    assert.equal(exitCode, 1)
    // The first revision was there before CodeDeploy: there is none before the one that is live.
    assert.match(errors, /no earlier revision that was deployed with success/)
    await theatre.configure(readyWait)
    const asked = await run('deploy', ...files, '--image', 'web=hello:1', '--no-wait')
    assert.equal(asked.exitCode, 0, asked.errors)
    const revisions = () => theatre.clients.ecs.send(new ListTaskDefinitionsCommand({}))
    const { taskDefinitionArns: registered } = await revisions()
    const second = await run('deploy', ...files, '--image', 'web=hello:1')
    assert.match(second.errors, /deployment that is not over, (d-\w+): nothing was registered\. `teal deployment \1`/)
    assert.equal(second.exitCode, 1)
    assert.deepEqual((await revisions()).taskDefinitionArns, registered)
    const unasked = await run('rollback')
    assert.equal(unasked.exitCode, 1)
    assert.match(unasked.errors, /nobody can be asked here\. Say --yes to do it/)
    const id = asked.output.trim()
    await until('green is ready, and goes live', async () => (await run('continue', id)).exitCode === 0)
    await theatre.ended(id)
    const preview = await run('rollback', '--dry-run')
    assert.equal(preview.exitCode, 0)
    assert.match(preview.errors, /will be deployed again: hello:2\./)
    assert.equal(preview.output, '')
    const planned = await run('rollback', '--dry-run', '--json')
    assert.match(JSON.parse(planned.output).plan.join('\n'), /will be deployed again: hello:2\./)
  })

  test('in a terminal the screen is drawn in place, outlives the engine, and gives the cursor back', async (t) => {
    await theatre.configure(readyWait)
    const id = await theatre.deploy('hello:2')
    const command = `stty cols 80 rows 30; ${process.execPath} ${launcher} watch ${id} --endpoint-url ${theatre.url}`
    const terminal = spawn('script', ['-qec', command, '/dev/null'], { stdio: ['pipe', 'pipe', 'inherit'] })
    t.after(() => terminal.kill())
    let screen = ''
    terminal.stdout.on('data', (chunk: Buffer) => (screen += chunk.toString('utf8')))
    await until('it waits', async () => /READY_WAIT[\s\S]*Green is ready/.test(screen))
    const reached = await run('watch', id, '--wait-until', 'Install', '--json')
    const last = JSON.parse(reached.output.trimEnd().split('\n').at(-1) ?? '')
    assert.deepEqual([reached.exitCode, last.kind, last.view.id], [0, 'reached', id])
    assert(screen.includes('\u001B[?1049h\u001B[?25l'))
    await theatre.killEngine()
    await until('the screen says so', async () => screen.includes('nothing answers at'))
    await theatre.startEngine()
    const drawn = screen.length
    await until('it is drawn again', async () => /Green is ready/.test(screen.slice(drawn)))
    terminal.stdin.write('\u0003')
    await until('it asks', async () => screen.includes('What shall be done?'))
    const closed = once(terminal, 'close')
    terminal.stdin.write('r')
    await closed
    const end = screen.slice(screen.lastIndexOf('\u001B[?1049l'))
    assert(screen.includes('\u001B[?25h\u001B[?1049l'))
    assert.match(end, /■ Deployment d-\w+ {2}Stopped/)
    assert.match(end, /The rollback d-\w+ has all traffic back on blue\./)
  })

  test('a deployment of ECS itself is shown from what AWS answers where nobody keeps a record', async (t) => {
    await theatre.clients.ecs.send(
      new UpdateServiceCommand({ cluster: 'hello', service: 'hello', deploymentController: { type: 'ECS' } }),
    )
    const place = ['--service', 'hello/hello', ...files] as const
    const deployed = await run('deploy', ...place, '--image', 'web=hello:1', '--no-wait')
    const arn = deployed.output.trim()
    assert.match(arn, /:service-deployment\/hello\/hello\/[0-9a-f]{21}$/, deployed.errors)
    const watched = await run('watch', arn)
    assert.match(watched.output, /\n✔ Deployment [0-9a-f]{21} {2}SUCCESSFUL {2}hello\/hello/)
    const asAws = await withoutDocuments(t, theatre.url)
    const withoutRecord = (...argv: readonly string[]) => teal('deployment', ...argv, '--endpoint-url', asAws)
    const [json, unknown, kept, ...both] = await Promise.all([
      withoutRecord(arn, '--json'),
      withoutRecord('0123456789abcdef01234'),
      run('deployment', arn),
      withoutRecord(arn),
      withoutRecord(arn.slice(-21)),
    ])
    for (const { output, errors } of both) {
      assert.match(output, /^✔ Deployment [0-9a-f]{21} {2}SUCCESSFUL {2}hello\/hello/, errors)
      assert.match(output, /ECS itself, strategy ROLLING\n/)
      assert.match(output, /\nWhat the service told\n[^]*\n\nSteps and single requests: no record of them is kept here/)
    }
    const { deployment, view, record } = JSON.parse(json.output)
    assert.deepEqual([deployment.status, view.phase, record], ['SUCCESSFUL', 'succeeded', undefined])
    assert.match(unknown.errors, /^teal: there is no service deployment 0123456789abcdef01234 at http/)
    assert.match(kept.output, /What was decided|Service deployment/)
  })
})

/** An endpoint that answers the API as this one does, and has nothing beside it: like AWS. */
async function withoutDocuments(t: TestContext, endpoint: string): Promise<string> {
  const server = createServer((request, response) => {
    if (request.method === 'GET') {
      response.writeHead(404).end()
      return
    }
    const { method, headers } = request
    const passed = httpRequest(`${endpoint}${request.url}`, { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers)
      answer.pipe(response)
    })
    passed.on('error', () => response.destroy())
    request.pipe(passed)
  })
  server.listen(0, '127.0.0.1')
  t.after(() => server.close())
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** A command that goes on with `--follow`, and what it has written. */
function following(t: TestContext, { url }: Theatre, ...argv: readonly string[]) {
  const child = spawn(process.execPath, [launcher, ...argv, '--follow', '--endpoint-url', url], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.after(() => child.kill('SIGKILL'))
  const closed = once(child, 'close')
  const written = {
    text: '',
    async interrupted(): Promise<void> {
      child.kill('SIGINT')
      await closed
    },
  }
  child.stdout.on('data', (chunk: Buffer) => (written.text += chunk.toString('utf8')))
  return written
}

/** That of the example, whose output goes to CloudWatch Logs. */
function loggedTaskDefinition(directory: string): string {
  const definition = JSON.parse(readFileSync(`${example}taskdef.json`, 'utf8'))
  definition.executionRoleArn = 'arn:aws:iam::000000000000:role/ecsTaskExecutionRole'
  definition.containerDefinitions[0].logConfiguration = {
    logDriver: 'awslogs',
    options: {
      'awslogs-group': '/ecs/hello',
      'awslogs-region': 'us-east-1',
      'awslogs-stream-prefix': 'hello',
      'awslogs-create-group': 'true',
    },
  }
  const file = join(directory, 'taskdef.json')
  writeFileSync(file, JSON.stringify(definition))
  return file
}
