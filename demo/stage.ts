import { cpSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { hintsForKeeping } from './keep.ts'
import { startLoad } from './load/index.ts'
import type { Load } from './load/index.ts'
import type { DemoOptions } from './options.ts'
import { complaints, report } from './report.ts'
import type { DemoResult } from './report.ts'
import {
  clientsOf,
  createDeployment,
  createDeploymentGroup,
  createLoadBalancing,
  createService,
  desiredCount,
  healthyTargets,
  registerTaskDefinition,
} from './surroundings.ts'
import type { Clients, LoadBalancing } from './surroundings.ts'
import { TealProcess } from './teal-process.ts'
import { Progress } from './text.ts'
import { watchDeployment } from './watch.ts'

const minute = '1s'
const example = fileURLToPath(new URL('../examples/hello', import.meta.url))
const healthyPatienceMilliseconds = 60_000

/** Everything the demo starts, so that everything can be ended wherever it is interrupted. */
export class Stage {
  readonly #directory: string
  readonly #options: DemoOptions
  readonly #progress: Progress
  readonly #teal: TealProcess
  #load: Load | undefined
  #isCleared = false

  constructor(directory: string, options: DemoOptions) {
    this.#directory = directory
    this.#options = options
    this.#teal = new TealProcess(directory)
    // With --json the standard output is the account alone.
    this.#progress = new Progress(options.json ? (text) => console.error(text) : (text) => console.log(text))
  }

  async perform(): Promise<DemoResult> {
    const { json, keep } = this.#options
    this.#progress.plain('examples/hello goes from version 1 to version 2, blue/green, under load.\n')
    const url = await this.#teal.serve({ minute, outlivesUs: keep })
    this.#say(`teal serve listens on ${url}; a minute lasts ${minute}`)
    const clients = clientsOf(url)
    const loadBalancing = await this.#prepare(clients)
    const result = await this.#deploy(clients, loadBalancing)
    if (json) console.log(JSON.stringify({ ...result, complaints: complaints(result) }, null, 2))
    else console.log(`\n${report(result)}`)
    if (keep) {
      const { deploymentId } = result.deployment
      const { dataDirectory } = this.#teal
      this.#progress.plain(`\n${hintsForKeeping({ url, loadBalancing, deploymentId, dataDirectory })}`)
    }
    return result
  }

  /** Ends everything and leaves nothing behind; what has ended already stays ended. */
  async clear(): Promise<void> {
    this.#isCleared = true
    await this.#load?.kill()
    await this.#teal.down()
    rmSync(this.#directory, { recursive: true, force: true, maxRetries: 10 })
  }

  async #prepare(clients: Clients): Promise<LoadBalancing> {
    await this.#teal.build(example, 'hello:1')
    await this.#teal.build(this.#secondVersion(), 'hello:2')
    this.#say('teal build made the images hello:1 and hello:2')
    const loadBalancing = await createLoadBalancing(clients)
    const { productionUrl, testUrl } = loadBalancing
    this.#say(`Listeners: ${productionUrl} (production), ${new URL(testUrl).port} (test)`)
    await createService(clients, await registerTaskDefinition(clients, 'hello:1'), loadBalancing.blueArn)
    await createDeploymentGroup(clients, loadBalancing)
    this.#say(`Service of ${desiredCount} tasks and its CodeDeploy deployment group created`)
    const deadline = performance.now() + healthyPatienceMilliseconds
    while ((await healthyTargets(clients, loadBalancing.blueArn)) < desiredCount) {
      if (performance.now() > deadline) throw new Error('Version 1 did not become healthy within a minute.')
      await delay(50)
    }
    this.#say(`${desiredCount} tasks of version 1 are running and healthy`)
    return loadBalancing
  }

  async #deploy(clients: Clients, loadBalancing: LoadBalancing): Promise<DemoResult> {
    const load = startLoad({ url: loadBalancing.productionUrl, versions: ['1', '2'] })
    this.#load = load
    await delay(2_000)
    const before = await load.account()
    const rate = Math.round(before.sent / ((before.takenAt - before.startedAt) / 1_000))
    this.#say(`Load: ${rate} requests a second on the production listener`)
    const taskDefinition = await registerTaskDefinition(clients, 'hello:2')
    const deploymentId = await createDeployment(clients, taskDefinition)
    this.#say(`Deployment ${deploymentId} created`)
    const say = (text: string, column?: number): void => this.#say(text, column)
    const deployment = await watchDeployment(clients, { deploymentId, loadBalancing, say })
    this.#say(`Deployment ${deploymentId}: ${deployment.status}`)
    await delay(1_000)
    return { deployment, load: await load.stop() }
  }

  /** The same application with another `version.txt`: that is all it takes to make a new version. */
  #secondVersion(): string {
    const directory = join(this.#directory, 'version-2')
    cpSync(example, directory, { recursive: true })
    writeFileSync(join(directory, 'version.txt'), '2\n')
    return directory
  }

  /** Also the place where a performance ends that was interrupted. */
  #say(text: string, column?: number): void {
    if (this.#isCleared) throw new Error('The demo was interrupted.')
    this.#progress.say(text, column)
  }
}
