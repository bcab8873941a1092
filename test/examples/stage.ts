import {
  BatchGetDeploymentTargetsCommand,
  CodeDeployClient,
  ContinueDeploymentCommand,
  GetDeploymentCommand,
} from '@aws-sdk/client-codedeploy'
import type { DeploymentInfo, LifecycleEvent } from '@aws-sdk/client-codedeploy'
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { TestContext } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { dataDirectory, Serving } from '../cli/command-line.ts'
import { freePort } from '../free-port.ts'

const root = resolve(import.meta.dirname, '../..')
const patienceMilliseconds = 90_000

/** An engine, and a directory in which `examples` are, where commands are run as the examples' READMEs have them. */
export class Stage {
  readonly data: string
  readonly directory: string
  readonly environment: NodeJS.ProcessEnv
  readonly url: string
  readonly productionUrl: string
  readonly testUrl: string
  readonly #serving: Serving
  readonly #children = new Set<number>()

  private constructor(
    serving: Serving,
    url: string,
    place: Pick<Stage, 'data' | 'directory'>,
    ports: readonly number[],
  ) {
    const [productionPort = 0, testPort = 0] = ports
    this.#serving = serving
    this.url = url
    this.data = place.data
    this.directory = place.directory
    this.productionUrl = `http://127.0.0.1:${productionPort}`
    this.testUrl = `http://127.0.0.1:${testPort}`
    this.environment = {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      TEAL_DATA: place.data,
      AWS_ENDPOINT_URL: url,
      AWS_REGION: 'us-east-1',
      AWS_DEFAULT_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'teal',
      AWS_SECRET_ACCESS_KEY: 'teal',
      PRODUCTION_PORT: String(productionPort),
      TEST_PORT: String(testPort),
    }
  }

  static async open(t: TestContext, options: { readonly minute: string; readonly runtime?: string }): Promise<Stage> {
    const data = dataDirectory(t)
    const directory = mkdtempSync(join(tmpdir(), 'teal-example-'))
    symlinkSync(join(root, 'examples'), join(directory, 'examples'))
    const serving = new Serving(data, '--minute', options.minute, '--runtime', options.runtime ?? 'process')
    const stage = new Stage(serving, await serving.url(), { data, directory }, [await freePort(), await freePort()])
    t.after(() => {
      for (const pid of stage.#children) endGroup(pid)
      rmSync(directory, { recursive: true, force: true })
    })
    return stage
  }

  async close(): Promise<void> {
    assert.equal(await this.#serving.end('SIGINT'), 0, this.#serving.output)
  }

  /** What an example's README has in its fenced blocks, for this engine and these ports. */
  commandsOf(example: string): readonly string[] {
    const readme = readFileSync(join(root, 'examples', example, 'README.md'), 'utf8')
    return [...readme.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block = '']) =>
      block
        .replaceAll('http://127.0.0.1:4566', this.url)
        .replaceAll('http://127.0.0.1:8080', this.productionUrl)
        .replaceAll('http://127.0.0.1:8081', this.testUrl),
    )
  }

  /** Runs commands that leave a deployment's id in `DEPLOYMENT`, and answers it. */
  async deploy(commands: string): Promise<string> {
    const output = await this.shell(`${commands}\necho "This was $DEPLOYMENT"`)
    const [, deploymentId] = /^This was (d-\w+)$/m.exec(output) ?? []
    assert.ok(deploymentId !== undefined, output)
    return deploymentId
  }

  /** Commands as somebody types them, from whom `npx teal` and `node` are this repository's. Fails where one fails. */
  async shell(script: string): Promise<string> {
    const teal = `'${process.execPath}' '${join(root, 'bin/teal.mjs')}'`
    const commands = script
      .replaceAll('npx teal', teal)
      .replaceAll(/^(DEPLOYMENT=\$\()?node /gm, `$1'${process.execPath}' `)
    const child = spawn('bash', ['-eu', '-o', 'pipefail', '-c', commands], {
      cwd: this.directory,
      env: this.environment,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    })
    if (child.pid !== undefined) this.#children.add(child.pid)
    let output = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += String(chunk)))
    const [code] = (await once(child, 'close')) as [number | null]
    assert.equal(code, 0, output)
    return output
  }

  /** Resolves when the deployment is over. */
  async ended(deploymentId: string): Promise<DeploymentInfo> {
    const over = ['Succeeded', 'Failed', 'Stopped']
    const deadline = performance.now() + patienceMilliseconds
    for (;;) {
      const { deploymentInfo } = await this.#codeDeploy.send(new GetDeploymentCommand({ deploymentId }))
      if (deploymentInfo !== undefined && over.includes(deploymentInfo.status ?? '')) return deploymentInfo
      assert.ok(performance.now() < deadline, `${deploymentId} is still ${deploymentInfo?.status}`)
      await delay(100)
    }
  }

  /** Blue ends now, and not after the minutes that it is kept. */
  async endTerminationWait(deploymentId: string): Promise<void> {
    const command = new ContinueDeploymentCommand({ deploymentId, deploymentWaitType: 'TERMINATION_WAIT' })
    await until('blue is only kept', () =>
      this.#codeDeploy.send(command).then(
        () => true,
        () => false,
      ),
    )
  }

  async lifecycleEvent(deploymentId: string, name: string): Promise<LifecycleEvent | undefined> {
    const [application = ''] = [(await this.ended(deploymentId)).applicationName]
    const targetIds = [`${application}:${application}`]
    const command = new BatchGetDeploymentTargetsCommand({ deploymentId, targetIds })
    const { deploymentTargets = [] } = await this.#codeDeploy.send(command)
    const events = deploymentTargets.flatMap(({ ecsTarget }) => ecsTarget?.lifecycleEvents ?? [])
    return events.find(({ lifecycleEventName }) => lifecycleEventName === name)
  }

  get configuration() {
    const credentials = { accessKeyId: 'teal', secretAccessKey: 'teal' }
    return { endpoint: this.url, region: 'us-east-1', credentials }
  }

  get #codeDeploy(): CodeDeployClient {
    return new CodeDeployClient(this.configuration)
  }
}

/** Looks until it is true. */
export async function until(what: string, isTrue: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + patienceMilliseconds
  while (!(await isTrue())) {
    assert.ok(performance.now() < deadline, `not yet: ${what}`)
    await delay(50)
  }
}

/** What a failed test leaves behind of a script. */
function endGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // It has ended.
  }
}
