import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { chromium } from 'playwright-core'
import type { Browser, BrowserContext, Page } from 'playwright-core'

const places = [
  process.env['CHROMIUM'] ?? '',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
]
const program = places.find((place) => place !== '' && existsSync(place))

/** Why tests in a browser are skipped, or false. */
export const missingChromium =
  program === undefined
    ? 'Chromium is not installed (apt-get install chromium): the console is not tried in a browser'
    : false

/** What somebody has pointed at this machine, for this browser. */
export const reboundName = 'rebound.example'

const mostAttempts = 4
const drawMilliseconds = 15_000

const pictures = join(import.meta.dirname, '../../.screenshots')

/** A real browser; what goes wrong in a page of it is collected. */
export class TestBrowser {
  readonly #browser: Browser
  readonly complaints: string[] = []

  private constructor(browser: Browser) {
    this.#browser = browser
  }

  static async open(): Promise<TestBrowser> {
    mkdirSync(pictures, { recursive: true })
    const options = program === undefined ? {} : { executablePath: program }
    const rules = `--host-resolver-rules=MAP ${reboundName} 127.0.0.1`
    const args = ['--no-sandbox', '--disable-dev-shm-usage', rules]
    return new TestBrowser(await chromium.launch({ ...options, args }))
  }

  async page(
    url: string,
    look: { readonly width?: number; readonly height?: number; readonly scheme?: 'light' | 'dark' } = {},
  ): Promise<Page> {
    const { width = 1360, height = 900, scheme = 'light' } = look
    const page = await this.#browser.newPage({
      viewport: { width, height },
      colorScheme: scheme,
      acceptDownloads: true,
    })
    page.setDefaultTimeout(60_000)
    page.on('pageerror', (error) => this.complaints.push(String(error.stack)))
    page.on('console', (message) => {
      if (message.type() === 'error' && !message.text().includes('net::ERR_')) this.complaints.push(message.text())
    })
    if (url === 'about:blank') return page
    await goTo(page, url)
    return page
  }

  /** Somebody whose windows share what a browser has but once: its connections to a server. */
  user(): Promise<BrowserContext> {
    return this.#browser.newContext()
  }

  /** Tests close their pages: what is still open is where one has failed. */
  async close(): Promise<void> {
    const open = this.#browser.contexts().flatMap((context) => context.pages())
    for (const [place, page] of open.entries()) {
      await picture(page, `unfinished-${process.pid}-${place + 1}`).catch((error: unknown) =>
        console.log(String(error)),
      )
    }
    await this.#browser.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}

/**
 * Chromium gives up what it is loading when a network of the machine comes or goes, as those of containers do. A page whose
 * script is lost that way stays empty until somebody loads it again.
 */
async function goTo(page: Page, url: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await page.goto(url)
      await page.locator('main, form.login').first().waitFor({ timeout: drawMilliseconds })
      return
    } catch (error) {
      if (attempt === mostAttempts) throw error
    }
  }
}

/** Kept for people to look at. */
export async function picture(page: Page, name: string): Promise<void> {
  const path = join(pictures, `${name}.png`)
  await page.screenshot({ path, fullPage: true })
  console.log(`picture: ${path}`)
}
