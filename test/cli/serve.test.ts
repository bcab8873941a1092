import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import {
  CreateClusterCommand,
  ECSClient,
  ListClustersCommand,
  RegisterTaskDefinitionCommand,
  RunTaskCommand,
} from '@aws-sdk/client-ecs'
import { callRouter, routerSocketPath } from '../../src/adapters/router-process.ts'
import type { ReportInJson } from '../../src/domain/router-report.ts'
import { dataDirectory, isAlive, Serving, teal, until } from './command-line.ts'

test('it says where it listens, what is not enforced and how to use it, and answers AWS clients', async (t) => {
  const data = dataDirectory(t)
  const serving = new Serving(data, '--minute', '300ms')
  const url = await serving.url()
  assert.deepEqual((await clientOf(url).send(new ListClustersCommand({}))).clusterArns, [])
  await until(
    () => serving.output.includes('Ctrl-C ends everything'),
    () => serving.output,
  )
  assert.match(serving.output, /One configured minute lasts 300ms/)
  assert.match(serving.output, /Recorded, not enforced: VPCs, subnets, security groups, IAM roles/)
  assert.ok(serving.output.includes(`data in ${data};`))
  assert.ok(serving.output.includes(`export AWS_ENDPOINT_URL=${url}`))
  assert.ok(serving.output.includes(`export TEAL_DATA='${data}'\n`), 'so that teal build makes images for it')
  assert.equal(await serving.end('SIGINT'), 0)
})

test('Ctrl-C ends the engine and the load balancer, and says so', async (t) => {
  const data = dataDirectory(t)
  const serving = new Serving(data)
  await serving.url()
  const routerPid = await routerPidOf(data)
  assert.equal(await serving.end('SIGINT'), 0)
  assert.match(
    serving.output,
    new RegExp(`Ended the engine \\(process \\d+\\) and the load balancer \\(process ${routerPid}\\)\\.`),
  )
  assert.equal(isAlive(routerPid), false)
  assert.equal((await teal('down', '--data', data)).output, `Nothing was running on ${data}.\n`)
})

test('SIGTERM ends the engine only; the next one takes the load balancer over and knows what was stored', async (t) => {
  const data = dataDirectory(t)
  const first = new Serving(data)
  await clientOf(await first.url()).send(new CreateClusterCommand({ clusterName: 'kept' }))
  const routerPid = await routerPidOf(data)
  assert.equal(await first.end('SIGTERM'), 0)
  assert.equal(isAlive(routerPid), true)

  const second = new Serving(data)
  const { clusterArns } = await clientOf(await second.url()).send(new ListClustersCommand({}))
  assert.deepEqual(clusterArns, ['arn:aws:ecs:us-east-1:000000000000:cluster/kept'])
  assert.equal(await routerPidOf(data), routerPid)
  assert.equal(await second.end('SIGINT'), 0)
})

test('an engine that was killed is followed by one that goes on', async (t) => {
  const data = dataDirectory(t)
  const first = new Serving(data)
  await clientOf(await first.url()).send(new CreateClusterCommand({ clusterName: 'kept' }))
  assert.equal(await first.end('SIGKILL'), 'SIGKILL')
  const second = new Serving(data)
  const { clusterArns } = await clientOf(await second.url()).send(new ListClustersCommand({}))
  assert.equal(clusterArns?.length, 1)
  assert.equal(await second.end('SIGINT'), 0)
})

test('a second engine on one data directory is refused and told about the first', async (t) => {
  const data = dataDirectory(t)
  const first = new Serving(data)
  const url = await first.url()
  const { exitCode, output, errors } = await teal('serve', '--runtime', 'process', '--port', '0', '--data', data)
  assert.equal(exitCode, 1)
  assert.equal(output, '')
  assert.ok(
    errors.startsWith(`teal: Another Teal (process ${first.child.pid}) is running on ${data}, listening on ${url}.`),
    errors,
  )
  assert.equal(await first.end('SIGINT'), 0)
})

test('down ends a running engine and its load balancer, and may be run again', async (t) => {
  const data = dataDirectory(t)
  const serving = new Serving(data)
  await serving.url()
  const routerPid = await routerPidOf(data)
  const ended = once(serving.child, 'exit')
  const down = await teal('down', '--data', data, '--json')
  assert.equal(down.exitCode, 0, down.errors)
  assert.deepEqual(JSON.parse(down.output), { enginePid: serving.child.pid, routerPid, tasks: 0 })
  assert.deepEqual(await ended, [0, null])
  assert.equal(isAlive(routerPid), false)
  assert.deepEqual(JSON.parse((await teal('down', '--data', data, '--json')).output), { tasks: 0 })
})

test('down on a directory that does not exist makes none, and says that it is not there', async (t) => {
  const missing = join(dataDirectory(t), 'missing')
  const output = `Nothing was running on ${missing}, which is not there.\n`
  assert.deepEqual(await teal('down', '--data', missing), { exitCode: 0, output, errors: '' })
  assert.equal(existsSync(missing), false)
})

test('an engine whose data directory is removed says so, and leaves nothing running', async (t) => {
  const data = dataDirectory(t)
  const serving = new Serving(data)
  const ecs = clientOf(await serving.url())
  const image = new URL('../../examples/hello', import.meta.url).href
  const containerDefinitions = [{ name: 'web', image, command: ['node', '-e', 'setInterval(() => {}, 1000)'] }]
  await ecs.send(new RegisterTaskDefinitionCommand({ family: 'web', containerDefinitions, memory: '64' }))
  await ecs.send(new CreateClusterCommand({ clusterName: 'default' }))
  await ecs.send(new RunTaskCommand({ taskDefinition: 'web' }))
  await until(
    () => commandPids(data).length === 1,
    () => `No task began:\n${serving.output}`,
  )
  const pids = [...commandPids(data), await routerPidOf(data)]
  const closed = once(serving.child, 'close')
  await until(
    () => isRemoved(data),
    () => `${data} is still there.`,
  )
  assert.deepEqual(await closed, [1, null])
  assert.match(serving.output, /The data directory .* was moved, removed or replaced by another/)
  assert.match(serving.output, /If it was moved, `teal serve --data` with its new place goes on with it;/)
  await until(
    () => !pids.some((pid) => isAlive(pid)),
    () => `Of ${pids.join()} something still runs.`,
  )
})

/** Of a directory that is being used it may take more than one attempt. */
function isRemoved(directory: string): boolean {
  try {
    rmSync(directory, { recursive: true, force: true })
    return true
  } catch {
    return false
  }
}

test('a port that is taken is a clear error, and nothing is left running', async (t) => {
  const data = dataDirectory(t)
  const server = createServer().listen(0, '127.0.0.1')
  t.after(() => server.close())
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const { exitCode, errors } = await teal('serve', '--runtime', 'process', '--data', data, '--port', String(port))
  assert.equal(exitCode, 1)
  assert.match(errors, new RegExp(`^teal: Port ${port} on 127\\.0\\.0\\.1 is in use by another program`))
  assert.equal((await teal('down', '--data', data)).output, `Nothing was running on ${data}.\n`)
})

test('an address of listeners that is not of this machine is a clear error', async (t) => {
  const argv = ['serve', '--runtime', 'process', '--port', '0', '--data', dataDirectory(t), '--listen-host']
  for (const host of ['203.0.113.1', 'no-such-host.invalid']) {
    const { exitCode, errors } = await teal(...argv, host)
    assert.deepEqual([exitCode, errors], [1, `teal: ${host} is not an address of this machine.\n`])
  }
})

test('a data directory without a name is wrong usage, and not the directory one is in', async () => {
  for (const command of ['down', 'doctor']) {
    const { exitCode, errors } = await teal(command, '--data', '')
    assert.equal(exitCode, 2)
    assert.match(errors, /^teal: option '--data <directory>' argument '' is invalid\. It is the name of a directory\./)
  }
})

test('a data directory that is none, or whose state is damaged, is a clear error', async (t) => {
  const directory = dataDirectory(t)
  writeFileSync(join(directory, 'file'), 'x')
  const notDirectory = await teal('serve', '--runtime', 'process', '--port', '0', '--data', join(directory, 'file'))
  assert.equal(notDirectory.exitCode, 1)
  assert.match(notDirectory.errors, /^teal: The data directory .*file is not a directory/)

  writeFileSync(join(directory, 'state.db'), 'not a database'.repeat(100))
  const damaged = await teal('serve', '--runtime', 'process', '--port', '0', '--data', directory)
  assert.equal(damaged.exitCode, 1)
  assert.match(damaged.errors, /^teal: .*state\.db is damaged or is not a state file of Teal/)
})

test('on a full disk it says so and does not start', async (t) => {
  const disk = mkdtempSync(join(tmpdir(), 'teal-disk-'))
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4k', 'tmpfs', disk], { stdio: 'ignore' })
  } catch {
    rmSync(disk, { recursive: true })
    return t.skip('only root can mount the small disk this test needs')
  }
  t.after(() => {
    execFileSync('umount', ['-l', disk])
    rmSync(disk, { recursive: true })
  })
  writeFileSync(join(disk, 'ballast'), Buffer.alloc(4_096))
  const { exitCode, errors } = await teal('serve', '--runtime', 'process', '--port', '0', '--data', disk)
  assert.equal(exitCode, 1)
  assert.match(errors, /^teal: .*full/)
})

async function routerPidOf(data: string): Promise<number> {
  const report = await callRouter(routerSocketPath(data), { method: 'GET', path: '/report' })
  return (report as ReportInJson).pid
}

function clientOf(endpoint: string): ECSClient {
  return new ECSClient({
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'teal', secretAccessKey: 'teal' },
  })
}

/** Of the containers' commands that have begun. */
function commandPids(data: string): readonly number[] {
  const files = globSync(join(data, 'tasks/*/*.state/command'))
  return files.map((file) => Number(readFileSync(file, 'utf8'))).filter((pid) => pid > 0)
}
