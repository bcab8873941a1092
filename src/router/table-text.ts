import type { RoutingTable } from '../domain/routing-table.ts'
import { eachInSlices } from './slices.ts'

type TargetGroups = RoutingTable['targetGroups']

/** Tables as JSON, made in slices. The text of a listener or target group is made once, for as long as it stays the same. */
export class TableText {
  readonly #texts = new WeakMap<object, Buffer>()
  /**
   * Each table is put together where the last one was: memory that was never touched takes its time. The target groups
   * come first, and stay as they lie there when the next table has the very same.
   */
  #room = Buffer.alloc(0)
  #length = 0
  #groups: { readonly of: TargetGroups; readonly length: number } | undefined

  /** Valid until the next one is made. */
  async of({ version, listeners, targetGroups }: RoutingTable): Promise<Buffer> {
    const routes = await eachInSlices(listeners, (route) => this.#text(route, ''))
    this.#length = await this.#putGroups(targetGroups)
    this.#put([Buffer.from('"listeners":['), ...separated(routes), Buffer.from(`],"version":${version}}`)])
    return this.#room.subarray(0, this.#length)
  }

  /** Resolves to the length of what lies there then. */
  async #putGroups(targetGroups: TargetGroups): Promise<number> {
    if (this.#groups?.of === targetGroups) return this.#groups.length
    const texts = await eachInSlices(Object.entries(targetGroups), ([arn, group]) =>
      this.#text(group, `${JSON.stringify(arn)}:`),
    )
    this.#length = 0
    this.#put([Buffer.from('{"targetGroups":{'), ...separated(texts), Buffer.from('},')])
    this.#groups = { of: targetGroups, length: this.#length }
    return this.#length
  }

  #put(texts: readonly Buffer[]): void {
    this.#makeRoom(texts.reduce((sum, text) => sum + text.length, this.#length))
    for (const text of texts) this.#length += text.copy(this.#room, this.#length)
  }

  #makeRoom(length: number): void {
    if (this.#room.length >= length) return
    const larger = Buffer.allocUnsafeSlow(Math.ceil(1.25 * length))
    this.#room.copy(larger, 0, 0, this.#length)
    this.#room = larger
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
