import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, describe, test } from 'node:test'
import type { ActionView } from '../../../src/console/views.ts'
import { missingChromium, TestBrowser } from '../chromium.ts'
import { shownDeployment, ShownServer, ShownSource } from '../shown-deployment.ts'

/** As long as Lambda lets a function's name be. */
const longName = 'checks-every-page-of-the-shop-in-every-language-before-customers'
const stop = action({ kind: 'stop', label: 'Stop', isDangerous: true })

describe('a deployment’s page in a browser', { skip: missingChromium }, () => {
  let browser: TestBrowser
  let source: ShownSource
  let server: ShownServer

  before(async () => {
    browser = await TestBrowser.open()
  })
  after(() => browser?.close())
  beforeEach(async () => {
    source = new ShownSource()
    server = await ShownServer.start(source)
  })
  afterEach(() => server.close())

  test('how a deployment ends is read aloud where it was read what it does', async () => {
    source.show(shownDeployment('d-ONE'))
    const page = await browser.page(`${server.url}/console/deployments/d-ONE`)
    const told = page.locator('main [role=status]')
    await told.filter({ hasText: 'Now holding 10% to web-green.' }).waitFor({ state: 'attached' })
    await told.evaluate('document.querySelector("main [role=status]").wasThere = true')
    const failure = { code: 'HEALTH_CONSTRAINTS', message: 'Green did not get healthy.' }
    source.show(shownDeployment('d-ONE', { head: { status: 'Failed', tone: 'bad', endedAt: Date.now(), failure } }))
    await told.filter({ hasText: 'Failed. Green did not get healthy.' }).waitFor({ state: 'attached' })
    assert.equal(await page.evaluate('document.querySelector("main [role=status]").wasThere'), true)
    await page.context().close()
  })

  test('two clicks at once ask once, and the keyboard goes on at the way out', async () => {
    source.show(shownDeployment('d-ONE', { actions: [stop] }))
    const page = await browser.page(`${server.url}/console/deployments/d-ONE`)
    let asked = 0
    page.on('request', (request) => (asked += request.method() === 'POST' ? 1 : 0))
    await page.getByRole('button', { name: 'Stop' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Stop' }).waitFor()
    await page.evaluate('for (const _ of [1, 2]) document.querySelector("dialog .solid").click()')
    const outcome = page.getByRole('dialog').getByRole('status')
    await outcome.filter({ hasText: 'ECONNREFUSED' }).waitFor()
    assert.equal(asked, 1)
    const focused = page.locator(':focus')
    assert.equal(await focused.innerText(), 'Close')
    assert.equal(await focused.getAttribute('aria-describedby'), await outcome.getAttribute('id'))
    await page.keyboard.press('Enter')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    await page.context().close()
  })

  test('a function with a long name neither pushes the title away nor leaves its own button', async () => {
    const run = action({ kind: 'runHook', label: `Run ${longName} now`, subject: longName })
    source.show(shownDeployment('d-ONE', { actions: [stop, run] }))
    const page = await browser.page(`${server.url}/console/deployments/d-ONE`, { width: 390, height: 844 })
    await page.getByRole('button', { name: run.label }).click()
    const dialog = await page.getByRole('dialog').boundingBox()
    const button = await page.getByRole('dialog').getByRole('button', { name: run.label }).boundingBox()
    assert(dialog !== null && button !== null)
    assert(button.x >= dialog.x && button.x + button.width <= dialog.x + dialog.width, 'the button is in its dialog')
    assert.equal(await page.evaluate('document.documentElement.scrollWidth'), 390, 'nothing is wider than a phone')
    await page.setViewportSize({ width: 1100, height: 800 })
    const title = await page.locator('.head .title').boundingBox()
    assert((title?.width ?? 0) >= 350, `the title has ${title?.width} pixels`)
    await page.context().close()
  })

  test('the rows of deployments with long names stay apart on a phone', async () => {
    const title = 'a-shop-with-a-long-name-for-everybody / production-in-europe-and-everywhere-else'
    source.show(shownDeployment('d-ONE', { head: { title } }), shownDeployment('d-TWO', { head: { title } }))
    const page = await browser.page(`${server.url}/console/deployments`, { width: 340, height: 600 })
    await page.getByText(title).first().waitFor()
    const [row, name] = await Promise.all([
      page.locator('.virtual .item').first().boundingBox(),
      page.locator('.virtual .name b').first().boundingBox(),
    ])
    assert(row !== null && name !== null)
    assert(name.height <= row.height, `a name of ${name.height} pixels in a row of ${row.height}`)
    await page.context().close()
  })

  test('no status is cut off in the list', async () => {
    const head = { status: 'ROLLBACK_IN_PROGRESS', title: 'shop / web' }
    source.show(shownDeployment('one', { head }))
    const page = await browser.page(`${server.url}/console/deployments`)
    for (const width of [1360, 390]) {
      await page.setViewportSize({ width, height: 800 })
      const cell = page.locator('.virtual .status')
      await cell.waitFor()
      const missing =
        'document.querySelector(".virtual .status").scrollWidth - document.querySelector(".virtual .status").clientWidth'
      assert.equal(await page.evaluate(missing), 0, `of a page of ${width} pixels`)
    }
    await page.context().close()
  })

  test('a deployment that lasted for days has ended on a day', async () => {
    const [startedAt, endedAt] = [new Date(2026, 10, 20, 23, 50), new Date(2026, 10, 22, 0, 20)].map(Number)
    source.show(shownDeployment('d-ONE', { head: { startedAt, endedAt, status: 'Succeeded' } }))
    const page = await browser.page(`${server.url}/console/deployments/d-ONE`)
    assert.match(await page.locator('.facts').innerText(), /Ended\s+2026-11-22 00:20:00/)
    await page.context().close()
  })

  test('a listener of every address is linked by the address that the page was asked by', async () => {
    source.show(shownDeployment('d-ONE', { head: { facts: [['Production', 'http://0.0.0.0:8080']] } }))
    const page = await browser.page(`${server.url}/console/deployments/d-ONE`)
    const link = page.getByRole('link', { name: ':8080' })
    assert.equal(await link.getAttribute('href'), 'http://127.0.0.1:8080')
    await page.context().close()
  })
})

function action(told: Pick<ActionView, 'kind' | 'label'> & Partial<ActionView>): ActionView {
  return { consequences: [`${told.label}: this happens.`], isDangerous: false, subject: undefined, ...told }
}
