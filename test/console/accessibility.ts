import type { Page } from 'playwright-core'

/** Of what there is in a page, what is used here: the tests are type-checked as Node's, which has no pages. */
type PageElement = {
  readonly parentElement: PageElement | null
  readonly childNodes: Iterable<{ readonly nodeType: number; readonly textContent: string | null }>
  readonly namespaceURI: string | null
  checkVisibility(): boolean
  closest(selectors: string): PageElement | null
  getBoundingClientRect(): { readonly width: number }
}
type PageContext = {
  fillStyle: string
  clearRect(...place: readonly number[]): void
  fillRect(...place: readonly number[]): void
  getImageData(...place: readonly number[]): { readonly data: Iterable<number> }
}
type PageCanvas = { getContext(kind: '2d', options: { readonly willReadFrequently: boolean }): PageContext | null }
type PageStyle = Readonly<Record<'backgroundColor' | 'color' | 'fill' | 'fontSize' | 'fontWeight' | 'opacity', string>>
declare const document: {
  createElement(name: 'canvas'): PageCanvas
  querySelectorAll(selectors: string): Iterable<PageElement>
}
declare function getComputedStyle(element: PageElement): PageStyle

/** What somebody with a screen reader, or with weak eyes, would miss on the page as it is: a line each. */
export async function barriersOf(page: Page): Promise<readonly string[]> {
  return [...(await unnamedOf(page)), ...(await page.evaluate(faintTexts))]
}

const named = new Set([
  'button',
  'link',
  'searchbox',
  'textbox',
  'img',
  'image',
  'meter',
  'dialog',
  'columnheader',
  'heading',
])

/** As the browser tells a screen reader. */
async function unnamedOf(page: Page): Promise<readonly string[]> {
  const session = await page.context().newCDPSession(page)
  const { nodes } = await session.send('Accessibility.getFullAXTree')
  await session.detach()
  return nodes.flatMap(({ ignored, role, name }) => {
    const isWanting = !ignored && named.has(String(role?.value)) && String(name?.value ?? '').trim() === ''
    return isWanting ? [`a ${String(role?.value)} has no name`] : []
  })
}

/** Runs in the page. Texts whose contrast to what is behind them is below 4.5, large ones below 3. */
function faintTexts(): string[] {
  const context = document.createElement('canvas').getContext('2d', { willReadFrequently: true })
  type Colour = readonly [red: number, green: number, blue: number, alpha: number]
  const colourOf = (text: string): Colour => {
    context?.clearRect(0, 0, 1, 1)
    if (context) context.fillStyle = text
    context?.fillRect(0, 0, 1, 1)
    const [red = 0, green = 0, blue = 0, alpha = 0] = context?.getImageData(0, 0, 1, 1).data ?? []
    return [red, green, blue, alpha / 255]
  }
  const over = ([r, g, b, alpha]: Colour, [r2, g2, b2]: Colour): Colour => {
    const mixed = (one: number, other: number): number => one * alpha + other * (1 - alpha)
    return [mixed(r, r2), mixed(g, g2), mixed(b, b2), 1]
  }
  const behind = (element: PageElement): Colour => {
    const own = colourOf(getComputedStyle(element).backgroundColor)
    if (own[3] === 1) return own
    return over(own, element.parentElement === null ? [255, 255, 255, 1] : behind(element.parentElement))
  }
  const opacityOf = (element: PageElement | null): number =>
    element === null ? 1 : Number(getComputedStyle(element).opacity) * opacityOf(element.parentElement)
  const luminance = ([r, g, b]: Colour): number => {
    const [red = 0, green = 0, blue = 0] = [r, g, b].map((each) =>
      each / 255 <= 0.03928 ? each / 255 / 12.92 : ((each / 255 + 0.055) / 1.055) ** 2.4,
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
  }
  return Array.from(document.querySelectorAll('body *')).flatMap((element) => {
    const text = Array.from(element.childNodes, (node) => (node.nodeType === 3 ? (node.textContent ?? '') : '')).join(
      '',
    )
    const isShown = element.checkVisibility() && element.getBoundingClientRect().width > 2
    if (text.trim() === '' || !isShown || element.closest('script, title, :disabled') !== null) return []
    const { color, fill, fontSize, fontWeight } = getComputedStyle(element)
    const ink = colourOf(element.namespaceURI?.endsWith('svg') === true ? fill : color)
    const ground = behind(element)
    const seen = over([ink[0], ink[1], ink[2], ink[3] * opacityOf(element)], ground)
    const [light = 0, dark = 0] = [luminance(seen), luminance(ground)].toSorted((one, other) => other - one)
    const contrast = (light + 0.05) / (dark + 0.05)
    const size = Number.parseFloat(fontSize)
    const isLarge = size >= 24 || (size >= 18.66 && Number(fontWeight) >= 700)
    return contrast < (isLarge ? 3 : 4.5) ? [`contrast ${contrast.toFixed(2)}: ${text.trim().slice(0, 40)}`] : []
  })
}
