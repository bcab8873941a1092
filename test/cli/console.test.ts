import { CreateDeploymentCommand } from '@aws-sdk/client-codedeploy'
import { CreateBucketCommand, DeleteObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { after, before, describe, test } from 'node:test'
import { name, registerTaskDefinition } from '../../demo/surroundings.ts'
import type { ActionKind, DeploymentView, Overview } from '../../src/console/views.ts'
import { choose } from '../console/choices.ts'
import { missingChromium, picture, TestBrowser } from '../console/chromium.ts'
import { Theatre, until } from '../survival/theatre.ts'

const launcher = new URL('../../bin/teal.mjs', import.meta.url).pathname

describe('teal console', () => {
  let theatre: Theatre

  before(async () => {
    theatre = await Theatre.open('600ms')
    await theatre.configure({
      deploymentConfigName: 'CodeDeployDefault.ECSCanary10Percent5Minutes',
      blueGreenDeploymentConfiguration: {
        deploymentReadyOption: { actionOnTimeout: 'STOP_DEPLOYMENT', waitTimeInMinutes: 500 },
        terminateBlueInstancesOnDeploymentSuccess: { action: 'TERMINATE', terminationWaitTimeInMinutes: 500 },
      },
    })
  })
  after(() => theatre?.close())

  test('a canary deployment is shown through the AWS API alone, and finished by its actions', async () => {
    const load = theatre.startLoad()
    const id = await theatre.deploy('hello:2')
    await using site = await Console.start(theatre.url, '--allow-actions')
    await until('it is ready', async () => (await site.view(id)).head.status === 'Ready')
    const overview = JSON.parse((await site.firstEvents('/console/events'))['overview'] ?? '{}') as Overview
    assert.equal(overview.services[0]?.lastDeployment?.id, id)
    assert.match(overview.limits.join(), /through the AWS API/)
    const sides = overview.services[0]?.sides ?? []
    assert.deepEqual(
      sides.map(({ side, weight }) => [side, weight]),
      [
        ['blue', 100],
        ['green', 0],
      ],
    )
    await site.act(id, 'continue')
    await until('green has a share', async () => ((await site.view(id)).now.greenPercentage ?? 0) >= 10)
    const canary = await site.view(id)
    assert.equal(canary.head.isExact, false)
    assert.match(canary.head.limits.join(), /not told/)
    assert(canary.targets.some(({ side, state }) => side === 'green' && state === 'healthy'))
    assert(canary.taskSets.every(({ running }) => running > 0))
    await until('the wait has begun', async () => {
      return (await site.view(id)).actions.some(({ kind }) => kind === 'endTerminationWait')
    })
    const waiting = await site.view(id)
    assert(waiting.traffic.length > 0, 'what CloudWatch counted is charted')
    assert.match(waiting.account.verdict, /CloudWatch has counted [\d,]+ requests/)
    await site.act(id, 'endTerminationWait')
    await until('it has ended', async () => (await site.view(id)).head.status === 'Succeeded')
    const documents = await (await fetch(`${site.url}/console/api/deployments/${id}/documents`)).text()
    assert.match(documents, /Task definition [\w-]+:1 → [\w-]+:2/)
    assert.match(documents, /AppSpec.*AWS::ECS::Service/, 'GetDeployment tells its digest only')
    const again = (await site.view(id)).actions.map(({ kind }) => kind)
    assert.deepEqual(again, ['rollBackTo'])
    await load.stop()
  })

  test('a canary whose AppSpec is in S3 is watched and rolled back by clicks', { skip: missingChromium }, async () => {
    const s3 = new S3Client({ ...theatre.clientConfiguration, forcePathStyle: true })
    const place = { Bucket: 'revisions', Key: 'appspec.yaml' }
    const id = await deployFromS3(s3, place)
    await using site = await Console.start(theatre.url, '--allow-actions')
    await using browser = await TestBrowser.open()
    const page = await browser.page(site.url)
    await page.getByRole('article').getByText('hello-green', { exact: true }).waitFor()
    await picture(page, 'account-overview')
    await page.getByRole('article').getByRole('link', { name: id }).click()
    await choose(page, 'Continue')
    await page.getByText('10% of production traffic goes to green').first().waitFor()
    await page.getByText('AppSpec', { exact: true }).waitFor()
    assert.match(await page.locator('.diff').first().innerText(), /AWS::ECS::Service/)
    await picture(page, 'account-canary')
    await choose(page, 'Stop and roll back')
    await page.getByText('MANUAL_STOP').first().waitFor()
    assert.equal((await theatre.ended(id)).status, 'Stopped')

    await s3.send(new DeleteObjectCommand(place))
    const documents = await (await fetch(`${site.url}/console/api/deployments/${id}/documents`)).text()
    assert.match(documents, /There is no object s3:\/\/revisions\/appspec.yaml/)

    await using reader = await Console.start(theatre.url)
    const looked = await browser.page(`${reader.url}/console/deployments/${id}`)
    await looked.getByText('read-only').waitFor()
    assert.deepEqual(await looked.getByRole('button').allInnerTexts(), [])
    await looked.close()
    await page.close()
    assert.deepEqual(browser.complaints, [])
  })

  test('without --allow-actions it only shows, and it knows no deployment that is not there', async () => {
    await using site = await Console.start(theatre.url)
    const listed = (await (await fetch(`${site.url}/console/api/deployments`)).json()) as { rows: { id: string }[] }
    const id = listed.rows[0]?.id ?? ''
    await assert.rejects(site.act(id, 'rollBackTo'), /read-only/)
    assert.ok('missing' in (await site.firstEvents('/console/events?deployment=d-ABCDEF123')))
  })

  async function deployFromS3(s3: S3Client, place: { readonly Bucket: string; readonly Key: string }): Promise<string> {
    const appSpec = readFileSync(new URL('../../examples/hello/appspec.yaml', import.meta.url), 'utf8')
    const definition = await registerTaskDefinition(theatre.clients, 'hello:1')
    await s3.send(new CreateBucketCommand({ Bucket: place.Bucket }))
    await s3.send(new PutObjectCommand({ ...place, Body: appSpec.replace('<TASK_DEFINITION>', definition) }))
    const s3Location = { bucket: place.Bucket, key: place.Key, bundleType: 'YAML' as const }
    const created = await theatre.clients.codeDeploy.send(
      new CreateDeploymentCommand({
        applicationName: name,
        deploymentGroupName: name,
        revision: { revisionType: 'S3', s3Location },
      }),
    )
    return created.deploymentId ?? ''
  }
})

/** `teal console`, running. */
class Console {
  readonly url: string
  readonly #end: () => Promise<void>

  private constructor(url: string, end: () => Promise<void>) {
    this.url = url
    this.#end = end
  }

  static async start(endpoint: string, ...options: readonly string[]): Promise<Console> {
    const environment = { AWS_ENDPOINT_URL: endpoint, AWS_REGION: 'us-east-1' }
    const keys = { AWS_ACCESS_KEY_ID: 'teal', AWS_SECRET_ACCESS_KEY: 'teal' }
    const child = spawn(process.execPath, [launcher, 'console', '--port', '0', ...options], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, ...environment, ...keys },
    })
    const closed = once(child, 'close')
    let said = ''
    child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString('utf8')))
    const end = async (): Promise<void> => {
      child.kill('SIGINT')
      await closed
    }
    try {
      await until('the console listens', async () => {
        assert.equal(child.exitCode, null)
        return /http:\S+\/console\n/.test(said)
      })
    } catch (error) {
      await end()
      throw error
    }
    return new Console(/(http:\S+)\/console\n/.exec(said)?.[1] ?? '', end)
  }

  async view(id: string): Promise<DeploymentView> {
    const answer = await fetch(`${this.url}/console/export/${id}.json`)
    return (await answer.json()) as DeploymentView
  }

  async act(deploymentId: string, kind: ActionKind): Promise<void> {
    const headers = { 'content-type': 'application/json', origin: this.url }
    const body = JSON.stringify({ deploymentId, kind })
    const answer = await fetch(`${this.url}/console/api/actions`, { method: 'POST', headers, body })
    assert.equal(answer.status, 200, await answer.text())
  }

  /** What a window is sent first, by name. */
  async firstEvents(path: string): Promise<Readonly<Record<string, string>>> {
    const answer = await fetch(`${this.url}${path}`)
    const events: Record<string, string> = {}
    let text = ''
    for await (const chunk of answer.body ?? []) {
      text += Buffer.from(chunk).toString('utf8')
      for (const [, event = '', data = ''] of text.matchAll(/event: (\w+)\ndata: (.*)\n\n/g)) events[event] = data
      if (Object.keys(events).length > 0) break
    }
    return events
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#end()
  }
}
