import type { RoutingTable } from '../domain/routing-table.ts'
import { eachInSlices } from './slices.ts'

/** Tables as JSON, made in slices. The text of a listener or target group is made once, for as long as it stays the same. */
export class TableText {
  readonly #texts = new WeakMap<object, Buffer>()
  /** The last text was put together here, and so is the next one: memory that was never touched takes its time. */
  #room = Buffer.alloc(0)

  /** Valid until the next one is made. */
  async of({ version, listeners, targetGroups }: RoutingTable): Promise<Buffer> {
    const routes = await eachInSlices(listeners, (route) => this.#text(route, ''))
    const groups = await eachInSlices(Object.entries(targetGroups), ([arn, group]) =>
      this.#text(group, `${JSON.stringify(arn)}:`),
    )
    return this.#together([
      Buffer.from(`{"version":${version},"listeners":[`),
      ...separated(routes),
      Buffer.from('],"targetGroups":{'),
      ...separated(groups),
      Buffer.from('}}'),
    ])
  }

  #together(texts: readonly Buffer[]): Buffer {
    const length = texts.reduce((sum, text) => sum + text.length, 0)
    if (this.#room.length < length) this.#room = Buffer.allocUnsafeSlow(Math.ceil(1.25 * length))
    let at = 0
    for (const text of texts) at += text.copy(this.#room, at)
    return this.#room.subarray(0, length)
  }

  #text(part: object, name: string): Buffer {
    const known = this.#texts.get(part)
    if (known !== undefined) return known
    const text = Buffer.from(name + JSON.stringify(part))
    this.#texts.set(part, text)
    return text
  }
}

const comma = Buffer.from(',')

function separated(texts: readonly Buffer[]): readonly Buffer[] {
  return texts.flatMap((text, at) => (at === 0 ? [text] : [comma, text]))
}
