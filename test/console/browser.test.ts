import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Page } from 'playwright-core'
import { Theatre, until } from '../survival/theatre.ts'
import { missingChromium, picture, TestBrowser } from './chromium.ts'

describe('the console in a browser', { skip: missingChromium }, () => {
  let theatre: Theatre
  let browser: TestBrowser

  before(async () => {
    theatre = await Theatre.open('600ms')
    browser = await TestBrowser.open()
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
    const page = await browser.page(`${theatre.url}/`)
    assert.equal(new URL(page.url()).pathname, '/console')
    await page.getByRole('link', { name: id }).first().click()
    await choose(page, 'Continue')
    await page.getByText('Production traffic: 10% to hello-green').first().waitFor()
    await picture(page, 'canary')
    await page.getByText('all weight on hello-green').first().waitFor()
    await choose(page, 'End the termination wait')
    await page.getByText('Nothing was lost').first().waitFor()
    await load.stop()
    await page.getByText('Succeeded').first().waitFor()
    await picture(page, 'succeeded')
    assert.equal((await theatre.ended(id)).status, 'Succeeded')
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
    await choose(page, 'Stop and roll back')
    await page.getByText('MANUAL_STOP').first().waitFor()
    const rollback = (await theatre.deployment(id)).rollbackInfo?.rollbackDeploymentId ?? ''
    await page.getByRole('link', { name: rollback }).click()
    await page.getByText('Succeeded').first().waitFor()
    await until('the rollback has ended', async () => (await theatre.deployment(rollback)).status === 'Succeeded')
    assert.deepEqual(browser.complaints, [])
    await page.close()
  })
})

/** The button of the page, then the one of the dialog, which says what will happen. */
async function choose(page: Page, action: string): Promise<void> {
  await page.getByRole('button', { name: action, exact: true }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('listitem').first().waitFor()
  await dialog.getByRole('button', { name: action, exact: true }).click()
  await dialog.getByRole('status').waitFor()
  await dialog.getByRole('button', { name: 'Close' }).click()
}
