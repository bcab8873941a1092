import type { PointSide, TrafficPoint } from '../console/views.ts'
import type { DeploymentView, SideView } from '../view/deployment-view.ts'

const mostPoints = 1_500

type Look = { readonly at: number; readonly weight: number; readonly blue: Sums; readonly green: Sums }
type Sums = { readonly requests: number; readonly errors: number }

/** Charts of what CloudWatch counts: each look at it tells what came since the one before. */
export class ConsoleTraffic {
  #before: Look | undefined
  readonly #points: TrafficPoint[] = []

  /** Only a look that brings something new makes a point: metrics of AWS come once a minute. */
  after({ sides, phase }: DeploymentView, at: number): readonly TrafficPoint[] {
    const [blue, green] = [sideOf(sides, 'blue'), sideOf(sides, 'green')]
    const look: Look = { at, weight: green?.weight ?? 0, blue: sumsOf(blue), green: sumsOf(green) }
    const before = this.#before
    const isNew =
      before === undefined ||
      before.weight !== look.weight ||
      before.blue.requests !== look.blue.requests ||
      before.green.requests !== look.green.requests
    if (!isNew || !(phase === 'running' || phase === 'waiting')) return [...this.#points]
    this.#before = look
    if (before === undefined) return []
    this.#points.push({
      from: before.at,
      to: at,
      weight: before.weight,
      blue: pointOf(before.blue, look.blue, blue),
      green: pointOf(before.green, look.green, green),
      test: 0,
    })
    if (this.#points.length > mostPoints) this.#points.shift()
    return [...this.#points]
  }
}

function sideOf(sides: readonly SideView[], colour: SideView['colour']): SideView | undefined {
  return sides.find((side) => side.colour === colour)
}

function sumsOf(side: SideView | undefined): Sums {
  return { requests: side?.traffic?.requests ?? 0, errors: side?.traffic?.errors ?? 0 }
}

function pointOf(before: Sums, now: Sums, side: SideView | undefined): PointSide {
  const failed = Math.max(0, now.errors - before.errors)
  const isQuiet = now.requests === before.requests
  return {
    answered: Math.max(0, now.requests - before.requests - failed),
    failed,
    p50: isQuiet ? undefined : side?.traffic?.p50Milliseconds,
    p99: isQuiet ? undefined : side?.traffic?.p99Milliseconds,
  }
}
