import {
  BatchGetDeploymentTargetsCommand,
  GetDeploymentCommand,
  UpdateDeploymentGroupCommand,
} from '@aws-sdk/client-codedeploy'
import type { DeploymentInfo, ECSTarget, UpdateDeploymentGroupCommandInput } from '@aws-sdk/client-codedeploy'
import { DescribeTasksCommand, ListTasksCommand } from '@aws-sdk/client-ecs'
import type { ContainerDefinition } from '@aws-sdk/client-ecs'
import type { CreateTargetGroupCommandInput } from '@aws-sdk/client-elastic-load-balancing-v2'
import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, cpSync, globSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { startLoad } from '../../demo/load/index.ts'
import type { Load, LoadMix } from '../../demo/load/index.ts'
import {
  clientsOf,
  createDeployment,
  createDeploymentGroup,
  createLoadBalancing,
  createService,
  desiredCount,
  healthyTargets,
  name,
  registerTaskDefinition,
} from '../../demo/surroundings.ts'
import type { Clients, LoadBalancing } from '../../demo/surroundings.ts'
import { callRouter, routerSocketPath } from '../../src/adapters/router-process.ts'
import type { ReportInJson } from '../../src/domain/router-report.ts'
import { freePort } from '../free-port.ts'

const run = promisify(execFile)
const launcher = fileURLToPath(new URL('../../bin/teal.mjs', import.meta.url))
const example = fileURLToPath(new URL('../../examples/hello', import.meta.url))
const patienceMilliseconds = 90_000

/** Of a deployment group: green waits to be told that it may go on. */
export const readyWait = {
  blueGreenDeploymentConfiguration: {
    deploymentReadyOption: { actionOnTimeout: 'STOP_DEPLOYMENT', waitTimeInMinutes: 1000 },
    terminateBlueInstancesOnDeploymentSuccess: { action: 'TERMINATE', terminationWaitTimeInMinutes: 0 },
  },
} as const

/** Enough to notice one lost request, little enough for a busy machine. */
const mix: LoadMix = {
  'keep-alive': { clients: 4, requestsPerSecond: 120 },
  'new connection': { clients: 2, requestsPerSecond: 40 },
  'slow response': { clients: 3, requestsPerSecond: 6 },
  'slow upload': { clients: 2, requestsPerSecond: 4 },
}

/** What tasks run in, and how the first version's image comes to be there. */
export type Stage = {
  readonly runtime: 'process' | 'docker'
  readonly environment?: Readonly<Record<string, string>>
  readonly firstImage: (theatre: Theatre) => Promise<string>
  readonly secondImage: () => Promise<string>
  /** What its containers have that the example's do not. */
  readonly container?: Partial<ContainerDefinition>
  /** What its target groups have that the demo's do not. */
  readonly targetGroups?: Partial<CreateTargetGroupCommandInput>
}

export const asProcesses: Stage = {
  runtime: 'process',
  async firstImage(theatre) {
    await Promise.all([theatre.build('hello:1', {}), theatre.build('hello:2', { 'version.txt': '2\n' })])
    return 'hello:1'
  },
  secondImage: () => Promise.resolve('hello:2'),
}

/**
 * A real engine, router, tasks and clients, in which one process after another is killed. `examples/hello` version 1 is
 * running behind a production and a test listener when it opens.
 */
export class Theatre {
  readonly #directory = mkdtempSync(join(tmpdir(), 'teal-survival-'))
  readonly data = join(this.#directory, 'data')
  readonly #minute: string
  readonly #stage: Stage
  #port = 0
  #engine: ChildProcess | undefined
  #load: Load | undefined
  clients: Clients = clientsOf('http://127.0.0.1:1')
  firstImage = ''
  loadBalancing: LoadBalancing | undefined

  constructor(minute: string, stage: Stage) {
    this.#minute = minute
    this.#stage = stage
  }

  static async open(minute: string, stage: Stage = asProcesses): Promise<Theatre> {
    const theatre = new Theatre(minute, stage)
    try {
      await theatre.#prepare()
      return theatre
    } catch (error) {
      await theatre.close()
      throw error
    }
  }

  async #prepare(): Promise<void> {
    this.#port = await freePort()
    this.clients = clientsOf(`http://127.0.0.1:${this.#port}`)
    await this.startEngine()
    const [firstImage, loadBalancing] = await Promise.all([
      this.#stage.firstImage(this),
      createLoadBalancing(this.clients, this.#stage.targetGroups),
    ])
    this.firstImage = firstImage
    this.loadBalancing = loadBalancing
    await createService(this.clients, await this.register(this.firstImage), loadBalancing.blueArn)
    await createDeploymentGroup(this.clients, loadBalancing)
    await until('version 1 is healthy', async () => {
      return (await healthyTargets(this.clients, loadBalancing.blueArn)) >= desiredCount
    })
  }

  /** The engine's endpoint, the same for every engine of this theatre. */
  get url(): string {
    return `http://127.0.0.1:${this.#port}`
  }

  /** With `preload`, an ES module that is run in the engine before its own code. */
  async startEngine({ preload }: { readonly preload?: string } = {}): Promise<void> {
    const file = join(this.#directory, 'engine.log')
    const log = openSync(file, 'a')
    const from = readFileSync(file, 'utf8').length
    const options = ['serve', '--port', String(this.#port), '--data', this.data, '--minute', this.#minute]
    const { runtime, environment } = this.#stage
    options.push('--runtime', runtime)
    const first = preload === undefined ? [] : ['--import', preload]
    const engine = spawn(process.execPath, [...first, launcher, ...options], {
      stdio: ['ignore', log, log],
      env: { ...process.env, ...environment },
    })
    closeSync(log)
    this.#engine = engine
    await until('the engine answers', async () => {
      const said = readFileSync(file, 'utf8').slice(from)
      if (preload !== undefined && engine.signalCode === 'SIGKILL') return true
      assert(engine.exitCode === null && engine.signalCode === null, `the engine ended by itself:\n${said}`)
      return said.includes('teal is listening on')
    })
  }

  /** Resolves when the engine has been killed, or with false when it still lives after so long. */
  async engineWasKilled(milliseconds: number): Promise<boolean> {
    const engine = this.#engine
    assert(engine)
    const deadline = performance.now() + milliseconds
    while (engine.signalCode === null && performance.now() < deadline) await delay(5)
    return engine.signalCode === 'SIGKILL'
  }

  async killEngine(): Promise<void> {
    const engine = this.#engine
    assert(engine, 'an engine runs')
    const exited = once(engine, 'exit')
    engine.kill('SIGKILL')
    await exited
  }

  /** Ctrl-C: engine, router and tasks end. */
  async interruptEngine(): Promise<void> {
    const engine = this.#engine
    assert(engine)
    const exited = once(engine, 'exit')
    engine.kill('SIGINT')
    await exited
  }

  /** An image of `examples/hello` with some of its files replaced. */
  async build(tag: string, files: Readonly<Record<string, string>>): Promise<void> {
    const directory = mkdtempSync(join(this.#directory, 'context-'))
    cpSync(example, directory, { recursive: true })
    for (const [file, text] of Object.entries(files)) writeFileSync(join(directory, file), text)
    await run(process.execPath, [launcher, 'build', directory, '--tag', tag, '--data', this.data])
  }

  async configure(change: Partial<UpdateDeploymentGroupCommandInput>): Promise<void> {
    const group = { applicationName: name, currentDeploymentGroupName: name }
    await this.clients.codeDeploy.send(new UpdateDeploymentGroupCommand({ ...group, ...change }))
  }

  secondImage(): Promise<string> {
    return this.#stage.secondImage()
  }

  /** Answers the ARN of the example's task definition with this image. */
  register(image: string): Promise<string> {
    return registerTaskDefinition(this.clients, image, this.#stage.container)
  }

  /** Event → function of its hook. */
  async deploy(image: string, hooks: Readonly<Record<string, string>> = {}): Promise<string> {
    return createDeployment(this.clients, await this.register(image), hooks)
  }

  get clientConfiguration() {
    const credentials = { accessKeyId: 'teal', secretAccessKey: 'teal' }
    return { endpoint: `http://127.0.0.1:${this.#port}`, region: 'us-east-1', credentials }
  }

  /** Each engine lives until it has done something it has not yet noted; then the next one goes on, until all is done. */
  async killInEveryStep(preload: string, isDone: () => Promise<boolean>): Promise<number> {
    for (let kills = 0; ; kills++) {
      while (!(await this.engineWasKilled(200))) if (await isDone().catch(() => false)) return kills
      await this.startEngine({ preload })
    }
  }

  async deployment(deploymentId: string): Promise<DeploymentInfo> {
    const { deploymentInfo } = await this.clients.codeDeploy.send(new GetDeploymentCommand({ deploymentId }))
    assert(deploymentInfo)
    return deploymentInfo
  }

  async target(deploymentId: string): Promise<ECSTarget> {
    const { deploymentTargets } = await this.clients.codeDeploy.send(
      new BatchGetDeploymentTargetsCommand({ deploymentId, targetIds: [`${name}:${name}`] }),
    )
    const target = deploymentTargets?.[0]?.ecsTarget
    assert(target)
    return target
  }

  async ended(deploymentId: string): Promise<DeploymentInfo> {
    await until(`deployment ${deploymentId} has ended`, async () => {
      return (await this.deployment(deploymentId)).completeTime !== undefined
    })
    return this.deployment(deploymentId)
  }

  /** The processes of a task set's running tasks. */
  async pidsOf(taskSetId: string): Promise<readonly number[]> {
    const { ecs } = this.clients
    const { taskArns = [] } = await ecs.send(new ListTasksCommand({ cluster: name, startedBy: taskSetId }))
    if (taskArns.length === 0) return []
    const { tasks = [] } = await ecs.send(new DescribeTasksCommand({ cluster: name, tasks: taskArns }))
    return tasks
      .filter(({ lastStatus }) => lastStatus === 'RUNNING')
      .flatMap(({ taskArn = '' }) => globSync(`tasks/${taskArn.split('/').at(-1)}/**/command`, { cwd: this.data }))
      .map((file) => Number(readFileSync(join(this.data, file), 'utf8')))
  }

  startLoad(): Load {
    const url = this.loadBalancing?.productionUrl
    assert(url)
    this.#load = startLoad({ url, versions: ['1', '2'], mix })
    return this.#load
  }

  /** Rejects while no router answers. */
  async routerReport(): Promise<ReportInJson> {
    const report = await callRouter(routerSocketPath(this.data), { method: 'GET', path: '/report' })
    return report as ReportInJson
  }

  async close(): Promise<void> {
    await this.#load?.kill()
    const ended = this.#engine?.exitCode !== null || this.#engine?.signalCode !== null
    const exited = this.#engine === undefined || ended ? undefined : once(this.#engine, 'exit')
    const env = { ...process.env, ...this.#stage.environment }
    await run(process.execPath, [launcher, 'down', '--data', this.data], { env })
    await exited
    rmSync(this.#directory, { recursive: true, force: true, maxRetries: 10 })
  }
}

export async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + patienceMilliseconds
  while (!(await isSo())) {
    assert(performance.now() < deadline, `it did not come about in time that ${what}`)
    await delay(20)
  }
}
