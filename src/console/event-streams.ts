import type { ServerResponse } from 'node:http'
import type { ConsoleSource } from './source.ts'
import type { DeploymentView, Pulse, TrafficPoint } from './views.ts'

/** Browsers that watch at once; one more is refused. */
const mostClients = 64
/** What a browser may leave unread before it is dropped; it connects again and gets the whole again. */
const mostUnreadBytes = 2 * 1024 * 1024
/** How often what is watched is looked at, at most. */
const tickMilliseconds = { overview: 1_000, deployment: 250 } as const
/** A page that hears nothing for longer takes the engine to be gone. */
const keepAliveMilliseconds = 15_000
const retryMilliseconds = 1_000

export type Topic =
  { readonly kind: 'overview'; readonly text: string } | { readonly kind: 'deployment'; readonly id: string }

/**
 * Server-sent events for whoever looks at the console. What is looked at is read once for all who look at it, when it has
 * changed; each section is sent when its text is another than before. Where nobody looks nothing is read and no timer runs.
 */
export class EventStreams {
  readonly #source: ConsoleSource
  readonly #channels = new Map<string, Channel>()

  constructor(source: ConsoleSource) {
    this.#source = source
  }

  get clientCount(): number {
    return [...this.#channels.values()].reduce((sum, { clients }) => sum + clients.size, 0)
  }

  /** False when there are too many already. */
  join(topic: Topic, response: ServerResponse): boolean {
    if (this.clientCount >= mostClients) return false
    response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'x-accel-buffering': 'no',
    })
    response.write(`retry: ${retryMilliseconds}\n\n`)
    const key = JSON.stringify(topic)
    const channel = this.#channels.get(key) ?? new Channel(this.#source, topic)
    this.#channels.set(key, channel)
    channel.add(response)
    response.once('close', () => {
      channel.remove(response)
      if (channel.clients.size === 0) this.#channels.delete(key)
    })
    return true
  }

  close(): void {
    for (const channel of this.#channels.values()) channel.close()
    this.#channels.clear()
  }
}

type Section = { readonly name: string; readonly text: string }

/** One thing that is looked at, and all who look. */
class Channel {
  readonly #source: ConsoleSource
  readonly #topic: Topic
  readonly clients = new Set<ServerResponse>()
  /** Those who have been sent nothing yet. */
  readonly #new = new Set<ServerResponse>()
  readonly #sent = new Map<string, string>()
  #points = new Map<number, string>()
  #unwatch: (() => void) | undefined
  #timer: NodeJS.Timeout | undefined
  #keepAlive: NodeJS.Timeout | undefined
  #lastTick = 0
  #isReading = false
  #isDirty = false
  #isTroubled = false

  constructor(source: ConsoleSource, topic: Topic) {
    this.#source = source
    this.#topic = topic
  }

  add(client: ServerResponse): void {
    this.clients.add(client)
    this.#new.add(client)
    this.#begin()
    this.#soon(0)
  }

  remove(client: ServerResponse): void {
    this.clients.delete(client)
    this.#new.delete(client)
    if (this.clients.size === 0) this.#rest()
  }

  close(): void {
    this.#rest()
    for (const client of this.clients) client.end()
  }

  #begin(): void {
    if (this.#unwatch !== undefined) return
    const id = this.#topic.kind === 'deployment' ? this.#topic.id : undefined
    const changed = (): void => this.#soon(this.#lastTick + tickMilliseconds[this.#topic.kind] - performance.now())
    this.#unwatch = this.#source.watch(id, { changed, pulse: (pulse) => this.#pulse(pulse) })
    this.#keepAlive = setInterval(
      () => this.#send(this.clients, eventOf({ name: 'alive', text: 'null' })),
      keepAliveMilliseconds,
    )
  }

  #rest(): void {
    this.#unwatch?.()
    this.#unwatch = undefined
    clearTimeout(this.#timer)
    clearInterval(this.#keepAlive)
    this.#timer = undefined
    this.#sent.clear()
    this.#points.clear()
  }

  #soon(milliseconds: number): void {
    if (this.#isReading) this.#isDirty = true
    else this.#timer ??= setTimeout(() => void this.#tick(), Math.max(0, milliseconds))
  }

  async #tick(): Promise<void> {
    this.#timer = undefined
    this.#isReading = true
    this.#lastTick = performance.now()
    try {
      this.#tell(await this.#read())
      if (this.#isTroubled) this.#send(this.clients, eventOf({ name: 'trouble', text: 'null' }))
      this.#isTroubled = false
    } catch (error) {
      this.#isTroubled = true
      const text = JSON.stringify(error instanceof Error ? error.message : String(error))
      this.#send(this.clients, eventOf({ name: 'trouble', text }))
    }
    this.#isReading = false
    // What cannot be read is asked for again when its source says so: one that is asked too often is not asked more.
    const again = this.#isDirty || (this.#new.size > 0 && !this.#isTroubled)
    this.#isDirty = false
    if (again && this.#unwatch !== undefined) this.#soon(tickMilliseconds[this.#topic.kind])
  }

  async #read(): Promise<readonly Section[]> {
    if (this.#topic.kind === 'overview') {
      const [overview, deployments] = await Promise.all([
        this.#source.overview({ text: this.#topic.text }),
        this.#source.deployments({ text: '', status: undefined, offset: 0, limit: 12 }),
      ])
      return [section('overview', overview), section('latest', deployments)]
    }
    const view = await this.#source.deployment(this.#topic.id)
    if (view === undefined) return [section('missing', this.#topic.id)]
    return Object.entries(view).map(([name, value]) => section(name, value))
  }

  /** Who has just come gets everything; the others what is new. */
  #tell(sections: readonly Section[]): void {
    const joined = new Set(this.#new)
    this.#new.clear()
    const others = [...this.clients].filter((client) => !joined.has(client))
    for (const each of sections) {
      const isNew = this.#sent.get(each.name) !== each.text
      this.#sent.set(each.name, each.text)
      if (joined.size > 0) this.#send(joined, eventOf(each))
      if (isNew && others.length > 0)
        this.#send(others, eventOf(each.name === 'traffic' ? this.#newPoints(each) : each))
      if (each.name === 'traffic') this.#points = pointsOf(each)
    }
  }

  #newPoints({ name, text }: Section): Section {
    const points = pointsOf({ name, text })
    const fresh = [...points].flatMap(([from, point]) => (this.#points.get(from) === point ? [] : [point]))
    return { name: 'points', text: `[${fresh.join(',')}]` }
  }

  #pulse(pulse: Pulse): void {
    const others = [...this.clients].filter((client) => !this.#new.has(client))
    if (others.length > 0) this.#send(others, eventOf({ name: 'pulse', text: JSON.stringify(pulse) }))
  }

  #send(clients: Iterable<ServerResponse>, text: string): void {
    for (const client of clients) {
      if (client.writableLength > mostUnreadBytes) client.destroy()
      else client.write(text)
    }
  }
}

function section(name: string, value: unknown): Section {
  return { name, text: JSON.stringify(value) }
}

/** By their beginnings. */
function pointsOf({ text }: Section): Map<number, string> {
  const points = JSON.parse(text) as DeploymentView['traffic']
  return new Map(points.map((point: TrafficPoint) => [point.from, JSON.stringify(point)]))
}

/** JSON has no line ends of its own. */
function eventOf({ name, text }: Section): string {
  return `event: ${name}\ndata: ${text}\n\n`
}
