import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, describe, test } from 'node:test'
import type { Page } from 'playwright-core'
import { missingChromium, TestBrowser } from '../chromium.ts'
import { until } from '../../survival/theatre.ts'
import { shownDeployment, ShownServer, ShownSource } from '../shown-deployment.ts'

describe('the console in a browser, and its connection', { skip: missingChromium }, () => {
  let browser: TestBrowser
  let source: ShownSource
  let server: ShownServer

  before(async () => {
    browser = await TestBrowser.open()
  })
  after(() => browser?.close())
  beforeEach(async () => {
    source = new ShownSource()
    source.show(shownDeployment('d-ONE'))
    server = await ShownServer.start(source)
  })
  afterEach(() => server.close())

  test('however many windows are in the background, one more opens', async () => {
    const user = await browser.user()
    for (let window = 0; window < 7; window += 1) {
      const hidden = await user.newPage()
      await hidden.goto(`${server.url}/console/deployments/d-ONE`)
      await hidden.getByText('live', { exact: true }).waitFor()
      await look(hidden, 'hidden')
    }
    const page = await user.newPage()
    await page.goto(`${server.url}/console/deployments/d-ONE`)
    await page.getByText('live', { exact: true }).waitFor()
    await user.close()
  })

  test('the title of a page in the background tells that its deployment has ended, and the page is whole when it is seen', async () => {
    const page = await browser.page('about:blank')
    await page.clock.install()
    await page.goto(`${server.url}/console/deployments/d-ONE`)
    await page.getByRole('heading', { name: 'Stages' }).waitFor()
    assert.equal(await page.title(), 'InProgress d-ONE · Teal')
    await look(page, 'hidden')
    await page.clock.runFor(5_000)
    source.show(succeeded('d-ONE'))
    await page.clock.runFor(15_000)
    await until('the title tells it', async () => (await page.title()) === 'Succeeded d-ONE · Teal')
    await look(page, 'visible')
    await page.getByText('all is well').first().waitFor()
    await page.getByText('live', { exact: true }).waitFor()
    await page.context().close()
  })

  test('an engine that stands still is told as a lost connection, and found again when it goes on', async () => {
    const page = await browser.page('about:blank')
    await page.clock.install()
    await page.goto(`${server.url}/console/deployments/d-ONE`)
    await page.getByText('live', { exact: true }).waitFor()
    server.standStill()
    await page.clock.runFor(40_000)
    await page.getByText('connection lost, trying again').waitFor()
    source.show(succeeded('d-ONE'))
    server.goOn()
    await page.clock.runFor(40_000)
    await page.getByText('live', { exact: true }).waitFor()
    await page.getByText('all is well').first().waitFor()
    await page.context().close()
  })

  test('a window too many is told why it shows nothing, and gets its place when there is one', async () => {
    const left = new AbortController()
    const url = `${server.url}/console/events?deployment=d-ONE`
    const watching = await Promise.all(Array.from({ length: 64 }, () => fetch(url, { signal: left.signal })))
    const page = await browser.page(`${server.url}/console/deployments/d-ONE`)
    await page.getByText('Too many windows watch already. Close some.').waitFor()
    left.abort()
    await Promise.allSettled(watching.map((answer) => answer.text()))
    await page.getByText('live', { exact: true }).waitFor()
    await page.getByRole('heading', { name: 'Stages' }).waitFor()
    assert.equal(await page.getByRole('alert').count(), 0)
    await page.context().close()
  })

  test('a page whose log-in has run out leads to the log-in when it has to connect again', async () => {
    const page = await browser.page('about:blank')
    await page.goto(`${server.url}/console/deployments/d-ONE`)
    await page.getByText('live', { exact: true }).waitFor()
    server.askForToken()
    await page.getByLabel('Token').waitFor()
    assert.equal(new URL(page.url()).searchParams.get('to'), '/console/deployments/d-ONE')
    await page.context().close()
  })

  test('times are told by the clock of the engine, however wrong the clock of the browser is', async () => {
    source.show(shownDeployment('d-ONE', { now: { until: Date.now() + 600_000 } }))
    const page = await browser.page('about:blank')
    await page.clock.install({ time: Date.now() + 3_600_000 })
    await page.goto(`${server.url}/console/deployments/d-ONE`)
    await page.getByText(/^(10:00|9:\d\d)$/).waitFor()
    await page.getByText(/^\d+(\.\d)? s in all$/).waitFor()
    await page.context().close()
  })

  test('a list that was scrolled through is up to date at its top, too', async () => {
    source.show(...Array.from({ length: 1_000 }, (_, place) => shownDeployment(`d-${1_000 + place}`)))
    const page = await browser.page(`${server.url}/console/deployments`)
    await page.getByText('d-1000', { exact: true }).waitFor()
    for (const row of [150, 250, 350, 450]) {
      await page.evaluate(`scrollTo(0, ${row * 44})`)
      await page.getByText(`d-${1_000 + row}`, { exact: true }).waitFor()
    }
    await page.evaluate('scrollTo(0, 0)')
    source.show(shownDeployment('d-NEWEST'))
    await page.getByText('d-NEWEST', { exact: true }).waitFor()
    await page.context().close()
  })
})

function succeeded(id: string) {
  const head = { status: 'Succeeded', tone: 'good' as const, endedAt: Date.now() }
  return shownDeployment(id, { head, now: { sentence: 'all is well' } })
}

/** Chromium without a screen takes every page for one that is seen; one that is not is not drawn. */
async function look(page: Page, state: 'hidden' | 'visible'): Promise<void> {
  await page.evaluate(`
    window.draw ??= requestAnimationFrame
    window.undrawn ??= []
    window.requestAnimationFrame = '${state}' === 'visible' ? window.draw : (drawn) => window.undrawn.push(drawn)
    for (const drawn of window.undrawn.splice(0)) requestAnimationFrame(drawn)
    Object.defineProperty(document, 'visibilityState', { configurable: true, value: '${state}' })
    document.dispatchEvent(new Event('visibilitychange'))
  `)
}
