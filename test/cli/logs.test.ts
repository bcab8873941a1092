import {
  CreateListenerCommand,
  CreateLoadBalancerCommand,
  ElasticLoadBalancingV2Client,
  ModifyLoadBalancerAttributesCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2'
import { CreateBucketCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3'
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test, type TestContext } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { freePort } from '../free-port.ts'
import { dataDirectory, Serving, teal, until } from './command-line.ts'

const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }
const region = 'eu-west-1'
const launcher = new URL('../../bin/teal.mjs', import.meta.url).pathname

/** A load balancer that answers everything by itself, with its access log in the bucket `logs`. */
async function startLoadBalancer(t: TestContext, { isLogged = true } = {}) {
  // A period of the access log is five (configured) minutes: a second and a half.
  const serving = new Serving(dataDirectory(t), '--minute', '300ms')
  const endpoint = await serving.url()
  const elb = new ElasticLoadBalancingV2Client({ endpoint, region, credentials })
  const s3 = new S3Client({ endpoint, region, credentials, forcePathStyle: true })
  t.after(() => {
    elb.destroy()
    s3.destroy()
  })
  const Subnets = ['subnet-1', 'subnet-2']
  const { LoadBalancers } = await elb.send(new CreateLoadBalancerCommand({ Name: 'web', Subnets }))
  const LoadBalancerArn = LoadBalancers?.[0]?.LoadBalancerArn
  const Port = await freePort()
  const FixedResponseConfig = { StatusCode: '404', ContentType: 'text/plain', MessageBody: 'nothing' }
  const DefaultActions = [{ Type: 'fixed-response' as const, FixedResponseConfig }]
  await elb.send(new CreateListenerCommand({ LoadBalancerArn, Protocol: 'HTTP', Port, DefaultActions }))
  if (isLogged) {
    const CreateBucketConfiguration = { LocationConstraint: region } as const
    await s3.send(new CreateBucketCommand({ Bucket: 'logs', CreateBucketConfiguration }))
    const Attributes = [
      { Key: 'access_logs.s3.enabled', Value: 'true' },
      { Key: 'access_logs.s3.bucket', Value: 'logs' },
      { Key: 'access_logs.s3.prefix', Value: 'lb' },
    ]
    await elb.send(new ModifyLoadBalancerAttributesCommand({ LoadBalancerArn, Attributes }))
  }
  const options = ['--endpoint-url', endpoint, '--region', region]
  const keys = async (): Promise<readonly string[]> => {
    const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: 'logs' }))
    return Contents.map(({ Key = '' }) => Key)
  }
  return {
    serving,
    endpoint,
    options,
    keys,
    get: (path: string) => fetch(`http://127.0.0.1:${Port}${path}`).then((answer) => answer.text()),
  }
}

test('requests are shown within seconds and once, before and after they are in the bucket', async (t) => {
  const { options, keys, get } = await startLoadBalancer(t)
  const follow = spawn(process.execPath, [launcher, 'logs', '--lb', '--follow', ...options], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  t.after(() => follow.kill())
  let followed = ''
  follow.stdout.on('data', (chunk: Buffer) => (followed += chunk.toString()))
  for (const path of ['/one', '/two?x=y']) await get(path)
  await until(
    () => followed.includes('/one') && followed.includes('/two'),
    () => `teal logs --follow says:\n${followed}`,
  )
  assert.match(followed, /^TIME +CLIENT +METHOD +PATH /)
  assert.match(followed, /^\d\d:\d\d:\d\d\.\d{3} +127\.0\.0\.1 +GET +\/two\?x=y +404\/- +\d+ +- +default +\d+$/m)

  const deadline = Date.now() + 30_000
  while ((await keys()).filter((key) => key.endsWith('.log.gz')).length === 0) {
    assert.ok(Date.now() < deadline, 'nothing is delivered')
    await delay(100)
  }
  assert.ok((await keys()).includes('lb/AWSLogs/000000000000/ELBAccessLogTestFile'))
  await get('/three')
  await until(
    () => followed.includes('/three'),
    () => `teal logs --follow says:\n${followed}`,
  )
  const ended = once(follow, 'close')
  follow.kill('SIGTERM')
  await ended
  assert.equal(followed.split('\n').length, 5, followed)

  const { exitCode, output } = await teal('logs', '--lb', 'web', '--json', ...options)
  assert.equal(exitCode, 0)
  const lines = output
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
  assert.deepEqual(
    lines.map(({ url, actionsExecuted }) => [String(url).split('/').at(-1), actionsExecuted]),
    [
      ['one', ['fixed-response']],
      ['two?x=y', ['fixed-response']],
      ['three', ['fixed-response']],
    ],
  )
})

test('without an access log, or a load balancer, one is told what to do', async (t) => {
  const { options } = await startLoadBalancer(t, { isLogged: false })
  const off = await teal('logs', '--lb', ...options)
  assert.equal(off.exitCode, 1)
  assert.match(off.errors, /^teal: the access log of web is off\. Switch it on:\n {2}aws elbv2 modify-load-balancer/)
  const unknown = await teal('logs', '--lb', 'nobody', ...options)
  assert.match(unknown.errors, /^teal: there is no load balancer nobody at http.* There are: web\.$/m)
  const whose = await teal('logs', ...options)
  assert.equal(whose.exitCode, 2)
  assert.match(whose.errors, /^teal: say whose log/)
  assert.equal((await teal('logs', '--lb', '--since', 'yesterday', ...options)).exitCode, 2)
})

test('a log that is followed outlives its engine, and tells when nothing answers', async (t) => {
  const { serving, endpoint, options, get } = await startLoadBalancer(t)
  const following = (...whose: readonly string[]) => {
    const child = spawn(process.execPath, [launcher, 'logs', ...whose, '--follow', ...options], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    t.after(() => child.kill())
    const said = { child, output: '', errors: '' }
    child.stdout.on('data', (chunk: Buffer) => (said.output += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => (said.errors += chunk.toString()))
    return said
  }
  const [requests, tasks] = [following('--lb'), following('--tasks')]
  await get('/one')
  await until(
    () => requests.output.includes('/one') && tasks.errors.includes('there are no tasks'),
    () => `they say: ${requests.output}\n${requests.errors}\n${tasks.errors}`,
  )
  await serving.end('SIGTERM')
  for (const said of [requests, tasks]) {
    await until(
      () =>
        said.errors.includes(`teal: nothing answers at ${endpoint} (ECONNREFUSED).`) || said.child.exitCode !== null,
      () => `it says: ${said.errors}`,
    )
    assert.match(said.errors, /teal: nothing answers at [^]* It is asked again\.\n$/)
    assert.equal(said.child.exitCode, null)
  }
})

test('where nothing answers from the beginning, that is told, of whatever log', async () => {
  for (const whose of [['--tasks'], ['--lb'], ['--hook', 'judge']]) {
    const { exitCode, errors } = await teal('logs', ...whose, '--endpoint-url', 'http://127.0.0.1:1')
    assert.match(errors, /^teal: nothing answers at http:\/\/127\.0\.0\.1:1 \(ECONNREFUSED\)\./)
    assert.equal(exitCode, 1)
  }
})
