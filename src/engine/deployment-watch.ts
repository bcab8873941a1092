import type { DeploymentObservation } from '../domain/deployment-record.ts'
import { haveSameWeights, joined } from '../domain/traffic-account.ts'
import type { ResponseTimes, TrafficCount, TrafficRow, TrafficWeights } from '../domain/traffic-account.ts'
import type { Store } from './store.ts'

/** How far the observation of a deployment has come: enough for another engine to go on with it. */
export type DeploymentWatch = {
  readonly deploymentId: string
  /** The counters of each router when the last row ended; empty before any has reported. Earlier versions kept one. */
  readonly seen: readonly SeenRouter[] | SeenRouter
  /** When the row began that is being counted now, and the weights it has. */
  readonly rowFrom: number
  readonly weights: TrafficWeights
  readonly nextPosition: number
  /** The positions of the observations that are kept, oldest first. */
  readonly kept: Readonly<Record<ObservationKind, readonly number[]>>
  /** As last written down, as text: by target group and target, by alarm. */
  readonly targets: Readonly<Record<string, string>>
  readonly alarmStates: Readonly<Record<string, string>>
  /** ARNs of what ran in the pair, by the name of the target group. */
  readonly taskDefinitions: Readonly<Record<string, string>>
  readonly endedAt?: number
}

/** What a router had counted; in earlier versions the id was `''` before any router had reported. */
export type SeenRouter = {
  readonly routerId: string
  readonly counts: readonly TrafficCount[]
  /** Absent where an earlier version wrote it down. */
  readonly responseTimes?: readonly ResponseTimes[]
}

type ObservationKind = DeploymentObservation['kind']

/** What is kept of each kind; a deployment may take days. */
const most: Readonly<Record<ObservationKind, number>> = { traffic: 180, targetHealth: 200, alarm: 100 }

/** What a look at a deployment adds to what is known of it: kept or dropped as a whole. */
export class WatchNotes {
  readonly #store: Store
  readonly #before: DeploymentWatch
  readonly #observations = new Map<number, DeploymentObservation | undefined>()
  watch: DeploymentWatch

  constructor(store: Store, watch: DeploymentWatch) {
    this.#store = store
    this.#before = watch
    this.watch = watch
  }

  add(observation: DeploymentObservation): void {
    const position = this.watch.nextPosition
    const positions = [...this.watch.kept[observation.kind], position]
    this.#observations.set(position, observation)
    this.watch = { ...this.watch, nextPosition: position + 1 }
    this.#keep(observation.kind, this.#bounded(observation.kind, positions))
  }

  /** Nothing is written when nothing was seen. */
  save(): void {
    if (this.watch === this.#before && this.#store.deploymentWatches.has(this.watch.deploymentId)) return
    const { deploymentWatches, deploymentObservations } = this.#store
    const { deploymentId } = this.watch
    this.#store.noted(() => {
      for (const [position, observation] of this.#observations) {
        const key = observationKey(deploymentId, position)
        if (observation === undefined) deploymentObservations.delete(key)
        else deploymentObservations.put(key, observation)
      }
      deploymentWatches.put(deploymentId, this.watch)
    })
  }

  #bounded(kind: ObservationKind, positions: readonly number[]): readonly number[] {
    if (positions.length <= most[kind]) return positions
    const at = kind === 'traffic' ? this.#joinable(positions) : 0
    const [first, second] = [positions[at], positions[at + 1]]
    if (first === undefined || second === undefined) return positions
    const [earlier, later] = [this.#rowAt(first), this.#rowAt(second)]
    if (earlier !== undefined && later !== undefined) {
      this.#observations.set(second, { kind: 'traffic', ...joined(earlier, later) })
    }
    this.#observations.set(first, undefined)
    return positions.toSpliced(at, 1)
  }

  /** The oldest two rows of the same weights: of what is long ago, one row for each weight is enough. */
  #joinable(positions: readonly number[]): number {
    const at = positions.findIndex((position, index) => {
      const [earlier, later] = [this.#rowAt(position), this.#rowAt(positions[index + 1])]
      return earlier !== undefined && later !== undefined && haveSameWeights(earlier.weights, later.weights)
    })
    return Math.max(at, 0)
  }

  #rowAt(position: number | undefined): TrafficRow | undefined {
    if (position === undefined) return undefined
    const observation = this.#observations.has(position)
      ? this.#observations.get(position)
      : this.#store.deploymentObservations.get(observationKey(this.watch.deploymentId, position))
    if (observation?.kind !== 'traffic') return undefined
    const { kind: _, ...row } = observation
    return row
  }

  #keep(kind: ObservationKind, positions: readonly number[]): void {
    this.watch = { ...this.watch, kept: { ...this.watch.kept, [kind]: positions } }
  }
}

/** In the order in which they were made. */
export function observationsOf(
  store: Store,
  { deploymentId, kept }: DeploymentWatch,
): readonly DeploymentObservation[] {
  return Object.values(kept)
    .flat()
    .toSorted((one, other) => one - other)
    .map((position) => store.deploymentObservations.get(observationKey(deploymentId, position)))
    .filter((observation) => observation !== undefined)
}

export function forgetWatch(store: Store, { deploymentId, kept }: DeploymentWatch): void {
  for (const position of Object.values(kept).flat()) {
    store.deploymentObservations.delete(observationKey(deploymentId, position))
  }
  store.deploymentWatches.delete(deploymentId)
}

function observationKey(deploymentId: string, position: number): string {
  return `${deploymentId}/${position}`
}
