import type {
  ActionView,
  DeploymentPage,
  DeploymentRow,
  DeploymentView,
  DocumentView,
  Overview,
  Pulse,
  TrafficPoint,
} from '../views.ts'
import { Wall } from './wall.ts'

export type Route =
  | { readonly page: 'overview' }
  | { readonly page: 'deployments' }
  | { readonly page: 'deployment'; readonly id: string }

export type Loaded = Partial<{ -readonly [Name in keyof DeploymentView]: DeploymentView[Name] }>

/** All that the pages draw. It is changed in place, and drawn again a frame later. */
export class State {
  route: Route = { page: 'overview' }
  connection: 'connecting' | 'live' | 'lost' | 'file' = 'connecting'
  isReadOnly = true
  /** How far the server's clock, which all times are of, is ahead of the browser's, in milliseconds. */
  clockOffset = 0
  overview: Overview | undefined
  latest: DeploymentPage | undefined
  serviceFilter = ''
  deployment: Loaded = {}
  isMissing = false
  /** A deployment's page is drawn in so many frames, from its top, so that none takes long. */
  static readonly allFrames = 3
  frames = 1
  trouble: string | undefined
  documents: readonly DocumentView[] | undefined
  readonly wall = new Wall()
  pulses: Pulse[] = []
  dialog:
    | {
        readonly action: ActionView
        readonly phase: 'asked' | 'sent' | 'done' | 'refused'
        readonly message?: string
        readonly next?: string | undefined
      }
    | undefined
  list: ListState = emptyList('', undefined)
  readonly #listeners: (() => void)[] = []
  #isDue = false

  get title(): string {
    const { route, deployment } = this
    if (route.page === 'overview') return 'Teal'
    if (route.page === 'deployments') return 'Deployments · Teal'
    return `${deployment.head?.status ?? ''} ${route.id} · Teal`.trimStart()
  }

  /** The server's. */
  get now(): number {
    return Date.now() + this.clockOffset
  }

  onChange(listener: () => void): void {
    this.#listeners.push(listener)
  }

  changed(): void {
    if (this.#isDue) return
    this.#isDue = true
    requestAnimationFrame(() => {
      this.#isDue = false
      for (const listener of this.#listeners) listener()
    })
  }

  forget(): void {
    this.deployment = {}
    this.documents = undefined
    this.isMissing = false
    this.frames = 1
    this.trouble = undefined
    this.pulses = []
    this.dialog = undefined
    this.wall.clear()
  }
}

/** The list of deployments: what is known of it, row by row, and what is asked for. */
export type ListState = {
  readonly text: string
  readonly status: string | undefined
  total: number | undefined
  statuses: DeploymentPage['statuses']
  readonly rows: Map<number, DeploymentRow>
  readonly asked: Set<number>
}

export function emptyList(text: string, status: string | undefined): ListState {
  return { text, status, total: undefined, statuses: [], rows: new Map(), asked: new Set() }
}

/** A later point that covers earlier, finer ones takes their place. */
export function merged(points: readonly TrafficPoint[], fresh: readonly TrafficPoint[]): readonly TrafficPoint[] {
  const kept = points.filter((point) => !fresh.some(({ from, to }) => point.from >= from && point.from < to))
  return [...kept, ...fresh].toSorted((one, other) => one.from - other.from)
}
