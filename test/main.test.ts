import assert from 'node:assert/strict'
import { GetDeploymentCommand } from '@aws-sdk/client-codedeploy'
import { RegisterTaskDefinitionCommand } from '@aws-sdk/client-ecs'
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda'
import { once } from 'node:events'
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { startLoad } from '../demo/load/index.ts'
import {
  clientsOf,
  createDeployment,
  createDeploymentGroup,
  createLoadBalancing,
  createService,
  healthyTargets,
  registerTaskDefinition,
} from '../demo/surroundings.ts'
import type { Clients } from '../demo/surroundings.ts'
import { runningTasks } from '../src/adapters/running-tasks.ts'
import { dataDirectory, Serving, teal, until } from './cli/command-line.ts'
import { createFunction } from './survival/theatre-function.ts'

const hello = new URL('../examples/hello', import.meta.url).pathname

test('an engine ended in the middle of a deployment is followed by one that finishes it, and no request is lost', async (t) => {
  const data = dataDirectory(t)
  await buildVersions(t, data)
  const first = new Serving(data, '--minute', '2s')
  const clients = clientsOf(await first.url())
  const loadBalancing = await createLoadBalancing(clients)
  await createService(clients, await registerTaskDefinition(clients, 'hello:1'), loadBalancing.blueArn)
  await createDeploymentGroup(clients, loadBalancing)
  await eventually(async () => (await healthyTargets(clients, loadBalancing.blueArn)) === 2)
  const load = startLoad({ url: loadBalancing.productionUrl, versions: ['1', '2'], mix: gentle })
  t.after(() => load.kill())
  await eventually(async () => (await load.account()).answered > 0)

  const deploymentId = await createDeployment(clients, await registerTaskDefinition(clients, 'hello:2'))
  await eventually(() => Promise.resolve(runningTasks(data).length === 4))
  assert.equal(await first.end('SIGTERM'), 0)
  assert.doesNotMatch(first.output, /unexpected/)
  assert.equal(runningTasks(data).length, 4)

  const second = new Serving(data, '--minute', '2s')
  const later = clientsOf(await second.url())
  await eventually(async () => (await statusOf(later, deploymentId)) === 'Succeeded')
  await eventually(async () => (await load.account()).versions.some(({ version }) => version === '2'))
  const account = await load.stop()
  assert.equal(account.failed, 0, JSON.stringify(account.failures))

  assert.equal(await second.end('SIGINT'), 0)
  assert.match(second.output, /Ended the engine \(process \d+\), the load balancer \(process \d+\) and \d tasks?\./)
  assert.doesNotMatch(second.output, /unexpected/)
  assert.deepEqual(runningTasks(data), [])
})

test('a second Ctrl-C does not wait for tasks that do not want to end', async (t) => {
  const data = dataDirectory(t)
  const serving = new Serving(data)
  const clients = clientsOf(await serving.url())
  await startTasks(clients, data, "process.on('SIGTERM', () => {})")

  const end = serving.end('SIGINT')
  await until(
    () => serving.output.includes('Ctrl-C again'),
    () => serving.output,
  )
  // What comes within a fraction of a second counts as the same key press.
  await new Promise((resolve) => setTimeout(resolve, 600))
  serving.child.kill('SIGINT')
  assert.equal(await end, 0)
  assert.deepEqual(runningTasks(data), [])
})

test('what a service starts after a second Ctrl-C is not waited for either', async (t) => {
  const data = dataDirectory(t)
  const serving = new Serving(data)
  const endpoint = await serving.url()
  await startTasks(clientsOf(endpoint), data, "process.on('SIGTERM', () => {})")
  const credentials = { accessKeyId: 'teal', secretAccessKey: 'teal' }
  const clientConfiguration = { endpoint, region: 'us-east-1', credentials }
  const code = "exports.handler = () => { console.log('begun'); return new Promise((end) => setTimeout(end, 5_000)) }"
  await createFunction({ clientConfiguration }, 'slow', { code })
  const lambda = new LambdaClient(clientConfiguration)
  t.after(() => lambda.destroy())
  // The engine ends behind the calls that run, and until then services keep their tasks.
  const invoked = lambda.send(new InvokeCommand({ FunctionName: 'slow' })).catch(() => undefined)
  const log = join(data, 'functions', 'slow', 'us-east-1.log')
  await until(
    () => existsSync(log) && readFileSync(log, 'utf8').includes('begun'),
    () => serving.output,
  )

  const closed = once(serving.child, 'close')
  serving.child.kill('SIGINT')
  await until(
    () => serving.output.includes('Ctrl-C again'),
    () => serving.output,
  )
  await new Promise((resolve) => setTimeout(resolve, 600))
  serving.child.kill('SIGINT')
  await until(
    () => serving.child.exitCode !== null,
    () => `It has not ended:\n${serving.output}`,
  )
  await Promise.all([closed, invoked])
  assert.equal(serving.child.exitCode, 0)
  assert.deepEqual(runningTasks(data), [])
})

test('down also ends the load balancer and the tasks which a killed engine left running', async (t) => {
  const data = dataDirectory(t)
  const serving = new Serving(data)
  const clients = clientsOf(await serving.url())
  await startTasks(clients, data, '')
  await serving.end('SIGKILL')
  assert.equal(runningTasks(data).length, 2)

  const down = await teal('down', '--data', data)
  assert.match(down.output, /^Ended the load balancer \(process \d+\) and 2 tasks\.\n$/)
  assert.deepEqual(runningTasks(data), [])
  assert.equal((await teal('down', '--data', data)).output, `Nothing was running on ${data}.\n`)
})

const gentle = {
  'keep-alive': { clients: 2, requestsPerSecond: 40 },
  'new connection': { clients: 2, requestsPerSecond: 20 },
  'slow response': { clients: 2, requestsPerSecond: 4 },
  'slow upload': { clients: 2, requestsPerSecond: 4 },
}

async function buildVersions(t: TestContext, data: string): Promise<void> {
  const second = join(dataDirectory(t), 'hello')
  cpSync(hello, second, { recursive: true })
  writeFileSync(join(second, 'version.txt'), '2\n')
  for (const [directory, tag] of [
    [hello, 'hello:1'],
    [second, 'hello:2'],
  ] as const) {
    const { exitCode, errors } = await teal('build', directory, '--tag', tag, '--data', data)
    assert.equal(exitCode, 0, errors)
  }
}

/** The service with tasks that run in place from a directory; `atStart` is what they do besides answering. */
async function startTasks(clients: Clients, data: string, atStart: string): Promise<void> {
  const directory = join(data, 'program')
  mkdirSync(directory)
  const server = "createServer((_, response) => response.end('ok')).listen(process.env.PORT)"
  writeFileSync(join(directory, 'main.mjs'), `import { createServer } from 'node:http'\n${atStart}\n${server}\n`)
  const container = {
    name: 'web',
    image: `file://${directory}`,
    command: ['node', 'main.mjs'],
    portMappings: [{ containerPort: 8080 }],
    stopTimeout: 110,
  }
  const { taskDefinition } = await clients.ecs.send(
    new RegisterTaskDefinitionCommand({
      family: 'test',
      networkMode: 'awsvpc',
      requiresCompatibilities: ['FARGATE'],
      cpu: '256',
      memory: '512',
      containerDefinitions: [container],
    }),
  )
  const { blueArn } = await createLoadBalancing(clients)
  await createService(clients, String(taskDefinition?.taskDefinitionArn), blueArn)
  await eventually(async () => (await healthyTargets(clients, blueArn)) === 2)
}

async function statusOf({ codeDeploy }: Clients, deploymentId: string): Promise<string | undefined> {
  const { deploymentInfo } = await codeDeploy.send(new GetDeploymentCommand({ deploymentId }))
  assert.ok(!['Failed', 'Stopped'].includes(String(deploymentInfo?.status)), JSON.stringify(deploymentInfo))
  return deploymentInfo?.status
}

async function eventually(isTrue: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 90_000
  while (!(await isTrue())) {
    if (performance.now() > deadline) throw new Error('It did not come about within 90 seconds')
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
