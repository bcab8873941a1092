import type { RoutingTable } from '../domain/routing-table.ts'
import { eachInSlices } from './slices.ts'

type TargetGroups = RoutingTable['targetGroups']

/** Tables as JSON, made in slices. The text of a listener or target group is made once, for as long as it stays the same. */
export class TableText {
  /** Of the last table. Weak ones would be as good, and cost each full collection a millisecond. */
  #routeTexts: Texts = new Map()
  #groupTexts: Texts = new Map()
  /**
   * Each table is put together where the last one was: memory that was never touched takes its time. The target groups
   * come first, and stay as they lie there when the next table has the very same.
   */
  #room = Buffer.alloc(0)
  #length = 0
  #groups: { readonly of: TargetGroups; readonly length: number } | undefined

  /** Valid until the next one is made. */
  async of({ version, listeners, targetGroups }: RoutingTable): Promise<Buffer> {
    const routes = await textsOf(listeners, this.#routeTexts, () => '')
    this.#routeTexts = routes
    this.#length = await this.#putGroups(targetGroups)
    this.#put([Buffer.from('"listeners":['), ...separated(routes), Buffer.from(`],"version":${version}}`)])
    return this.#room.subarray(0, this.#length)
  }

  /** Resolves to the length of what lies there then. */
  async #putGroups(targetGroups: TargetGroups): Promise<number> {
    if (this.#groups?.of === targetGroups) return this.#groups.length
    const texts = await textsOf(
      [...targetGroups.values()],
      this.#groupTexts,
      ({ targetGroupArn }) => `${JSON.stringify(targetGroupArn)}:`,
    )
    this.#groupTexts = texts
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
}

type Texts = ReadonlyMap<object, Buffer>

/** The text of each, with its name before it; that of an earlier one where it is the same. */
async function textsOf<Part extends object>(
  parts: readonly Part[],
  before: Texts,
  nameOf: (part: Part) => string,
): Promise<Texts> {
  const texts = await eachInSlices(
    parts,
    (part) => [part, before.get(part) ?? Buffer.from(nameOf(part) + JSON.stringify(part))] as const,
  )
  return new Map(texts)
}

const comma = Buffer.from(',')

function separated(texts: Texts): readonly Buffer[] {
  return [...texts.values()].flatMap((text, at) => (at === 0 ? [text] : [comma, text]))
}
