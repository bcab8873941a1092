import type { DeploymentPage, DeploymentView, DocumentView, Pulse, TrafficPoint } from '../views.ts'
import { merged } from './state.ts'
import type { ListState, State } from './state.ts'
import { goToLogin, Stream } from './stream.ts'
import type { Handlers } from './stream.ts'

const mostPulses = 40
const pageRows = 100
/** So long after it was hidden a page still listens: who looks elsewhere for a moment finds it as it is. */
const unseenMilliseconds = 2_000
/** How often the page of a deployment that runs is looked after while it is hidden, for its title, and how long at most. */
const glanceEveryMilliseconds = 15_000
const glanceMilliseconds = 10_000

/** Keeps the state as the server tells it, for the page that is looked at. */
export class Live {
  readonly #state: State
  #stream: Stream | undefined
  #resting: ReturnType<typeof setTimeout> | undefined
  #isGlancing = false

  constructor(state: State) {
    this.#state = state
  }

  /**
   * A browser has six connections to a server for all of its pages, and each page that listens takes one: those that nobody
   * sees leave them to the others.
   */
  seen(isVisible: boolean): void {
    clearTimeout(this.#resting)
    this.#isGlancing = false
    if (!isVisible) this.#resting = setTimeout(() => this.#rest(), unseenMilliseconds)
    else if (this.#stream === undefined) this.follow()
  }

  #rest(): void {
    clearTimeout(this.#resting)
    this.#stream?.close()
    this.#stream = undefined
    this.#isGlancing = false
    const { route, deployment } = this.#state
    this.#state.connection = 'connecting'
    if (route.page === 'deployment' && deployment.head?.endedAt === undefined)
      this.#resting = setTimeout(() => this.#glance(), glanceEveryMilliseconds)
  }

  /** Its title is seen still, and tells how the deployment stands. */
  #glance(): void {
    this.follow()
    this.#isGlancing = true
    this.#resting = setTimeout(() => this.#rest(), glanceMilliseconds)
  }

  follow(): void {
    this.#stream?.close()
    const { route, serviceFilter } = this.#state
    if (route.page === 'deployment') this.#deployment(route.id)
    else if (route.page === 'overview') this.#overview(serviceFilter)
    else this.#open('/console/events?q=', { latest: () => this.refreshList() })
  }

  #overview(text: string): void {
    this.#open(`/console/events?q=${encodeURIComponent(text)}`, {
      overview: (data) => (this.#state.overview = data as State['overview']),
      latest: (data) => (this.#state.latest = data as DeploymentPage),
    })
  }

  #deployment(id: string): void {
    const { deployment, wall } = this.#state
    const sections = [
      'head',
      'now',
      'stages',
      'steps',
      'taskSets',
      'targets',
      'hooks',
      'alarms',
      'account',
      'happenings',
      'actions',
    ] as const
    const handlers: Handlers = {
      traffic: (data) => {
        deployment.traffic = data as DeploymentView['traffic']
        if (wall.isEmpty) wall.recall(deployment.traffic)
      },
      points: (data) => (deployment.traffic = merged(deployment.traffic ?? [], data as readonly TrafficPoint[])),
      pulse: (data) => this.#pulse(data as Pulse),
      missing: () => (this.#state.isMissing = true),
    }
    for (const name of sections) {
      handlers[name] = (data) => {
        Object.assign(deployment, { [name]: data })
        this.#state.isMissing = false
        if (name === 'head') this.#titled()
      }
    }
    this.#open(`/console/events?deployment=${encodeURIComponent(id)}`, handlers)
  }

  /** A page that is hidden is not drawn; of it the title is seen. */
  #titled(): void {
    document.title = this.#state.title
    if (this.#isGlancing) this.#rest()
  }

  #pulse(pulse: Pulse): void {
    const { pulses, wall } = this.#state
    pulses.push(pulse)
    if (pulses.length > mostPulses) pulses.shift()
    wall.add(pulse)
  }

  /** What is not sent by itself. */
  async #ask(stream: Stream | undefined): Promise<void> {
    const state = this.#state
    const { route } = state
    const before = Date.now()
    const { isReadOnly, now } = await get<{ isReadOnly: boolean; now: number }>('/console/api/settings')
    state.isReadOnly = isReadOnly
    state.clockOffset = now - (before + Date.now()) / 2
    state.changed()
    if (route.page !== 'deployment' || state.documents !== undefined) return
    const path = `/console/api/deployments/${encodeURIComponent(route.id)}/documents`
    const documents = await get<readonly DocumentView[]>(path)
    if (stream !== this.#stream) return
    state.documents = documents
    state.changed()
  }

  /** Asks for the page of rows that this one is in, once. */
  ask(list: ListState, row: number): void {
    const offset = Math.floor(row / pageRows) * pageRows
    if (list.asked.has(offset)) return
    list.asked.add(offset)
    void this.#askRows(list, offset)
  }

  async #askRows(list: ListState, offset: number): Promise<void> {
    const query = new URLSearchParams({ q: list.text, offset: String(offset), limit: String(pageRows) })
    if (list.status !== undefined) query.set('status', list.status)
    try {
      const page = await get<DeploymentPage>(`/console/api/deployments?${query}`)
      page.rows.forEach((row, index) => list.rows.set(offset + index, row))
      list.total = page.total
      list.statuses = page.statuses
    } catch {
      list.asked.delete(offset)
    }
    this.#state.changed()
  }

  /** Rows stay where they are until the new ones are there, which those that are seen are asked for at once. */
  refreshList(): void {
    this.#state.list.asked.clear()
    this.#state.changed()
  }

  #open(url: string, handlers: Handlers): void {
    const state = this.#state
    handlers['trouble'] = (data) => (state.trouble = typeof data === 'string' ? data : undefined)
    const drawn = Object.entries(handlers).map(([name, handle]) => {
      return [
        name,
        (data: unknown): void => {
          handle(data)
          state.changed()
        },
      ] as const
    })
    this.#stream = new Stream(url, {
      handlers: Object.fromEntries(drawn),
      connected: (now) => this.#connected(now),
      refused: (why) => {
        state.trouble = why
        state.changed()
      },
    })
  }

  /** What was counted meanwhile is in what is sent then; of the rates of before nothing is known any more. */
  #connected(now: 'live' | 'lost'): void {
    const state = this.#state
    state.connection = now
    state.pulses = []
    if (now === 'live') {
      state.trouble = undefined
      state.wall.clear()
      // Where that is broken off, too, it is asked again with the next connection.
      this.#ask(this.#stream).catch(() => undefined)
    }
    state.changed()
  }
}

async function get<Answer>(url: string): Promise<Answer> {
  const response = await answerTo(url)
  if (response.status === 401) goToLogin()
  if (!response.ok) throw new Error(await response.text())
  return (await response.json()) as Answer
}

const mostAttempts = 5
const betweenMilliseconds = 500

/** Browsers break off what they are loading when a network comes or goes; reading once more does no harm. */
async function answerTo(url: string): Promise<Response> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await fetch(url)
    } catch (error) {
      if (attempt === mostAttempts) throw error
      await new Promise((resolve) => setTimeout(resolve, attempt * betweenMilliseconds))
    }
  }
}
