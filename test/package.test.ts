import { CreateClusterCommand, ECSClient, ListClustersCommand } from '@aws-sdk/client-ecs'
import {
  CreateListenerCommand,
  CreateLoadBalancerCommand,
  ElasticLoadBalancingV2Client,
} from '@aws-sdk/client-elastic-load-balancing-v2'
import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { freePort } from './free-port.ts'

const run = promisify(execFile)
const root = fileURLToPath(new URL('..', import.meta.url))
/** Of npm's complaints, those about the network and not about the package. */
const offline = /ENOTFOUND|ECONNREFUSED|ETIMEDOUT|EAI_AGAIN|ENOTCACHED|ECONNRESET/

/** Most of it is npm's, which packs, fetches and unpacks; on a busy machine that alone takes minutes. */
const longestMilliseconds = 300_000

test(
  'the package, installed in an empty directory, serves and balances load',
  { timeout: longestMilliseconds },
  async (t) => {
    const directory = mkdtempSync(join(tmpdir(), 'teal-package-'))
    const ending: (() => Promise<unknown>)[] = []
    t.after(async () => {
      for (const end of ending) await end()
      rmSync(directory, { recursive: true, force: true, maxRetries: 10 })
    })
    const trouble = await install(directory)
    if (trouble !== undefined) return t.skip(trouble)

    const teal = join(directory, 'node_modules', '.bin', 'teal')
    const sources = readdirSync(join(directory, 'node_modules', 'teal'), { recursive: true, encoding: 'utf8' })
    assert.deepEqual(
      sources.filter((file) => /(?<!\.d)\.ts$/.test(file) && !file.startsWith('examples')),
      [],
    )
    await acceptFromOutside(directory)
    // Behind a time-out nobody would end it.
    t.signal.throwIfAborted()
    const url = await serve(teal, directory, ending)
    const configuration = {
      endpoint: url,
      region: 'us-east-1',
      credentials: { accessKeyId: 'teal', secretAccessKey: 'teal' },
    }
    const ecs = new ECSClient(configuration)
    await ecs.send(new CreateClusterCommand({ clusterName: 'packed' }))
    assert.equal((await ecs.send(new ListClustersCommand({}))).clusterArns?.length, 1)
    assert.equal(await throughListener(new ElasticLoadBalancingV2Client(configuration)), 'from the router')
  },
)

/** What the package exports is there with its types. */
async function acceptFromOutside(directory: string): Promise<void> {
  const file = join(directory, 'accept.mts')
  writeFileSync(
    file,
    `import { acceptanceHook, parseUrlList, type ListedUrl } from 'teal/acceptance'
const urls: readonly ListedUrl[] = parseUrlList('/a,301\\n')
console.log(JSON.stringify(urls), typeof acceptanceHook())`,
  )
  const { stdout } = await run(process.execPath, [file])
  assert.equal(stdout, '[{"path":"/a","expected":[301]}] function\n')
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  const options = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2024', '--skipLibCheck', 'false']
  const types = ['--types', 'node', '--typeRoots', join(root, 'node_modules', '@types')]
  await run(process.execPath, [compiler, ...options, ...types, file], { cwd: directory })
}

/** Packs what is here, as it would be published. Answers why it could not be installed, where that is no fault of it. */
async function install(directory: string): Promise<string | undefined> {
  try {
    const { stdout } = await run('npm', ['pack', '--silent', '--pack-destination', directory], { cwd: root })
    const archive = join(directory, stdout.trim().split('\n').at(-1) ?? '')
    writeFileSync(join(directory, 'package.json'), '{ "name": "empty", "version": "1.0.0", "private": true }')
    const options = ['--no-audit', '--no-fund', '--prefer-offline', '--fetch-retries', '0']
    await run('npm', ['install', ...options, archive], { cwd: directory })
    return undefined
  } catch (error) {
    const { code, stderr = '' } = error as { code?: unknown; stderr?: string }
    if (code === 'ENOENT') return 'npm is not installed here'
    if (offline.test(stderr)) return `npm cannot fetch the dependencies here: ${stderr.split('\n')[0]}`
    throw error
  }
}

async function serve(teal: string, directory: string, ending: (() => Promise<unknown>)[]): Promise<string> {
  const data = join(directory, 'data')
  const child = spawn(teal, ['serve', '--runtime', 'process', '--port', '0', '--data', data], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  const heard = Promise.withResolvers<string>()
  const hear = (chunk: Buffer): void => {
    said += chunk.toString('utf8')
    const [, url] = /^teal is listening on (\S+)$/m.exec(said) ?? []
    if (url !== undefined) heard.resolve(url)
  }
  child.stdout.on('data', hear)
  child.stderr.on('data', hear)
  const exited = once(child, 'exit')
  child.once('exit', () => heard.reject(new Error(`it ended: ${said}`)))
  ending.push(
    () => run(teal, ['down', '--data', data]),
    () => exited,
  )
  return heard.promise
}

async function throughListener(elb: ElasticLoadBalancingV2Client): Promise<string> {
  const { LoadBalancers } = await elb.send(
    new CreateLoadBalancerCommand({ Name: 'packed', Type: 'application', Subnets: ['subnet-1', 'subnet-2'] }),
  )
  const port = await freePort()
  await elb.send(
    new CreateListenerCommand({
      LoadBalancerArn: LoadBalancers?.[0]?.LoadBalancerArn,
      Protocol: 'HTTP',
      Port: port,
      DefaultActions: [
        {
          Type: 'fixed-response',
          FixedResponseConfig: { StatusCode: '200', ContentType: 'text/plain', MessageBody: 'from the router' },
        },
      ],
    }),
  )
  return (await fetch(`http://127.0.0.1:${port}/`)).text()
}
