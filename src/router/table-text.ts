import type { RoutingTable } from '../domain/routing-table.ts'
import { eachInSlices } from './slices.ts'

/** Tables as JSON, made in slices. The text of a listener or target group is made once, for as long as it stays the same. */
export class TableText {
  readonly #texts = new WeakMap<object, Buffer>()

  async of({ version, listeners, targetGroups }: RoutingTable): Promise<Buffer> {
    const routes = await eachInSlices(listeners, (route) => this.#text(route, ''))
    const groups = await eachInSlices(Object.entries(targetGroups), ([arn, group]) =>
      this.#text(group, `${JSON.stringify(arn)}:`),
    )
    return Buffer.concat([
      Buffer.from(`{"version":${version},"listeners":[`),
      ...separated(routes),
      Buffer.from('],"targetGroups":{'),
      ...separated(groups),
      Buffer.from('}}'),
    ])
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
