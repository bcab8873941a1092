import { CreateServiceCommand, ListServiceDeploymentsCommand } from '@aws-sdk/client-ecs'
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, describe, test } from 'node:test'
import type { Page } from 'playwright-core'
import { network } from '../../demo/surroundings.ts'
import type { DeploymentRecord } from '../../src/domain/deployment-record.ts'
import { Theatre, until } from '../survival/theatre.ts'
import { createFunction } from '../survival/theatre-function.ts'
import { barriersOf } from './accessibility.ts'
import { ask, choose } from './choices.ts'
import { missingChromium, picture, reboundName, TestBrowser } from './chromium.ts'

const refusal = `
const { CodeDeployClient, PutLifecycleEventHookExecutionStatusCommand } = require('@aws-sdk/client-codedeploy')

exports.handler = async ({ DeploymentId, LifecycleEventHookExecutionId }) => {
  console.log('this version is refused')
  await new CodeDeployClient({}).send(new PutLifecycleEventHookExecutionStatusCommand({
    deploymentId: DeploymentId,
    lifecycleEventHookExecutionId: LifecycleEventHookExecutionId,
    status: 'Failed',
  }))
}
`

describe('the console in a browser', { skip: missingChromium }, () => {
  let theatre: Theatre
  let browser: TestBrowser
  let succeeded: string

  before(async () => {
    theatre = await Theatre.open('600ms')
    browser = await TestBrowser.open()
    await createAlone(theatre)
    await theatre.configure({
      deploymentConfigName: 'CodeDeployDefault.ECSCanary10Percent5Minutes',
      blueGreenDeploymentConfiguration: {
        deploymentReadyOption: { actionOnTimeout: 'STOP_DEPLOYMENT', waitTimeInMinutes: 500 },
        terminateBlueInstancesOnDeploymentSuccess: { action: 'TERMINATE', terminationWaitTimeInMinutes: 500 },
      },
    })
  })
  after(() => browser?.close())
  after(() => theatre?.close())

  test('a canary deployment is watched, continued and finished by clicks, and nothing is lost', async () => {
    const load = theatre.startLoad()
    const id = await theatre.deploy('hello:2')
    succeeded = id
    const page = await browser.page(`${theatre.url}/`)
    assert.equal(new URL(page.url()).pathname, '/console')
    await page.getByRole('link', { name: id }).first().click()
    await choose(page, 'Continue')
    await page.getByText('Production traffic: 10% to hello-green').first().waitFor()
    await picture(page, 'canary')
    assert.deepEqual(await barriersOf(page), [])
    await page.getByText('all weight on hello-green').first().waitFor()
    await choose(page, 'End the termination wait')
    await page.getByText('Nothing was lost').first().waitFor()
    await load.stop()
    await page.getByText('Succeeded').first().waitFor()
    await picture(page, 'succeeded')
    assert.equal((await theatre.ended(id)).status, 'Succeeded')
    const record = JSON.parse(readFileSync(await saved(page, 'JSON', `${id}.json`), 'utf8')) as DeploymentRecord
    assert.deepEqual([record.deploymentId, record.status], [id, 'Succeeded'])
    const file = await browser.page('about:blank')
    await file.context().setOffline(true)
    const asked: string[] = []
    file.on('request', (request) => asked.push(request.url()))
    await file.goto(`file://${await saved(page, 'One file', `${id}.html`)}`)
    await file.getByRole('heading', { name: 'Account' }).waitFor()
    await file.getByText('Nothing was lost').first().waitFor()
    await picture(file, 'one-file')
    assert.deepEqual(
      asked.filter((url) => /^https?:/.test(url)),
      [],
    )
    await file.close()
    assert.deepEqual(browser.complaints, [])
    await page.close()
  })

  test('a deployment is stopped and rolled back by a click, and the page leads to the rollback', async () => {
    const id = await theatre.deploy('hello:1')
    const page = await browser.page(`${theatre.url}/console/deployments/${id}`, {
      width: 390,
      height: 844,
      scheme: 'dark',
    })
    await page.getByRole('button', { name: 'Continue' }).waitFor()
    await picture(page, 'waiting-phone-dark')
    assert.deepEqual(await barriersOf(page), [])
    assert.equal(await widthOf(page), 390, 'nothing is wider than a phone')
    await keyboardMayLeave(page, 'Stop')
    await choose(page, 'Stop and roll back')
    await page.getByText('MANUAL_STOP').first().waitFor()
    const rollback = (await theatre.deployment(id)).rollbackInfo?.rollbackDeploymentId ?? ''
    await page.getByRole('link', { name: rollback }).click()
    await page.getByText('Succeeded').first().waitFor()
    await until('the rollback has ended', async () => (await theatre.deployment(rollback)).status === 'Succeeded')
    assert.deepEqual(browser.complaints, [])
    await page.close()
  })

  test('the page of a failed deployment leads to its cause, and its hook is run again by a click', async () => {
    await createFunction(theatre, 'refuse', { code: refusal })
    const id = await theatre.deploy('hello:1', { AfterAllowTestTraffic: 'refuse' })
    const { status, errorInformation } = await theatre.ended(id)
    assert.equal(status, 'Failed')
    assert.match(errorInformation?.message ?? '', /Its last lines: "this version is refused"$/)
    const page = await browser.page(`${theatre.url}/console/deployments/${id}`)
    await page.getByText('this version is refused').first().waitFor()
    await picture(page, 'failed')
    assert.deepEqual(await barriersOf(page), [])
    await choose(
      page,
      'Run refuse now',
      /reported a verdict, to a deployment that does not exist.*this version is refused/s,
    )
    assert.deepEqual(browser.complaints, [])
    await page.close()
  })

  test('a click on an old deployment brings its revision back in a new one', async () => {
    const page = await browser.page(`${theatre.url}/console/deployments`)
    await page.getByRole('button', { name: 'Succeeded' }).click()
    assert.deepEqual(await barriersOf(page), [])
    await page.getByRole('link', { name: succeeded }).press('Enter')
    assert.equal(await focused(page), 'main', 'the keyboard goes on where the new page begins')
    await ask(page, 'Roll back to this one', /brings that revision back/)
    await page.getByRole('link', { name: 'Watch it' }).click()
    await page.getByText(`Back to the revision of ${succeeded}`).first().waitFor()
    assert.deepEqual(browser.complaints, [])
    const id = new URL(page.url()).pathname.split('/').at(-1) ?? ''
    assert.notEqual(id, succeeded)
    await choose(page, 'Stop')
    const { status, rollbackInfo } = await theatre.ended(id)
    assert.deepEqual([status, rollbackInfo?.rollbackDeploymentId], ['Stopped', undefined])
    await page.close()
  })

  test('a click on a past deployment of ECS itself has ECS deploy its revision again', async () => {
    const { ecs } = theatre.clients
    const ofService = { cluster: 'hello', service: 'alone' }
    let id = ''
    await until('ECS has deployed it', async () => {
      const [deployed] = (await ecs.send(new ListServiceDeploymentsCommand(ofService))).serviceDeployments ?? []
      id = deployed?.serviceDeploymentArn?.split('/').at(-1) ?? ''
      return deployed?.status === 'SUCCESSFUL'
    })
    const page = await browser.page(`${theatre.url}/console/deployments/${id}`)
    await ask(page, 'Roll back to this one', /is deployed again/)
    await page.getByRole('link', { name: 'Watch it' }).click()
    await page.waitForURL(({ pathname }) => !pathname.endsWith(id))
    await page.getByRole('heading', { name: /alone/ }).waitFor()
    assert.equal((await ecs.send(new ListServiceDeploymentsCommand(ofService))).serviceDeployments?.length, 2)
    assert.deepEqual(browser.complaints, [])
    await page.close()
  })

  test('a page that has pointed its own name at this machine is shown nothing, neither pages nor answers of the API', async () => {
    const url = theatre.url.replace('127.0.0.1', reboundName)
    const page = await browser.page('about:blank')
    await page.goto(`${url}/console`)
    await page.getByText(`Refused: ${new URL(url).host} may be anybody's name.`).waitFor()
    const asked = `fetch('/', {
      headers: { authorization: 'AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/s3/aws4_request',
        'accept-language': '' }, referrerPolicy: 'no-referrer' }).then(({ status }) => status)`
    assert.equal(await page.evaluate(asked), 403)
    assert.equal(await (await browser.page(`${theatre.url}/`)).evaluate(asked), 200)
    assert.equal(browser.complaints.splice(0).filter((text) => !text.includes('403')).length, 0)
  })
})

/** A service without load balancer. Its first deployment takes the better part of a minute, in which other tests go on. */
async function createAlone(theatre: Theatre): Promise<void> {
  const service = { cluster: 'hello', serviceName: 'alone', desiredCount: 1, networkConfiguration: network }
  await theatre.clients.ecs.send(
    new CreateServiceCommand({ ...service, taskDefinition: await theatre.register('hello:1') }),
  )
}

/** The dialog holds the focus, Escape leaves it with nothing done, and the focus is where it was. */
async function keyboardMayLeave(page: Page, action: string): Promise<void> {
  const button = page.getByRole('button', { name: action, exact: true })
  await button.press('Enter')
  const dialog = page.getByRole('dialog', { name: action })
  await dialog.getByRole('listitem').first().waitFor()
  for (let step = 0; step < 4; step += 1) {
    await page.keyboard.press('Tab')
    assert.equal(await page.locator(':focus:not(dialog, dialog *, body)').count(), 0, 'the focus stays in the dialog')
  }
  await page.keyboard.press('Escape')
  await dialog.waitFor({ state: 'detached' })
  assert.equal(await focused(page), action)
}

/** A browser tells what a file is by its name. */
async function saved(page: Page, link: string, name: string): Promise<string> {
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: link }).click()])
  assert.equal(download.suggestedFilename(), name)
  const path = `${await download.path()}-${name}`
  await download.saveAs(path)
  return path
}

/** The id of what has the focus, or its text. */
async function focused(page: Page): Promise<string> {
  const found = page.locator(':focus')
  return (await found.getAttribute('id')) ?? (await found.innerText())
}

async function widthOf(page: Page): Promise<unknown> {
  return page.evaluate('document.documentElement.scrollWidth')
}
