import type { PointSide, Pulse, TrafficPoint, WallCount } from '../views.ts'

export type Cell = {
  readonly side: 'blue' | 'green' | 'none'
  readonly verdict: WallCount[1]
  readonly isTest: boolean
}

const capacity = 4_096
/** So long back the wall reaches at least, at the present rate. */
const reachSeconds = 8
const steps = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000]

/** The last requests, each a cell; at high rates a cell stands for several, and a failed request always has its own. */
export class Wall {
  cells: Cell[] = []
  /** How many requests a cell stands for. */
  perCell = 1
  version = 0
  /** How many cells are drawn. */
  visible = 600
  #rate = 0
  #owed = new Map<string, number>()

  get isEmpty(): boolean {
    return this.cells.length === 0
  }

  clear(): void {
    this.cells = []
    this.perCell = 1
    this.#rate = 0
    this.#owed.clear()
    this.version += 1
  }

  /** Of what was counted before anybody watched only the sums are known: the order within each span is made up. */
  recall(points: readonly TrafficPoint[]): void {
    const total = points.reduce((sum, { blue, green, test }) => sum + all(blue) + all(green) + test, 0)
    this.perCell = steps.find((step) => total / step <= this.visible) ?? Math.ceil(total / this.visible)
    for (const { blue, green, test } of points) {
      this.#put([...wallCounts('blue', blue), ...wallCounts('green', green), ['green', 'answered', true, test]])
    }
  }

  add({ wall, milliseconds }: Pulse): void {
    const requests = wall.reduce((sum, [, , , count]) => sum + count, 0)
    this.#rate += ((requests * 1000) / Math.max(50, milliseconds) - this.#rate) * Math.min(1, milliseconds / 3_000)
    const wanted = (this.#rate * reachSeconds) / this.visible
    this.perCell = steps.find((step) => step >= wanted) ?? 1000
    if (requests > 0) this.#put(wall)
  }

  #put(counts: readonly WallCount[]): void {
    const fresh: Cell[] = []
    for (const [side, verdict, isTest, count] of counts) {
      const key = `${side} ${verdict} ${isTest}`
      const owed = (this.#owed.get(key) ?? 0) + count / (verdict === 'failed' ? 1 : this.perCell)
      this.#owed.set(key, owed % 1)
      for (let cell = 0; cell < Math.min(capacity, Math.floor(owed)); cell += 1) fresh.push({ side, verdict, isTest })
    }
    shuffle(fresh)
    this.cells.push(...fresh)
    if (this.cells.length > capacity) this.cells = this.cells.slice(-capacity)
    this.version += 1
  }
}

function all({ answered, failed }: PointSide): number {
  return answered + failed
}

function wallCounts(side: 'blue' | 'green', { answered, failed }: PointSide): readonly WallCount[] {
  return [
    [side, 'answered', false, answered],
    [side, 'failed', false, failed],
  ]
}

function shuffle(cells: Cell[]): void {
  for (let last = cells.length - 1; last > 0; last -= 1) {
    const other = Math.floor(Math.random() * (last + 1))
    const [one, two] = [cells[last], cells[other]]
    if (one !== undefined && two !== undefined) [cells[last], cells[other]] = [two, one]
  }
}
