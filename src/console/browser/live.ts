import type { DeploymentPage, DeploymentView, DocumentView, Pulse, TrafficPoint } from '../views.ts'
import { merged } from './state.ts'
import type { ListState, State } from './state.ts'

const mostPulses = 40
const pageRows = 100

/** Keeps the state as the server tells it, for the page that is looked at. */
export class Live {
  readonly #state: State
  #events: EventSource | undefined
  /** Of what was listened to before, nothing is heard any more. */
  #generation = 0

  constructor(state: State) {
    this.#state = state
  }

  async settings(): Promise<void> {
    const { isReadOnly } = await get<{ isReadOnly: boolean }>('/console/api/settings')
    this.#state.isReadOnly = isReadOnly
    this.#state.changed()
  }

  follow(): void {
    this.#events?.close()
    this.#generation += 1
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
      handlers[name] = (data) => Object.assign(deployment, { [name]: data })
    }
    this.#open(`/console/events?deployment=${encodeURIComponent(id)}`, handlers)
    void this.#documents(id)
  }

  #pulse(pulse: Pulse): void {
    const { pulses, wall } = this.#state
    pulses.push(pulse)
    if (pulses.length > mostPulses) pulses.shift()
    wall.add(pulse)
  }

  async #documents(id: string): Promise<void> {
    const generation = this.#generation
    const documents = await get<readonly DocumentView[]>(`/console/api/deployments/${encodeURIComponent(id)}/documents`)
    if (generation !== this.#generation) return
    this.#state.documents = documents
    this.#state.changed()
  }

  /** Asks for the page of rows that this one is in, once. */
  ask(list: ListState, row: number): void {
    const offset = Math.floor(row / pageRows) * pageRows
    if (list.asked.has(offset)) return
    list.asked.add(offset)
    void this.#ask(list, offset)
  }

  async #ask(list: ListState, offset: number): Promise<void> {
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

  /** Rows stay where they are until the new ones are there. */
  refreshList(): void {
    const { list } = this.#state
    const shown = [...list.asked]
    for (const offset of shown.slice(-3)) void this.#ask(list, offset)
  }

  #open(url: string, handlers: Handlers): void {
    const generation = this.#generation
    const events = new EventSource(url)
    this.#events = events
    handlers['trouble'] = (data) => (this.#state.trouble = typeof data === 'string' ? data : undefined)
    const connection = (now: State['connection']) => (): void => {
      if (generation !== this.#generation) return
      this.#state.connection = now
      this.#state.changed()
    }
    events.addEventListener('open', connection('live'))
    events.addEventListener('error', connection('lost'))
    for (const [name, handle] of Object.entries(handlers)) {
      events.addEventListener(name, (event: MessageEvent<string>) => {
        if (generation !== this.#generation) return
        handle(JSON.parse(event.data))
        this.#state.changed()
      })
    }
  }
}

type Handlers = Record<string, (data: unknown) => unknown>

async function get<Answer>(url: string): Promise<Answer> {
  const response = await answerTo(url)
  if (response.status === 401) location.assign(`/console/login?to=${encodeURIComponent(location.pathname)}`)
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
